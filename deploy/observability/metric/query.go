package metric

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// counted are the functions that take counters, and nothing else.
var counted = []string{"rate", "irate", "increase"}

// Check says what is wrong with a query: what Prometheus could not parse, metrics,
// labels and values that do not exist, a rate of what is no counter, and a counter
// that is read without one.
func (t Table) Check(query string) error {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		return err
	}
	var problems []error
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			problems = append(problems, t.checkSelector(n, path))
		case *parser.AggregateExpr:
			problems = append(problems, t.checkLabels(n, n.Grouping))
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				problems = append(problems, t.checkLabels(n, slices.Concat(n.VectorMatching.MatchingLabels, n.VectorMatching.Include)))
			}
		}
		return nil
	})
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%s\n%w", query, err)
	}
	return nil
}

// Names are the metrics of the table that a query asks for, each once.
func (t Table) Names(query string) []string {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		return nil
	}
	var names []string
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			if m, _, found := t.find(selector.Name); found && !slices.Contains(names, m.Name) {
				names = append(names, m.Name)
			}
		}
		return nil
	})
	return names
}

// find finds the metric of a series, and the labels that the series has besides.
func (t Table) find(series string) (m Metric, more []string, found bool) {
	if m, found = t[series]; found && m.Type != "histogram" {
		return m, nil, true
	}
	for suffix, labels := range map[string][]string{"_bucket": {"le"}, "_sum": nil, "_count": nil} {
		name, ok := strings.CutSuffix(series, suffix)
		if m, found = t[name]; ok && found && (m.Type == "histogram" || m.Type == "summary" && labels == nil) {
			return m, labels, true
		}
	}
	return Metric{}, nil, false
}

func (t Table) checkSelector(s *parser.VectorSelector, path []parser.Node) error {
	m, more, found := t.find(s.Name)
	if !found {
		return fmt.Errorf("there is no metric %q", s.Name)
	}
	var problems []error
	counter := m.Type == "counter" || s.Name != m.Name // the parts of a histogram are counters
	if within := isCounted(path); counter != within && s.Name != "" {
		problems = append(problems, fmt.Errorf("%s is a %s: got it inside of rate or increase %v", s.Name, m.Type, within))
	}
	for _, matcher := range s.LabelMatchers {
		if matcher.Name == model.MetricNameLabel || slices.Contains(target, matcher.Name) || slices.Contains(more, matcher.Name) {
			continue
		}
		values, ok := m.Labels[matcher.Name]
		if !ok {
			problems = append(problems, fmt.Errorf("%s has no label %q", m.Name, matcher.Name))
			continue
		}
		problems = append(problems, checkValues(m.Name, matcher, values))
	}
	return errors.Join(problems...)
}

// checkValues says which values of a matcher a closed set does not have.
func checkValues(name string, matcher *labels.Matcher, values []string) error {
	if values == nil {
		return nil
	}
	for value := range strings.SplitSeq(matcher.Value, "|") {
		if !slices.Contains(values, value) {
			return fmt.Errorf("%s has no %s=%q", name, matcher.Name, value)
		}
	}
	return nil
}

// isCounted reports whether a selector is the argument of a function that takes
// counters.
func isCounted(path []parser.Node) bool {
	return slices.ContainsFunc(path, func(n parser.Node) bool {
		call, ok := n.(*parser.Call)
		return ok && slices.Contains(counted, call.Func.Name)
	})
}

// checkLabels says which labels none of the series below a node has.
func (t Table) checkLabels(node parser.Node, names []string) error {
	known := slices.Clone(target)
	parser.Inspect(node, func(n parser.Node, _ []parser.Node) error {
		if selector, ok := n.(*parser.VectorSelector); ok {
			m, more, _ := t.find(selector.Name)
			for label := range m.Labels {
				known = append(known, label)
			}
			known = append(known, more...)
		}
		return nil
	})
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("nothing in %s has a label %q", node, name)
		}
	}
	return nil
}
