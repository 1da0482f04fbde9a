package attributeserver

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// form is what the questions of a call, or a watch, have in common, checked
// against what the source declares.
type form struct {
	needs  []need
	wanted []Attribute
	names  []string // of wanted
}

// need is a need of the source with the name that the caller gives it.
type need struct {
	Attribute
	callers string
}

// newForm reads what a call declares. It must have exactly the needs of the
// source, in any order: whatever else it has could matter to the answer.
func (s *Server) newForm(needs []*v1.Need, attributes []*v1.AttributeKey) (*form, error) {
	if len(needs) != len(s.cfg.Needs) {
		return nil, fmt.Errorf("%d needs for a source that has %d", len(needs), len(s.cfg.Needs))
	}
	f := new(form)
	name := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	for _, n := range needs {
		own, err := find(s.cfg.Needs, n.GetAttribute(), func(own, asked xacml.AttributeKey) bool {
			if own.Issuer == "" {
				asked.Issuer = ""
			}
			return own == asked
		})
		if err != nil {
			return nil, fmt.Errorf("need: %w", err)
		}
		if !name.MatchString(n.GetName()) {
			return nil, fmt.Errorf("the name of the need of %q is not a letter followed by letters, digits and underscores", own.Key.ID)
		}
		if slices.ContainsFunc(f.needs, func(o need) bool { return o.callers == n.GetName() || o.Key == own.Key }) {
			return nil, fmt.Errorf("the need of %q, or its name, is there twice", own.Key.ID)
		}
		f.needs = append(f.needs, need{own, n.GetName()})
	}
	if len(attributes) == 0 || len(attributes) > maxNames {
		return nil, fmt.Errorf("%d attributes are asked for, which is not between 1 and %d", len(attributes), maxNames)
	}
	for _, k := range attributes {
		own, err := find(s.cfg.Provides, k, func(own, asked xacml.AttributeKey) bool { return own == asked })
		if err != nil {
			return nil, fmt.Errorf("attribute: %w", err)
		}
		if slices.Contains(f.names, own.Name) {
			return nil, fmt.Errorf("attribute %q is asked for twice", own.Key.ID)
		}
		f.wanted = append(f.wanted, own)
		f.names = append(f.names, own.Name)
	}
	return f, nil
}

// find gives the attribute of the list that a key names.
func find(list []Attribute, k *v1.AttributeKey, same func(own, asked xacml.AttributeKey) bool) (Attribute, error) {
	if t, known := value.TypeByID(k.GetDataType()); known {
		asked := xacml.AttributeKey{Category: k.GetCategory(), ID: k.GetAttributeId(), Type: t, Issuer: k.GetIssuer()}
		for _, own := range list {
			if same(own.Key, asked) {
				return own, nil
			}
		}
	}
	return Attribute{}, fmt.Errorf("the source does not know %q of category %q with data type %q and issuer %q",
		k.GetAttributeId(), k.GetCategory(), k.GetDataType(), k.GetIssuer())
}

// question reads the inputs of a question. A call whose questions do not have the
// form that it declares is refused whole; a value that is none of the data type
// is a fault of one question.
func (f *form) question(q *v1.Question) (Question, *Error, error) {
	if len(q.GetInputs()) != len(f.needs) {
		return Question{}, nil, fmt.Errorf("a question has %d inputs for %d needs", len(q.GetInputs()), len(f.needs))
	}
	out := Question{Inputs: make(map[string]string, len(f.needs)), Wanted: f.names}
	var invalid *Error
	for i, in := range q.GetInputs() {
		n := f.needs[i]
		if in.GetName() != n.callers {
			return Question{}, nil, fmt.Errorf("input %d of a question is not %q", i+1, n.callers)
		}
		if _, err := value.Parse(n.Key.Type, in.GetValue()); err != nil {
			invalid = InvalidQuestion(fmt.Sprintf("the input %q is not a lexical form of the data type %s", n.callers, n.Key.Type))
		}
		out.Inputs[n.Name] = in.GetValue()
	}
	return out, invalid, nil
}

// bags makes the bags of an answer, and finds the faults of a source.
func (f *form) bags(a Answer) ([]*v1.Bag, *Error) {
	bags := make([]*v1.Bag, len(f.wanted))
	total := 0
	for i, w := range f.wanted {
		values, known := a.Values[w.Name]
		if !known {
			return nil, internalf("the answer lacks the attribute %q", w.Name)
		}
		if total += len(values); total > maxValues {
			return nil, internalf("the answer has more than %d values", maxValues)
		}
		for _, v := range values {
			if _, err := value.Parse(w.Key.Type, v); err != nil {
				return nil, internalf("attribute %q has a value that is not a lexical form of the data type %s", w.Name, w.Key.Type)
			}
		}
		bags[i] = &v1.Bag{Attribute: message(w.Key), Values: values}
	}
	return bags, nil
}

func message(k xacml.AttributeKey) *v1.AttributeKey {
	return &v1.AttributeKey{Category: k.Category, AttributeId: k.ID, DataType: k.Type.ID(), Issuer: k.Issuer}
}
