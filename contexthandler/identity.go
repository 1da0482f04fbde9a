package contexthandler

import (
	"context"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// CategoryCall and AttributeToken name the attribute that holds the token of the
// subject, for sources that need it. Nobody else gets it: it is not in the request,
// so that neither policies nor explanations see it, and no caller may supply it.
const (
	CategoryCall   = "urn:forseti:attribute-category:call"
	AttributeToken = "urn:forseti:call:subject-token"
)

func tokenName() name { return name{CategoryCall, AttributeToken} }

// Identity is who a subject is, as a token proves it.
type Identity struct {
	// Attributes are those of the subject (xacml.CategoryAccessSubject), by the ids that
	// policies name. Their values may be in any form that callers may use.
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
	defer resume(rest(ctx)) // the keys of an issuer may take a while
	identity, err := h.config.Identify(ctx, token)
	if err != nil {
		return Identity{}, err
	}
	if identity.Attributes, err = h.canonical(identity.Attributes); err != nil {
		return Identity{}, err
	}
	if h.plan.needed(tokenName()) {
		identity.token = token
	}
	return identity, nil
}

// canonical gives the attributes of a subject as those that callers write are given to
// policies and sources: somebody whose name is written in another way is the same one.
func (h *Handler) canonical(attributes []xacml.Attribute) ([]xacml.Attribute, error) {
	subject := []xacml.Attributes{{Category: xacml.CategoryAccessSubject, Attributes: attributes}}
	r, err := h.dictionary.Translate(&xacml.Request{Attributes: subject})
	if err != nil {
		return nil, errorf(ReasonInvalidToken, "the token of the subject is not valid")
	}
	return r.Attributes[0].Attributes, nil
}

// identityID is the id of the element that describe adds to a request with references.
const identityID = "urn:forseti:identity"

// describe gives the request with what is known of its subject: each subject that it
// describes is this one, and so is that of an individual request which describes
// none. The request itself is not changed.
func (i *Identity) describe(r *xacml.Request) *xacml.Request {
	if len(i.Attributes) == 0 {
		return r
	}
	out := *r
	out.Attributes = slices.Clone(r.Attributes)
	// The ids of the elements that describe subjects: of an id that is used twice the
	// last counts, as it does for references.
	subjects := make(map[string]bool)
	described := false
	for j := range out.Attributes {
		a := &out.Attributes[j]
		subject := a.Category == xacml.CategoryAccessSubject
		if subjects[a.ID] = subject; subject {
			a.Attributes, described = append(slices.Clone(a.Attributes), i.Attributes...), true
		}
	}
	identity := xacml.Attributes{Category: xacml.CategoryAccessSubject, ID: identityID, Attributes: i.Attributes}
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
	}
	return &out
}
