package contexthandler

import (
	"context"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// CategoryCall and AttributeToken name the attribute that holds the token of the
// subject, for sources that need it. Nobody else gets it: it is in the request only
// if a source needs it, and no caller may supply it.
const (
	CategoryCall   = "urn:forseti:attribute-category:call"
	AttributeToken = "urn:forseti:call:subject-token"
)

// Identity is who a subject is, as a token proves it.
type Identity struct {
	// Attributes are those of the subject (xacml.CategoryAccessSubject), in the terms
	// of the policies.
	Attributes []xacml.Attribute
	// Until is when the proof ends. Zero: it does not.
	Until time.Time

	token string // if a source needs it
}

// identify checks a token. Without one nothing is known of the subject.
func (h *Handler) identify(ctx context.Context, token string) (Identity, error) {
	if token == "" {
		return Identity{}, nil
	}
	if h.config.Identify == nil {
		return Identity{}, errorf(ReasonInvalidToken, "the service trusts no issuer of tokens")
	}
	identity, err := h.config.Identify(ctx, token)
	if err != nil {
		return Identity{}, err
	}
	if h.plan.needed(name{CategoryCall, AttributeToken}) {
		identity.token = token
	}
	return identity, nil
}

// The ids of the elements that describe adds to a request with references.
const (
	identityID = "urn:forseti:identity"
	tokenID    = "urn:forseti:token"
)

// describe gives the request with what is known of its subject: each subject that it
// describes is this one, and so is that of an individual request which describes
// none. The request itself is not changed.
func (i *Identity) describe(r *xacml.Request) *xacml.Request {
	if len(i.Attributes) == 0 && i.token == "" {
		return r
	}
	out := *r
	out.Attributes = slices.Clone(r.Attributes)
	subjects := make(map[string]bool) // ids of the elements that describe subjects
	described := false
	for j := range out.Attributes {
		if a := &out.Attributes[j]; a.Category == xacml.CategoryAccessSubject {
			a.Attributes, described = append(slices.Clone(a.Attributes), i.Attributes...), true
			subjects[a.ID] = true
		}
	}
	identity := xacml.Attributes{Category: xacml.CategoryAccessSubject, ID: identityID, Attributes: i.Attributes}
	token := xacml.Attributes{Category: CategoryCall, ID: tokenID}
	if i.token != "" {
		token.Attributes = []xacml.Attribute{{ID: AttributeToken, Values: []value.Value{value.String(i.token)}}}
		out.Attributes = append(out.Attributes, token)
	}
	if len(r.References) == 0 {
		if !described {
			out.Attributes = append(out.Attributes, identity)
		}
		return &out
	}
	out.Attributes = append(out.Attributes, identity)
	out.References = make([][]string, len(r.References))
	for j, ids := range r.References {
		out.References[j] = slices.Clone(ids)
		if !slices.ContainsFunc(ids, func(id string) bool { return subjects[id] }) {
			out.References[j] = append(out.References[j], identityID)
		}
		if i.token != "" {
			out.References[j] = append(out.References[j], tokenID)
		}
	}
	return &out
}
