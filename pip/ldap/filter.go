package ldap

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/forseti-pdp/forseti/pip"
)

// query is the search with its templates, checked.
type query struct {
	base, filter template
	// fixed is the part of the base above everything that comes from needs.
	fixed *ldap.DN
}

// newQuery reads the templates of the search and reports what is wrong with them.
func newQuery(cfg Config) (query, error) {
	var q query
	base, err := parseTemplate(cfg.Base, cfg.Needs)
	if err != nil {
		return q, fmt.Errorf("base: %w", err)
	}
	filter, err := parseTemplate(cfg.Filter, cfg.Needs)
	if err != nil {
		return q, fmt.Errorf("filter: %w", err)
	}
	q.base, q.filter = base, filter

	// The templates are read with marks in place of the values. As values are
	// escaped, what holds for the marks holds for them.
	marks := makeMarks(len(cfg.Needs), cfg.Base+cfg.Filter)
	var errs []error
	if q.fixed, err = checkBase(base.fill(marks), marks); err != nil {
		errs = append(errs, fmt.Errorf("base: %w", err))
	}
	shape, err := readFilter(filter.fill(marks), marks)
	if err != nil {
		errs = append(errs, fmt.Errorf("filter: %w", err))
	}
	for i, n := range cfg.Needs {
		if !base.uses(i) && !filter.uses(i) {
			errs = append(errs, fmt.Errorf("neither the base nor the filter uses the need %q", n.Name))
		}
	}
	if err == nil && cfg.MaxBatch > 1 {
		errs = append(errs, checkBatch(cfg, base, shape))
	}
	return q, errors.Join(errs...)
}

// makeMarks gives each need a text of its own that does not occur in text.
func makeMarks(count int, text string) []string {
	mark := "mark"
	for strings.Contains(text, mark) {
		mark += "k"
	}
	marks := make([]string, count)
	for i := range marks {
		marks[i] = mark + "x" + strconv.Itoa(i) + "x"
	}
	return marks
}

// marked reports whether text holds any of the marks.
func marked(text string, marks []string) bool {
	return slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(text, m) })
}

// checkBase reads a base, and gives its part above everything that is marked.
func checkBase(text string, marks []string) (*ldap.DN, error) {
	dn, err := ldap.ParseDN(text)
	if err != nil {
		return nil, errors.New("it is not a distinguished name")
	}
	if len(dn.RDNs) == 0 {
		return nil, errors.New("it is empty")
	}
	fixed := 0
	for i, rdn := range dn.RDNs {
		for _, a := range rdn.Attributes {
			if !description.MatchString(a.Type) || marked(a.Type, marks) {
				return nil, fmt.Errorf("%q is not an attribute", a.Type)
			}
			if marked(a.Value, marks) {
				fixed = i + 1
			}
		}
	}
	return &ldap.DN{RDNs: dn.RDNs[fixed:]}, nil
}

// shape is what a filter says about the marks in it.
type shape struct {
	// required are the equalities that every entry must fulfil, by attribute.
	required map[string][]string
	// count is how often each mark occurs in all values.
	count map[string]int
}

// readFilter reads a filter with marks, and refuses a mark in the place of a
// name.
func readFilter(text string, marks []string) (shape, error) {
	packet, err := ldap.CompileFilter(text)
	if err != nil {
		return shape{}, errors.New("it is not a search filter")
	}
	r := filterReader{marks: marks, shape: shape{required: make(map[string][]string), count: make(map[string]int)}}
	err = r.read(packet, true)
	return r.shape, err
}

// filterReader walks through a filter.
type filterReader struct {
	marks []string
	shape shape
}

// read walks through a part of the filter; required is true if every entry must
// match it.
func (r *filterReader) read(p *ber.Packet, required bool) error {
	switch p.Tag {
	case ldap.FilterAnd, ldap.FilterOr, ldap.FilterNot:
		if len(p.Children) == 0 {
			return errors.New("an operator has nothing to work on")
		}
		for _, child := range p.Children {
			if err := r.read(child, required && p.Tag == ldap.FilterAnd); err != nil {
				return err
			}
		}
		return nil
	case ldap.FilterPresent:
		return r.name(p.Data.String())
	case ldap.FilterExtensibleMatch:
		for _, child := range p.Children {
			switch child.Tag {
			case ldap.MatchingRuleAssertionMatchValue:
				r.value(child.Data.String())
			case ldap.MatchingRuleAssertionMatchingRule, ldap.MatchingRuleAssertionType:
				if err := r.name(child.Data.String()); err != nil {
					return err
				}
			default: // whether the attributes of the name count as well
			}
		}
		return nil
	default:
		return r.comparison(p, required)
	}
}

// comparison reads a comparison of an attribute with a value or parts of one.
func (r *filterReader) comparison(p *ber.Packet, required bool) error {
	if len(p.Children) != 2 {
		return errors.New("a comparison has an attribute and a value")
	}
	attribute, condition := p.Children[0].Data.String(), p.Children[1]
	if err := r.name(attribute); err != nil {
		return err
	}
	parts := []*ber.Packet{condition}
	if p.Tag == ldap.FilterSubstrings {
		parts = condition.Children
	}
	text := ""
	for _, part := range parts {
		text = part.Data.String()
		r.value(text)
	}
	if text == "" {
		return fmt.Errorf("attribute %q is compared with nothing", attribute)
	}
	if p.Tag == ldap.FilterEqualityMatch && required {
		name := canonical(attribute)
		r.shape.required[name] = append(r.shape.required[name], text)
	}
	return nil
}

// name checks the name of an attribute or matching rule.
func (r *filterReader) name(text string) error {
	if marked(text, r.marks) {
		return errors.New("a need stands where a name must be")
	}
	if !description.MatchString(text) {
		return fmt.Errorf("%q is not a name", text)
	}
	return nil
}

// value counts the marks in a value.
func (r *filterReader) value(text string) {
	for _, m := range r.marks {
		r.shape.count[m] += strings.Count(text, m)
	}
}

// checkBatch reports why one search cannot answer several questions. The entries
// are told apart by their echo; so a value in the attribute of the echo must be
// all that makes an entry an answer to one question and not to another.
func checkBatch(cfg Config, base template, s shape) error {
	if len(cfg.Needs) == 0 {
		return errors.New("a search without needs has one answer, which no batch can hold twice")
	}
	if base.uses(-1) {
		return errors.New("a batch needs a base without needs")
	}
	marks := makeMarks(len(cfg.Needs), cfg.Base+cfg.Filter)
	var errs []error
	for i, n := range cfg.Needs {
		echo, ok := cfg.Echo[n.Name]
		if !ok || s.count[marks[i]] != 1 || !slices.Contains(s.required[canonical(echo)], marks[i]) {
			errs = append(errs, fmt.Errorf("a batch needs an echo of the need %q, and a filter whose only use of it is to require that the attribute equals it", n.Name))
		}
	}
	return errors.Join(errs...)
}

// description is the name of an attribute with its options (RFC 4512 §2.5).
var description = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*$`)

// checkDescription reports what is wrong with an attribute of the configuration.
func checkDescription(name string) error {
	switch {
	case !description.MatchString(name):
		return fmt.Errorf("%q is not the name of an LDAP attribute", name)
	case slices.Contains(strings.Split(canonical(name), ";"), "binary"):
		return fmt.Errorf("%q is binary, and values are text", name)
	default:
		return nil
	}
}

// canonical is the one spelling of an attribute with its options: neither case
// nor the order of options matters (RFC 4512 §2.5).
func canonical(name string) string {
	parts := strings.Split(strings.ToLower(name), ";")
	slices.Sort(parts[1:])
	return strings.Join(parts, ";")
}

// noAttributes asks for no attribute at all, where an empty list would ask for
// everything (RFC 4511 §4.5.1.8).
const noAttributes = "1.1"

// pseudoDN stands for the name of an entry where attributes are listed.
const pseudoDN = "dn"

// wanted lists the attributes to ask for, each once.
func wanted(provides []pip.Provided, echo map[string]string) []string {
	var names []string
	add := func(name string) {
		if name = canonical(name); name != pseudoDN && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, out := range provides {
		for _, name := range out.From {
			add(name)
		}
	}
	for _, name := range echo {
		add(name)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return []string{noAttributes}
	}
	return names
}
