package static

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// parseYAML reads a table from YAML. It works on the syntax tree, because the
// text of a scalar counts, not what YAML takes it for.
func parseYAML(data []byte) (Table, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		line, message := 1, "the text is not YAML"
		if e, ok := errors.AsType[yaml.Error](err); ok {
			message = e.GetMessage()
			if tok := e.GetToken(); tok != nil && tok.Position != nil {
				line = tok.Position.Line
			}
		}
		return Table{}, placedf(line, "%s", message)
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			return Table{}, placedf(yamlLine(doc.Body), "a table is one document")
		}
		body = doc.Body
	}
	if body == nil {
		return Table{}, placedf(1, "the document is empty")
	}
	if _, isList := body.(*ast.SequenceNode); isList {
		rows, err := yamlRows(body)
		return Table{Rows: rows}, err
	}
	var t Table
	hasRows := false
	err = eachYAML(body, func(key string, v ast.Node) (err error) {
		switch key {
		case "columns":
			t.Columns, err = yamlTexts(v)
			if t.Columns == nil {
				t.Columns = []string{}
			}
		case "rows":
			hasRows = true
			t.Rows, err = yamlRows(v)
		default:
			err = placedf(yamlLine(v), "unknown key %q, known are columns and rows", key)
		}
		return err
	})
	if err == nil && !hasRows {
		err = placedf(yamlLine(body), "the key rows is missing")
	}
	return t, err
}

// yamlRows reads a list of rows.
func yamlRows(n ast.Node) ([]Row, error) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, placedf(yamlLine(n), "rows are a list")
	}
	rows := make([]Row, 0, len(list.Values))
	for _, item := range list.Values {
		row := Row{Line: yamlLine(item), Cells: make(map[string][]string)}
		err := eachYAML(item, func(key string, v ast.Node) (err error) {
			row.Cells[key], err = yamlTexts(v)
			return err
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// eachYAML calls f for each entry of a map.
func eachYAML(n ast.Node, f func(key string, v ast.Node) error) error {
	var entries []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	default:
		return placedf(yamlLine(n), "a map is expected")
	}
	seen := make(map[string]bool, len(entries))
	for _, e := range entries {
		key, null, err := yamlText(e.Key)
		if err != nil {
			return err
		}
		if null || seen[key] {
			return placedf(yamlLine(e.Key), "the key %q is empty or occurs twice", key)
		}
		seen[key] = true
		if err := f(key, e.Value); err != nil {
			return err
		}
	}
	return nil
}

// yamlTexts reads a scalar or a list of scalars. Nulls are no values.
func yamlTexts(n ast.Node) ([]string, error) {
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	var texts []string
	for _, item := range items {
		text, null, err := yamlText(item)
		if err != nil {
			return nil, err
		}
		if !null {
			texts = append(texts, text)
		}
	}
	return texts, nil
}

// yamlText is the text of a scalar.
func yamlText(n ast.Node) (text string, null bool, err error) {
	switch n := n.(type) {
	case *ast.NullNode:
		return "", true, nil
	case *ast.StringNode:
		return n.Value, false, nil
	case *ast.LiteralNode:
		return n.Value.Value, false, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, false, nil
	default:
		return "", false, placedf(yamlLine(n), "a scalar is expected; anchors, aliases, tags and merge keys have no place in a table, and a text with a colon inside of brackets needs quotes")
	}
}

// yamlLine is the line on which a node begins.
func yamlLine(n ast.Node) int {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	if tok := n.GetToken(); tok != nil && tok.Position != nil {
		return tok.Position.Line
	}
	return 1
}
