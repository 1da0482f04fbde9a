package http

import (
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// shape says what an answer must look like, and where its values are. Paths that
// begin with "@" are followed from each row, the others from the document.
type shape struct {
	needs    []pip.Need
	provides []pip.Provided
	rows     *path
	from     [][]path // of each provided attribute
	require  []path
	forbid   []path
	echo     []echo
	list     int // the need whose value each row repeats, or -1
}

// echo is a path to the value that was asked for.
type echo struct {
	need int
	path path
}

// read gives the bags of each value of the need that was put as a list, or of
// the only question there is, under the empty key. in holds the values of each
// need. Without a document there are no values.
func (s *shape) read(doc *node, in [][]string) (map[string][]value.Bag, error) {
	answers := make(map[string]*collected)
	for _, key := range s.keys(in) {
		answers[key] = newCollected(s.provides)
	}
	if doc != nil {
		if err := s.document(doc, in, answers); err != nil {
			return nil, err
		}
	}
	bags := make(map[string][]value.Bag, len(answers))
	for key, c := range answers {
		bags[key] = c.bags(s.provides)
	}
	return bags, nil
}

// keys are the values of the need that was put as a list; without one, there is
// one question, under the empty key.
func (s *shape) keys(in [][]string) []string {
	if s.list < 0 {
		return []string{""}
	}
	return in[s.list]
}

// check follows the paths that must and must not lead to something.
func (s *shape) check(n *node, row bool) error {
	for _, p := range s.require {
		if p.row != row {
			continue
		}
		err := p.each(n, func(end *node) error {
			if end.kind == null {
				return pip.Invalidf("path %q leads to null", p.text)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, p := range s.forbid {
		if p.row != row {
			continue
		}
		err := p.each(n, func(end *node) error {
			if !blank(end) {
				return pip.Invalidf("path %q leads to something, and must not", p.text)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// blank reports whether n says that there is nothing.
func blank(n *node) bool {
	switch n.kind {
	case null:
		return true
	case boolean:
		return n.lexical == "false"
	case text:
		return n.lexical == ""
	case array, object:
		return len(n.children) == 0
	case number:
		return false
	}
	return false
}

// document takes the values of the document, and then those of its rows.
func (s *shape) document(doc *node, in [][]string, answers map[string]*collected) error {
	if err := s.check(doc, false); err != nil {
		return err
	}
	took, err := s.take(doc, false, answers)
	if err != nil {
		return err
	}
	if s.rows != nil {
		err := s.rows.each(doc, func(rows *node) error {
			if rows.kind != array && rows.kind != null {
				return pip.Invalidf("path %q leads to %s, not to a list of rows", s.rows.text, rows.kind)
			}
			took += len(rows.children)
			for i := range rows.children {
				if err := s.row(&rows.children[i], in, answers); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, e := range s.echo {
		if e.path.row {
			continue
		}
		heard, err := s.compare(doc, e, in[e.need][0])
		if err != nil {
			return err
		}
		if took > 0 && heard == 0 {
			return pip.Invalidf("the answer does not repeat the value of the need %q that was asked for", s.needs[e.need].Name)
		}
	}
	return nil
}

// row takes what belongs to a row.
func (s *shape) row(n *node, in [][]string, answers map[string]*collected) error {
	if n.kind != object && n.kind != array {
		return pip.Invalidf("a row is %s", n.kind)
	}
	if err := s.check(n, true); err != nil {
		return err
	}
	for _, e := range s.echo {
		if !e.path.row {
			continue
		}
		if e.need == s.list {
			key, err := s.key(n, e, answers)
			if err != nil {
				return err
			}
			answers = key
			continue
		}
		heard, err := s.compare(n, e, in[e.need][0])
		if err != nil {
			return err
		}
		if heard == 0 {
			return pip.Invalidf("a row does not repeat the value of the need %q that was asked for", s.needs[e.need].Name)
		}
	}
	_, err := s.take(n, true, answers)
	return err
}

// compare counts how often the answer repeats what was asked for. Anything else
// at the end of the path, or nothing, is about somebody else.
func (s *shape) compare(n *node, e echo, asked string) (count int, err error) {
	err = e.path.each(n, func(end *node) error {
		matched := false
		err := e.path.scalar(end, func(lexical string) error {
			matched = lexical == asked
			return nil
		})
		if err != nil {
			return err
		}
		if !matched {
			return pip.Invalidf("the answer does not carry the value of the need %q that was asked for", s.needs[e.need].Name)
		}
		count++
		return nil
	})
	return count, err
}

// key finds the answer that the row belongs to.
func (s *shape) key(n *node, e echo, answers map[string]*collected) (map[string]*collected, error) {
	var mine map[string]*collected
	err := e.path.each(n, func(end *node) error {
		return e.path.scalar(end, func(lexical string) error {
			c, asked := answers[lexical]
			if !asked || mine != nil {
				return pip.Invalidf("a row is about a value of the need %q that was not asked for", s.needs[e.need].Name)
			}
			mine = map[string]*collected{lexical: c}
			return nil
		})
	})
	if err == nil && mine == nil {
		err = pip.Invalidf("a row does not say which value of the need %q it is about", s.needs[e.need].Name)
	}
	return mine, err
}

// take adds the values at the paths from n to the only answer there is.
func (s *shape) take(n *node, row bool, answers map[string]*collected) (took int, err error) {
	for i, paths := range s.from {
		for _, p := range paths {
			if p.row != row {
				continue
			}
			err := p.scalars(n, func(lexical string) error {
				v, err := pip.Parse(s.provides[i].Key.Type, lexical)
				if err != nil {
					return err
				}
				took++
				for _, c := range answers {
					c.add(i, v)
				}
				return nil
			})
			if err != nil {
				return took, err
			}
		}
	}
	return took, nil
}

// collected is an answer in the making.
type collected struct {
	values [][]value.Value // of each provided attribute
	seen   []map[string]bool
}

func newCollected(provides []pip.Provided) *collected {
	return &collected{values: make([][]value.Value, len(provides)), seen: make([]map[string]bool, len(provides))}
}

// add adds a value of the provided attribute i, unless it is there.
func (c *collected) add(i int, v value.Value) {
	if c.seen[i] == nil {
		c.seen[i] = make(map[string]bool)
	}
	if id := value.Identity(v); !c.seen[i][id] {
		c.seen[i][id] = true
		c.values[i] = append(c.values[i], v)
	}
}

// bags freezes the answer.
func (c *collected) bags(provides []pip.Provided) []value.Bag {
	bags := make([]value.Bag, len(provides))
	for i, p := range provides {
		bags[i] = value.NewBag(p.Key.Type, slices.Clip(c.values[i])...)
	}
	return bags
}
