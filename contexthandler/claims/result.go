package claims

import (
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/token"
)

// Result is who the claims of a token are of.
type Result struct {
	// Type is the type of the subject; empty only if that is allowed.
	Type string
	// Attributes belong to the category access-subject.
	Attributes []xacml.Attribute
	// Level is the level of authentication, if LevelKnown. A level that is not known
	// is less than any that is asked for.
	Level      int
	LevelKnown bool
	// Expires bounds for how long a decision about the subject may be reused.
	Expires time.Time
}

// Subject makes a subject of the claims. Every error is an [*Error].
func (m *Mapping) Subject(claims token.Claims) (Result, error) {
	r, err := m.subject(claims)
	if err != nil {
		return Result{}, err
	}
	return r, nil
}

func (m *Mapping) subject(claims token.Claims) (Result, *Error) {
	claims, unpackErr := claims.Unpacked(m.unpack...)
	if unpackErr != nil {
		return Result{}, errorf(ReasonInvalid, "one of the claims %q is not the text of a JSON value", m.unpack)
	}
	r := Result{Expires: claims.Expires()}
	s, err := m.choose(claims)
	if err != nil {
		return Result{}, err
	}
	general := m.attributes
	if s != nil {
		r.Type = s.Type
		for _, a := range s.attributes {
			switch made, ok, err := a.read(claims); {
			case err != nil:
				return Result{}, err
			case ok:
				r.Attributes = append(r.Attributes, made)
			case !a.Optional:
				return Result{}, errorf(ReasonMissing, "a subject of type %q has no attribute %q", s.Type, a.ID)
			}
		}
		if s.Alone {
			general = nil
		}
	}
	for _, a := range general {
		switch made, ok, err := a.read(claims); {
		case err != nil:
			return Result{}, err
		case ok:
			r.Attributes = append(r.Attributes, made)
		}
	}
	if r.Level, r.LevelKnown, err = m.level.read(claims); err != nil {
		return Result{}, err
	}
	if r.LevelKnown && m.level.attribute != "" {
		r.Attributes = append(r.Attributes, xacml.Attribute{
			ID: m.level.attribute, Values: []value.Value{value.NewInteger(int64(r.Level))},
		})
	}
	return r, nil
}
