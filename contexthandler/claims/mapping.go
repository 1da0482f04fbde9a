package claims

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/token"
)

// Mapping makes subjects of claims. It is immutable.
type Mapping struct {
	unpack       []string
	subjects     []subject
	attributes   []attribute
	level        level
	allowUntyped bool
}

// subject is a [Subject] whose parts were read.
type subject struct {
	Subject
	when       []condition
	attributes []attribute
}

// New makes a Mapping, or reports everything that is wrong with cfg.
func New(cfg Config) (*Mapping, error) {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	keep := func(prefix string, err error) {
		if err != nil {
			fail("%s: %w", prefix, err)
		}
	}
	m := &Mapping{unpack: slices.Clone(cfg.Unpack), allowUntyped: cfg.AllowUntyped}
	if slices.Contains(cfg.Unpack, "") {
		fail("unpack: the name of a claim is missing")
	}
	if len(cfg.Subjects) == 0 && !cfg.AllowUntyped {
		fail("there are no subjects, and claims of no type are not accepted")
	}
	general := make(map[string]bool)
	if cfg.Level.Attribute != "" {
		general[cfg.Level.Attribute] = true
	}
	for _, a := range cfg.Attributes {
		made, err := newAttribute(a, general)
		keep(fmt.Sprintf("attribute %q", a.ID), err)
		if a.Optional {
			fail("attribute %q: those that any subject has are always optional", a.ID)
		}
		m.attributes = append(m.attributes, made)
	}
	for i, s := range cfg.Subjects {
		prefix := fmt.Sprintf("subject %d (%q)", i+1, s.Type)
		made, err := newSubject(s, general, cfg.Subjects)
		keep(prefix, err)
		m.subjects = append(m.subjects, made)
	}
	var err error
	m.level, err = newLevel(cfg.Level)
	keep("level", err)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return m, nil
}

// newSubject reads a subject; taken are the ids of attributes that any subject has.
func newSubject(s Subject, taken map[string]bool, all []Subject) (subject, error) {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	made := subject{Subject: s}
	if s.Type == "" {
		fail("the type is missing")
	}
	if len(s.When) == 0 {
		fail("a condition is missing: every token would be of this type")
	}
	for _, c := range s.When {
		condition, err := newCondition(c)
		if err != nil {
			fail("condition on claim %q: %w", c.Claim, err)
		}
		made.when = append(made.when, condition)
	}
	ids := make(map[string]bool)
	if !s.Alone {
		ids = maps.Clone(taken)
	}
	for _, a := range s.Attributes {
		attribute, err := newAttribute(a, ids)
		if err != nil {
			fail("attribute %q: %w", a.ID, err)
		}
		made.attributes = append(made.attributes, attribute)
	}
	if !slices.ContainsFunc(s.Attributes, func(a Attribute) bool { return !a.Optional }) {
		fail("an attribute that identifies the subject is missing")
	}
	for _, t := range s.Excludes {
		if t == s.Type || !slices.ContainsFunc(all, func(other Subject) bool { return other.Type == t }) {
			fail("excludes: there is no other type %q", t)
		}
	}
	return made, errors.Join(errs...)
}

// paths reads several paths, of which there must be one.
func paths(texts []string) ([]token.Path, error) {
	if len(texts) == 0 {
		return nil, errors.New("no claim is given")
	}
	var made []token.Path
	var errs []error
	for _, text := range texts {
		p, err := token.ParsePath(text)
		made, errs = append(made, p), append(errs, err)
	}
	return made, errors.Join(errs...)
}

// texts gives the values of a claim that are not the empty text.
func texts(c token.Claims, p token.Path) ([]string, *Error) {
	all, err := c.Texts(p)
	if err != nil {
		return nil, errorf(ReasonInvalid, "%v", err)
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" }), nil
}

// supported reports whether attributes of subjects may have the data type.
func supported(t value.Type) bool {
	return t != value.TypeUnknown && t != value.TypeXPathExpression && t != value.TypeEntity
}

// choose finds the subject that the claims fit; nil if none does and that is
// allowed.
func (m *Mapping) choose(claims token.Claims) (*subject, *Error) {
	var chosen *subject
	for i := range m.subjects {
		s := &m.subjects[i]
		switch fits, err := s.holds(claims); {
		case err != nil:
			return nil, err
		case !fits:
		case chosen == nil:
			chosen = s
		case slices.Contains(chosen.Excludes, s.Type), slices.Contains(s.Excludes, chosen.Type):
			return nil, errorf(ReasonContradictory, "the subject is of type %q and of type %q, which exclude each other", chosen.Type, s.Type)
		}
	}
	if chosen == nil && !m.allowUntyped {
		return nil, errorf(ReasonUntyped, "the claims are not of any subject that is configured")
	}
	return chosen, nil
}
