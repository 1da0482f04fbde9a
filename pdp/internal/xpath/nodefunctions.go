package xpath

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

func last(_ *Budget, f focus, _ []Result) (Result, error) { return numberOf(float64(f.size)), nil }

func position(_ *Budget, f focus, _ []Result) (Result, error) {
	return numberOf(float64(f.position)), nil
}

func count(_ *Budget, _ focus, args []Result) (Result, error) {
	return numberOf(float64(len(args[0].nodes))), nil
}

// id is the elements with those ids (4.1). Only an attribute xml:id is an id.
func id(budget *Budget, f focus, args []Result) (Result, error) {
	texts := []string{args[0].Text()}
	if args[0].typ == TypeNodeSet {
		texts = texts[:0]
		for _, n := range args[0].nodes {
			texts = append(texts, n.StringValue())
		}
	}
	var nodes []Node
	for _, text := range texts {
		if err := budget.spendText(text); err != nil {
			return Result{}, err
		}
		for token := range strings.FieldsFuncSeq(text, isSpace) {
			if err := budget.spend(1); err != nil {
				return Result{}, err
			}
			if element, ok := f.node.doc.ids[token]; ok {
				nodes = append(nodes, f.node.at(element))
			}
		}
	}
	nodes, err := ordered(budget, nodes)
	return nodeSet(nodes), err
}

// ofFirst is a property of the first node, or the empty string.
func ofFirst(nodes []Node, property func(Node) string) (Result, error) {
	if len(nodes) == 0 {
		return stringOf(""), nil
	}
	return stringOf(property(nodes[0])), nil
}

func localName(_ *Budget, _ focus, args []Result) (Result, error) {
	return ofFirst(args[0].nodes, func(n Node) string {
		_, local := n.Name()
		return local
	})
}

func namespaceURI(_ *Budget, _ focus, args []Result) (Result, error) {
	return ofFirst(args[0].nodes, func(n Node) string {
		space, _ := n.Name()
		return space
	})
}

func qualifiedName(_ *Budget, _ focus, args []Result) (Result, error) {
	return ofFirst(args[0].nodes, Node.qualified)
}

// lang reports whether the nearest xml:lang says that language, or a
// sublanguage of it (4.3). Case does not matter.
func lang(budget *Budget, f focus, args []Result) (Result, error) {
	language := args[0].Text()
	for at, ok := f.node, true; ok; at, ok = at.Parent() {
		if at.Kind() != KindElement {
			continue
		}
		first := at.index + 1
		for i := first; i < first+at.record().attributes; i++ {
			if err := budget.spend(1); err != nil {
				return Result{}, err
			}
			a := at.at(i).record()
			if a.space != xacml.XMLNamespace || a.local != "lang" {
				continue
			}
			err := budget.spendText(language)
			return booleanOf(isLanguage(a.value, language)), err
		}
		if err := budget.spend(1); err != nil {
			return Result{}, err
		}
	}
	return booleanOf(false), nil
}

// isLanguage reports whether tag is the language or begins with it and a
// hyphen, in whatever case.
func isLanguage(tag, language string) bool {
	if len(tag) > len(language) && tag[len(language)] == '-' {
		tag = tag[:len(language)]
	}
	return strings.EqualFold(tag, language)
}
