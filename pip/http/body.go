package http

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// body is the template of a JSON document. The document is built of values and
// then written, so a value cannot get out of its place.
type body struct {
	needs []pip.Need
	root  *node
	slots map[*node]slot
	// numbers is the grammar of a JSON number.
	numbers *regexp.Regexp
}

// slot is the place of a need.
type slot struct {
	need int
	form form
	// list is set for an array, whose elements are the values.
	list bool
}

// form is how a value is written.
type form uint8

const (
	formByType form = iota // a number or boolean if the data type is one, else a string
	formString
	formNumber
)

// parseBody reads a JSON document in which a string "{name}" stands for a need,
// and "{name:number}" or "{name:string}" for it in that form. The need that is
// put as a list stands in an array of its own. {{ and }} are braces.
func parseBody(document string, ph *placeholders, bulk *Bulk) (*body, error) {
	root, err := parseJSON([]byte(document))
	if err != nil {
		return nil, fmt.Errorf("the body is not a JSON document: %w", err)
	}
	b := &body{
		needs:   ph.needs,
		root:    root,
		slots:   make(map[*node]slot),
		numbers: regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`),
	}
	return b, b.compile(root, ph, bulk)
}

// compile finds the slots at and below n, and puts braces for pairs of them.
func (b *body) compile(n *node, ph *placeholders, bulk *Bulk) error {
	if n.kind == text {
		s, found, err := parseSlot(n, ph)
		if err != nil {
			return fmt.Errorf("the string %q of the body: %w", n.lexical, err)
		}
		if !found {
			n.lexical = strings.NewReplacer("{{", "{", "}}", "}").Replace(n.lexical)
			return nil
		}
		if bulk != nil && ph.needs[s.need].Name == bulk.Need {
			return fmt.Errorf(`the need %q is put as a list: in the body it stands alone in an array, ["{%s}"]`, bulk.Need, bulk.Need)
		}
		b.slots[n] = s
		return nil
	}
	if n.kind == array && len(n.children) == 1 && n.children[0].kind == text && bulk != nil {
		s, found, err := parseSlot(&n.children[0], ph)
		if err == nil && found && ph.needs[s.need].Name == bulk.Need {
			s.list = true
			b.slots[n] = s
			return nil
		}
	}
	var errs []error
	for i := range n.children {
		if strings.ContainsAny(n.children[i].name, "{}") {
			errs = append(errs, fmt.Errorf("the name %q of the body: names are fixed", n.children[i].name))
		}
		errs = append(errs, b.compile(&n.children[i], ph, bulk))
	}
	return errors.Join(errs...)
}

// parseSlot reads the string n of a template.
func parseSlot(n *node, ph *placeholders) (slot, bool, error) {
	single := strings.NewReplacer("{{", "", "}}", "").Replace(n.lexical)
	if !strings.ContainsAny(single, "{}") {
		return slot{}, false, nil
	}
	s := slot{}
	reference := n.lexical
	if name, ok := strings.CutSuffix(reference, ":number}"); ok {
		reference, s.form = name+"}", formNumber
	} else if name, ok := strings.CutSuffix(reference, ":string}"); ok {
		reference, s.form = name+"}", formString
	}
	need, found, err := ph.find(reference)
	s.need = need
	return s, found, err
}

// expand writes the document with the values of each need.
func (b *body) expand(in [][]string) ([]byte, error) {
	document, err := b.fill(b.root, in)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(document)
	if err != nil {
		return nil, &pip.Error{Outcome: pip.OutcomeError, Detail: "the body of the request cannot be written", Err: err}
	}
	return data, nil
}

// fill makes the value of n.
func (b *body) fill(n *node, in [][]string) (any, error) {
	if s, ok := b.slots[n]; ok {
		return b.slot(s, in)
	}
	switch n.kind {
	case boolean:
		return n.lexical == "true", nil
	case number:
		return json.Number(n.lexical), nil
	case text:
		return n.lexical, nil
	case array:
		list := make([]any, len(n.children))
		for i := range n.children {
			v, err := b.fill(&n.children[i], in)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case object:
		members := make(map[string]any, len(n.children))
		for i := range n.children {
			v, err := b.fill(&n.children[i], in)
			if err != nil {
				return nil, err
			}
			members[n.children[i].name] = v
		}
		return members, nil
	case null:
	}
	return nil, nil
}

// slot makes the value of a need, or the list of its values.
func (b *body) slot(s slot, in [][]string) (any, error) {
	list := make([]any, len(in[s.need]))
	for i, lexical := range in[s.need] {
		v, err := b.value(s, lexical)
		if err != nil {
			return nil, unsendable(b.needs[s.need], err)
		}
		list[i] = v
	}
	if s.list {
		return list, nil
	}
	return list[0], nil
}

// value makes the JSON value of a text.
func (b *body) value(s slot, lexical string) (any, error) {
	if err := sendable(lexical); err != nil {
		return nil, err
	}
	form := s.form
	t := b.needs[s.need].Key.Type
	switch {
	case form != formByType:
	case t == value.TypeBoolean:
		return lexical == "true", nil
	case t == value.TypeInteger, t == value.TypeDouble:
		form = formNumber
	}
	if form != formNumber {
		return lexical, nil
	}
	if !b.numbers.MatchString(lexical) {
		return nil, errors.New("is not a JSON number")
	}
	return json.Number(lexical), nil
}
