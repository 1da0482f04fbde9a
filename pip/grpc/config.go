package grpc

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// What the contract allows in one call.
const (
	maxQuestions    = 1000
	maxNeeds        = 100
	maxAttributes   = 100
	maxMessageBytes = 1 << 20
)

// maxRequestBytes leaves room in the response for the inputs, which it repeats.
const maxRequestBytes = maxMessageBytes / 4

// Config describes a service as a source. A number or time that is zero stands
// for its default.
type Config struct {
	// Address of the service: host:port, or a target of gRPC such as
	// dns:///roles.example:8443 or unix:///run/roles.sock. Required.
	Address string
	// RoundRobin spreads the calls over all addresses that the name stands for.
	// Otherwise one of them gets all, and another one if that breaks.
	RoundRobin bool

	// TLS says how the service and Forseti prove who they are. The zero TLS
	// trusts the certificate authorities of the system.
	TLS TLS
	// Plaintext does without TLS: whoever is on the way can read and change the
	// attributes. It has to be asked for.
	Plaintext bool
	// TokenFile holds a token that goes with each call, as "authorization: Bearer
	// token". It is read again within a second of a change; while it cannot be read,
	// calls fail. Empty: none. A token needs TLS.
	TokenFile string

	Needs []pip.Need
	// Provides may list in From the ids of attributes, in the category and of the
	// data type of the key, that the service is asked for. None: the id of the key.
	Provides []pip.Provided

	MaxQuestions    int // of one call; 100, at most 1,000
	MaxReceiveBytes int // of one message, after decompression; 1 MiB
	MaxValues       int // of one reply; [pip.DefaultMaxValues]

	// KeepaliveTime is for how long a connection with calls on it may be silent
	// before it is tested; 5 min, which is what servers of gRPC put up with unless
	// they are told otherwise. At least 10 s.
	KeepaliveTime time.Duration
	// KeepaliveTimeout is how long what was sent may stay without an
	// acknowledgement before the connection counts as broken; 5 s.
	KeepaliveTimeout time.Duration
	// WatchSilence is how long a watched service may be silent; 30 s. The contract
	// has it speak every 10 s.
	WatchSilence time.Duration

	// Logger gets what happens to a watch. Nil: nothing is logged.
	Logger *slog.Logger
}

// TLS names files in PEM, which are read again for new connections, once a second at
// most: what replaces them needs no restart. Files that cannot be read, or do not belong
// together, leave those in force that were read before, for a minute; then there are no
// new connections.
type TLS struct {
	// CAFile holds the certificates of the authorities to trust; empty for those
	// of the system.
	CAFile string
	// CertFile and KeyFile hold the certificate by which Forseti proves who it is,
	// and its key; both or none.
	CertFile, KeyFile string
	// ServerName is the name that the certificate of the service must have; empty
	// for the host of the address.
	ServerName string
}

// filled is c with the defaults in place of what is not set. The error tells
// everything that is wrong with c but for what only reading its files can tell.
func (c Config) filled() (Config, error) {
	errs := []error{pip.CheckDeclaration(c.Needs, c.Provides)}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if c.Address == "" {
		fail("a service needs an address")
	}
	if scheme, _, ok := strings.Cut(c.Address, "://"); ok && (scheme == "http" || scheme == "https") {
		fail("the address %q is that of a web page, not host:port or a target of gRPC", c.Address)
	}
	if c.Plaintext && c.TLS != (TLS{}) {
		fail("plaintext has no use for files and names of TLS")
	}
	if c.Plaintext && c.TokenFile != "" {
		fail("a token must not be sent in plaintext")
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		fail("a certificate and its key are two files, and one of them is missing")
	}
	if len(c.Needs) > maxNeeds {
		fail("a source has at most %d needs", maxNeeds)
	}
	number := func(name string, n *int, byDefault, most int) {
		if *n == 0 {
			*n = byDefault
		}
		if *n < 0 || *n > most {
			fail("%s is %d, which is not between 1 and %d", name, *n, most)
		}
	}
	number("the number of questions of a call", &c.MaxQuestions, 100, maxQuestions)
	number("the size of a message in bytes", &c.MaxReceiveBytes, maxMessageBytes, 64<<20)
	number("the number of values of a reply", &c.MaxValues, pip.DefaultMaxValues, 1<<30)
	duration := func(name string, t *time.Duration, byDefault, least time.Duration) {
		if *t == 0 {
			*t = byDefault
		}
		if *t < least {
			fail("%s is %s, which is less than %s", name, *t, least)
		}
	}
	duration("the time of keepalive", &c.KeepaliveTime, 5*time.Minute, 10*time.Second)
	duration("the timeout of keepalive", &c.KeepaliveTimeout, 5*time.Second, 100*time.Millisecond)
	duration("the silence of a watch", &c.WatchSilence, 30*time.Second, time.Millisecond)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, errors.Join(errs...)
}

// key is an AttributeKey of the contract that can be compared.
type key struct{ category, id, dataType, issuer string }

func keyOf(k *v1.AttributeKey) key {
	return key{k.GetCategory(), k.GetAttributeId(), k.GetDataType(), k.GetIssuer()}
}

func (k key) message() *v1.AttributeKey {
	return &v1.AttributeKey{Category: k.category, AttributeId: k.id, DataType: k.dataType, Issuer: k.issuer}
}

// form is what all questions of a source have in common.
type form struct {
	needs      []*v1.Need
	attributes []*v1.AttributeKey
	types      []value.Type // of the attributes
	index      map[key]int  // of the attributes
	from       [][]int      // the attributes that each provided one is made of
}

// newForm makes the form of a declaration that was checked.
func newForm(needs []pip.Need, provides []pip.Provided) (*form, error) {
	f := &form{index: make(map[key]int)}
	var errs []error
	for _, n := range needs {
		k := key{n.Key.Category, n.Key.ID, n.Key.Type.ID(), n.Key.Issuer}
		f.needs = append(f.needs, &v1.Need{Name: n.Name, Attribute: k.message()})
	}
	for _, p := range provides {
		ids := p.From
		if len(ids) == 0 {
			ids = []string{p.Key.ID}
		}
		if slices.Contains(ids, "") {
			errs = append(errs, fmt.Errorf("attribute %q comes from an attribute without an id", p.Key.ID))
		}
		var from []int
		for _, id := range ids {
			k := key{p.Key.Category, id, p.Key.Type.ID(), p.Key.Issuer}
			at, known := f.index[k]
			if !known {
				at = len(f.attributes)
				f.index[k] = at
				f.attributes = append(f.attributes, k.message())
				f.types = append(f.types, p.Key.Type)
			}
			from = append(from, at)
		}
		f.from = append(f.from, from)
	}
	if len(f.attributes) > maxAttributes {
		errs = append(errs, fmt.Errorf("a service is asked for at most %d attributes", maxAttributes))
	}
	return f, errors.Join(errs...)
}
