package function

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// entitySection is where the functions of this file are from.
const entitySection = "Related and Nested Entities profile"

// entities is the functions of the Related and Nested Entities profile. An entity
// has no equality, so that there is no is-in and no function on sets.
func entities() []*Function {
	tp := typePrefix{value.TypeEntity, xacml.Function3}
	fs := []*Function{attributeDesignator(), attributeSelector(), oneAndOnly(tp), bagSize(tp), bag(tp)}
	for _, f := range fs {
		f.Section = entitySection
	}
	return fs
}

func attributeDesignator() *Function {
	return &Function{
		ID: xacml.Function3 + "attribute-designator",
		Doc: "The values of the attribute of a category of the request, or of an entity, with this id, data type and, if it is given, issuer; " +
			"fails if there must be some and are none.",
		Typed: entityTypes([]value.Type{value.TypeAnyURI}, []value.Type{value.TypeString}, dataType),
		Strict: func(c Context, args []value.Datum) (value.Datum, error) {
			t, err := dataType(args[2].(value.AnyURI))
			if err != nil {
				return nil, xacml.ProcessingErrorf("%v", err)
			}
			key := xacml.AttributeKey{ID: string(args[1].(value.AnyURI)), Type: t}
			if len(args) > 4 {
				// An empty Issuer would be that of every issuer; the schema knows none.
				if key.Issuer = string(args[4].(value.String)); key.Issuer == "" {
					return nil, xacml.ProcessingErrorf("the issuer of an attribute is empty")
				}
			}
			if category, ok := args[0].(value.AnyURI); ok {
				key.Category = string(category)
			}
			found, err := designated(c, args[0], key)
			switch {
			case err != nil:
				return nil, err
			case found.Len() == 0 && mustBePresent(args):
				return nil, missing("an attribute that a function looks for is missing", key)
			}
			return found, nil
		},
	}
}

// designated is the values of the attribute in the category or entity.
func designated(c Context, in value.Datum, key xacml.AttributeKey) (value.Bag, error) {
	v, ok := in.(value.Entity)
	if !ok {
		return c.Attribute(key)
	}
	entity := xacml.EntityOf(v)
	if err := spend(c, entity.Size()); err != nil {
		return value.Bag{}, err
	}
	return entity.Lookup(key), nil
}

// missing is missing-attribute. The detail names the attribute if it has a
// category, without which no detail can (§7.19.3), and if its names are such: here
// they may be values, of which a response takes some for no names. The message does
// not name it, because messages hold no values.
func missing(message string, key xacml.AttributeKey) *xacml.Error {
	status := xacml.Status{Code: xacml.StatusMissingAttribute, Message: message}
	if strings.Contains(key.Category, ":") && key.ID != "" &&
		!strings.ContainsFunc(key.Category+key.ID+key.Issuer, unicode.IsControl) {
		status.Missing = []xacml.MissingAttribute{{AttributeKey: key}}
	}
	return &xacml.Error{Status: status}
}

func attributeSelector() *Function {
	return &Function{
		ID: xacml.Function3 + "attribute-selector",
		Doc: "The values that the path selects in the Content of a category of the request, or of an entity, from the node on that the context selector selects if its id is given; " +
			"fails if there must be some and are none, or as an attribute selector fails.",
		Typed: entityTypes([]value.Type{value.TypeXPathExpression, value.TypeString}, []value.Type{value.TypeAnyURI}, constructedType),
		Paths: []int{1},
		CheckLiterals: func(args []value.Value) error {
			text, ok := args[1].(value.String)
			if !ok { // an xpathExpression is checked wherever it stands
				return nil
			}
			expr, err := xpath.Compile(string(text), value.Namespaces{})
			switch {
			case err != nil:
				return fmt.Errorf("%w: %w", ErrXPath, err)
			case expr.Type() != xpath.TypeNodeSet:
				return fmt.Errorf("%w: the expression gives a %s, not nodes", ErrXPath, expr.Type())
			default:
				return nil
			}
		},
		Strict: func(c Context, args []value.Datum) (value.Datum, error) {
			t, err := constructedType(args[2].(value.AnyURI))
			if err != nil {
				return nil, xacml.ProcessingErrorf("%v", err)
			}
			s := selection(args)
			if err := spend(c, textSteps(len(s.Path.XPath))); err != nil {
				return nil, err
			}
			nodes, err := c.SelectPath(s)
			switch {
			case err != nil:
				return nil, err
			case len(nodes) == 0 && mustBePresent(args):
				return nil, missing("a path that a function looks for selects nothing", xacml.AttributeKey{})
			}
			found, ok := xpath.Construct(t, nodes)
			if !ok {
				return nil, xacml.ProcessingErrorf("a selected node is not of the type %s", t)
			}
			return found, nil
		},
	}
}

func selection(args []value.Datum) Selection {
	var s Selection
	switch in := args[0].(type) {
	case value.Entity:
		s.Entity = xacml.EntityOf(in)
	case value.AnyURI:
		s.Category = string(in)
	}
	switch path := args[1].(type) {
	case value.XPathExpression:
		s.Path = path
	case value.String: // it has no namespaces
		s.Path.XPath = string(path)
	}
	if len(args) > 4 {
		s.ContextSelectorID = string(args[4].(value.AnyURI))
	}
	return s
}

// mustBePresent is the fourth argument; false if it is left out.
func mustBePresent(args []value.Datum) bool {
	return len(args) > 3 && bool(args[3].(value.Boolean))
}

// ErrXPath is wrapped by errors about literals that are to be XPath.
var ErrXPath = errors.New("XPath")

// dataType is the data type with this identifier.
func dataType(id value.AnyURI) (value.Type, error) {
	t, ok := value.TypeByID(string(id))
	if !ok {
		return t, fmt.Errorf("unknown data type %q", string(id))
	}
	return t, nil
}

// constructedType is the data type with this identifier, if a selector can give it.
func constructedType(id value.AnyURI) (value.Type, error) {
	t, err := dataType(id)
	if err == nil && !xpath.Constructs(t) {
		err = fmt.Errorf("XPath has no constructor for %s, so a selector cannot give it", t)
	}
	return t, err
}

// entityTypes is the types of a function on a category or an entity, whose second
// and fifth parameter are of one of these types. The fourth and fifth may be left
// out. The result is a bag of the type that the third argument names, which must
// be a literal because types are static (inferred).
func entityTypes(second, fifth []value.Type, result func(id value.AnyURI) (value.Type, error)) *Typed {
	parameters := [][]value.Type{
		{value.TypeAnyURI, value.TypeEntity}, second, {value.TypeAnyURI}, {value.TypeBoolean}, fifth,
	}
	const required = 3
	var signature strings.Builder
	for i, p := range parameters {
		switch {
		case i >= required:
			signature.WriteString("[, ")
		case i > 0:
			signature.WriteString(", ")
		}
		signature.WriteString(alternatives(p))
	}
	signature.WriteString(strings.Repeat("]", len(parameters)-required) + " -> bag of ...")
	return &Typed{
		Signature: signature.String(),
		Check: func(args []value.Kind, literals []value.Value) (value.Kind, error) {
			if len(args) < required || len(args) > len(parameters) {
				return value.Kind{}, fmt.Errorf("wants %d to %s, got %s", required, count(len(parameters), false), count(len(args), false))
			}
			for i, got := range args {
				if got.Bag || !slices.Contains(parameters[i], got.Type) {
					return value.Kind{}, fmt.Errorf("argument %d: wants %s, got %s", i+1, alternatives(parameters[i]), got)
				}
			}
			id, ok := literals[required-1].(value.AnyURI)
			if !ok {
				return value.Kind{}, fmt.Errorf("argument %d: wants a literal, because it tells the data type of the result", required)
			}
			t, err := result(id)
			if err != nil {
				return value.Kind{}, fmt.Errorf("argument %d: %w", required, err)
			}
			return value.BagOf(t), nil
		},
	}
}

// alternatives is types as text, such as "anyURI or entity".
func alternatives(types []value.Type) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.String()
	}
	return strings.Join(names, " or ")
}
