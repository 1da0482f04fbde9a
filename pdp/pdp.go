// Package pdp is an embeddable XACML 3.0 policy decision point.
package pdp

import (
	"context"
	"time"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Config is what a PDP needs to know beside its policies. The zero Config is
// usable.
type Config struct {
	// RootAlgorithm is the policy-combining algorithm over the documents
	// (§7.17). Empty stands for deny-overrides (3.0).
	RootAlgorithm string
	// Now is the clock; nil stands for time.Now. It is read once a request.
	Now func() time.Time
}

// Finder supplies attribute values that the request does not hold (§7.3.5). A
// bag that is empty says that there are none; an error says that nobody knows,
// and makes the designator Indeterminate even where MustBePresent is false.
type Finder interface {
	Find(ctx context.Context, key xacml.AttributeKey) (value.Bag, error)
}

// PDP decides on one immutable set of policies. It is safe for concurrent use.
type PDP struct{}

// New checks the documents, makes one policy set of them and gives a PDP that
// decides on it. The problems hold everything that is wrong, and warnings; the
// PDP is nil if a problem is an error.
func New(cfg Config, documents []policy.Document) (*PDP, policy.Problems) { return &PDP{}, nil }

// Evaluate decides one individual request (§7.17). finder may be nil.
func (p *PDP) Evaluate(ctx context.Context, req *xacml.Request, finder Finder) xacml.Result {
	return xacml.Result{}
}
