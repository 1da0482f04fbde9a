package derive

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// The limits: RE2 is linear in the product of the two, and cannot be cancelled.
const (
	MaxPattern = 1 << 10 // bytes of one expression
	MaxText    = 4 << 10 // bytes of one value that an expression is matched with
)

// Config describes a derivation.
type Config struct {
	Needs []pip.Need
	// Provides lists templates in From. {name} stands for a need or for a named
	// group of an expression, {{ and }} for braces. A template with a
	// placeholder that is empty gives no value.
	Provides []pip.Provided
	// Match maps needs to regular expressions (RE2 syntax), which must match the
	// whole value. If one does not, there are no values at all.
	Match map[string]string
}

// Provider derives attributes. It fails only if a value does not fit the
// declared data type, or is too long to be matched.
type Provider struct {
	needs    []need
	provides []provided
}

// need is a need with its expression, if it has one.
type need struct {
	name    string
	pattern *regexp.Regexp
}

// provided is a data type and the templates of its values.
type provided struct {
	id        string
	dataType  value.Type
	templates []template
}

// New makes a Provider, or reports everything that is wrong with cfg.
func New(cfg Config) (*Provider, error) {
	errs := []error{pip.CheckDeclaration(cfg.Needs, cfg.Provides)}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	p := &Provider{}
	placeholders := make(map[string]bool)
	for _, n := range cfg.Needs {
		p.needs = append(p.needs, need{name: n.Name})
		placeholders[n.Name] = true
	}
	for _, name := range sortedKeys(cfg.Match) {
		i := slices.IndexFunc(p.needs, func(n need) bool { return n.name == name })
		if i < 0 {
			fail("match names the unknown need %q", name)
			continue
		}
		pattern, err := compile(cfg.Match[name])
		if err != nil {
			fail("match of need %q: %w", name, err)
			continue
		}
		p.needs[i].pattern = pattern
		for _, group := range pattern.SubexpNames() {
			if group == "" {
				continue
			}
			if placeholders[group] {
				fail("match of need %q: the name of group %q is taken", name, group)
			}
			placeholders[group] = true
		}
	}
	for _, out := range cfg.Provides {
		if len(out.From) == 0 {
			fail("attribute %q has no template", out.Key.ID)
		}
		made := provided{id: out.Key.ID, dataType: out.Key.Type}
		for _, text := range out.From {
			t, err := parseTemplate(text, placeholders)
			if err != nil {
				fail("attribute %q: template %q: %w", out.Key.ID, text, err)
			}
			made.templates = append(made.templates, t)
		}
		p.provides = append(p.provides, made)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, nil
}

// compile compiles an expression such that it matches whole texts only.
func compile(expression string) (*regexp.Regexp, error) {
	if len(expression) > MaxPattern {
		return nil, fmt.Errorf("the expression is longer than %d bytes", MaxPattern)
	}
	// Alone first: an expression may not close the group around it.
	if _, err := regexp.Compile(expression); err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + expression + `)\z`)
}

// Fetch derives the values.
func (p *Provider) Fetch(_ context.Context, q pip.Question) (pip.Answer, error) {
	if len(q) != len(p.needs) {
		return pip.Answer{}, pip.Invalidf("the question has %d values for %d needs", len(q), len(p.needs))
	}
	parts, ok, err := p.takeApart(q)
	if err != nil {
		return pip.Answer{}, err
	}
	bags := make([]value.Bag, len(p.provides))
	for i, out := range p.provides {
		bags[i] = value.NewBag(out.dataType)
		if !ok {
			continue
		}
		if bags[i], err = out.fill(parts); err != nil {
			return pip.Answer{}, err
		}
	}
	return pip.Answer{Bags: bags}, nil
}

// takeApart gives the text of each placeholder; ok is false if a need does not
// match its expression.
func (p *Provider) takeApart(q pip.Question) (parts map[string]string, ok bool, err error) {
	parts = make(map[string]string)
	for i, n := range p.needs {
		text := q[i].String()
		parts[n.name] = text
		if n.pattern == nil {
			continue
		}
		if len(text) > MaxText {
			return nil, false, pip.Invalidf("the need %q is longer than %d bytes", n.name, MaxText)
		}
		groups := n.pattern.FindStringSubmatch(text)
		if groups == nil {
			return nil, false, nil
		}
		for j, group := range n.pattern.SubexpNames() {
			if group != "" {
				parts[group] = groups[j]
			}
		}
	}
	return parts, true, nil
}

// fill gives the values of the templates, each once.
func (out provided) fill(parts map[string]string) (value.Bag, error) {
	var values []value.Value
	var seen []string
	for _, t := range out.templates {
		text, ok := t.fill(parts)
		if !ok || slices.Contains(seen, text) {
			continue
		}
		seen = append(seen, text)
		v, err := pip.Parse(out.dataType, text)
		if err != nil {
			return value.Bag{}, err
		}
		values = append(values, v)
	}
	return value.NewBag(out.dataType, values...), nil
}
