package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// decoder lays a YAML document over a value. It works on the syntax tree, since
// it has to know where everything is and to find all problems, not the first.
type decoder struct {
	file     string
	places   map[string]Place
	problems Problems
}

// document lays the text over the configuration.
func (d *decoder) document(text []byte, onto *Config) {
	top := Place{d.file, 1, 1}
	if !utf8.Valid(text) {
		d.failf(top, "", "the text is not UTF-8")
		return
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		at, message := top, "the text is not YAML"
		if e, ok := errors.AsType[yaml.Error](err); ok {
			message = e.GetMessage()
			if tok := e.GetToken(); tok != nil && tok.Position != nil {
				at.Line, at.Column = tok.Position.Line, tok.Position.Column
			}
		}
		d.failf(at, "", "%s", message)
		return
	}
	found := false
	for _, doc := range file.Docs {
		if doc.Body == nil || isComment(doc.Body) {
			continue // nothing but comments
		}
		if found {
			d.failf(d.place(doc.Body), "", "a configuration is one document")
			return
		}
		found = true
		d.value("", d.place(doc.Body), doc.Body, reflect.ValueOf(onto).Elem())
	}
}

func isComment(n ast.Node) bool {
	_, comment := n.(*ast.CommentGroupNode)
	return comment
}

func (d *decoder) failf(at Place, key, format string, args ...any) {
	d.problems = append(d.problems, Problem{at, key, fmt.Sprintf(format, args...)})
}

// value lays the node at a place over a value, and notes the place.
func (d *decoder) value(key string, at Place, n ast.Node, onto reflect.Value) {
	d.places[key] = at
	_, null := n.(*ast.NullNode)
	switch onto.Kind() {
	case reflect.Struct:
		if !null { // a section with nothing but comments
			d.section(key, n, onto)
		}
	case reflect.Pointer:
		target := reflect.New(onto.Type().Elem())
		d.value(key, at, n, target.Elem())
		onto.Set(target)
	case reflect.Slice:
		d.list(key, n, onto)
	case reflect.Map:
		d.texts(key, n, onto)
	default:
		text, quoted, ok := scalar(n)
		switch {
		case null:
			d.failf(at, key, "the value is missing")
		case !ok:
			d.failf(at, key, "a single value is expected")
		default:
			if err := setScalar(onto, text, quoted); err != nil {
				d.failf(at, key, "%v", err)
			}
		}
	}
}

// section lays a map over a struct.
func (d *decoder) section(key string, n ast.Node, onto reflect.Value) {
	for _, entry := range d.entries(key, n) {
		path := join(key, entry.name)
		field, ok := fieldNamed(onto, entry.name)
		if !ok {
			d.failf(entry.at, path, "unknown key; known are %s", strings.Join(fieldNames(onto.Type()), ", "))
			continue
		}
		d.value(path, d.placeOf(entry), entry.value, field)
	}
}

// list replaces a list.
func (d *decoder) list(key string, n ast.Node, onto reflect.Value) {
	for path := range d.places {
		if strings.HasPrefix(path, key+"[") {
			delete(d.places, path) // those of the list that is replaced
		}
	}
	var items []ast.Node
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.SequenceNode:
		items = n.Values
	default:
		d.failf(d.place(n), key, "a list is expected")
	}
	out := reflect.MakeSlice(onto.Type(), len(items), len(items))
	for i, item := range items {
		d.value(fmt.Sprintf("%s[%d]", key, i), d.place(item), item, out.Index(i))
	}
	onto.Set(out)
}

// texts replaces a map of texts.
func (d *decoder) texts(key string, n ast.Node, onto reflect.Value) {
	out := reflect.MakeMap(onto.Type())
	if _, null := n.(*ast.NullNode); !null {
		for _, entry := range d.entries(key, n) {
			text := reflect.New(onto.Type().Elem()).Elem()
			d.value(join(key, entry.name), d.placeOf(entry), entry.value, text)
			out.SetMapIndex(reflect.ValueOf(entry.name), text)
		}
	}
	onto.Set(out)
}

// entry is one key of a map with its value.
type entry struct {
	name  string
	at    Place
	value ast.Node
}

// entries lists the keys of a map, each once.
func (d *decoder) entries(key string, n ast.Node) []entry {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		d.failf(d.place(n), key, "a map of keys and values is expected")
		return nil
	}
	var out []entry
	for _, pair := range pairs {
		at := d.place(pair.Key)
		name, _, ok := scalar(pair.Key)
		switch {
		case !ok:
			d.failf(at, key, "a key must be plain text; anchors, aliases and merge keys are not accepted")
		case slices.ContainsFunc(out, func(e entry) bool { return e.name == name }):
			d.failf(at, join(key, name), "the key occurs twice")
		default:
			out = append(out, entry{name, at, pair.Value})
		}
	}
	return out
}

// placeOf is where the value of an entry is, or its key if there is no value.
func (d *decoder) placeOf(e entry) Place {
	if _, null := e.value.(*ast.NullNode); null {
		return e.at
	}
	return d.place(e.value)
}

// place is where a node begins.
func (d *decoder) place(n ast.Node) Place {
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return d.place(m.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return d.place(m.Key)
	}
	if tok := n.GetToken(); tok != nil && tok.Position != nil {
		return Place{d.file, tok.Position.Line, tok.Position.Column}
	}
	return Place{d.file, 1, 1}
}

// scalar is the text of a scalar as it is written, and whether it was in
// quotes or a block, so that it can only be meant as text.
func scalar(n ast.Node) (text string, quoted, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, n.Token.Type == token.DoubleQuoteType || n.Token.Type == token.SingleQuoteType, true
	case *ast.LiteralNode:
		return n.Value.Value, true, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, false, true
	case *ast.MappingNode:
		if len(n.Values) == 1 && !n.IsFlowStyle {
			return colon(n.Values[0])
		}
	case *ast.MappingValueNode:
		return colon(n)
	}
	return "", false, false
}

// colon is the text of a URI that the parser took for a key and a value. It
// does so with the items of a list inside of braces, as in {a: [urn:b:c]},
// although a colon without a space after it does not end a key.
func colon(pair *ast.MappingValueNode) (text string, quoted, ok bool) {
	before, quotedBefore, ok := scalar(pair.Key)
	after, quotedAfter, okAfter := scalar(pair.Value)
	if !ok || !okAfter || quotedBefore || quotedAfter {
		return "", false, false
	}
	at, next := pair.Start.Position, pair.Value.GetToken().Position
	if at.Line != next.Line || at.Column+1 != next.Column {
		return "", false, false
	}
	return before + ":" + after, false, true
}

// setScalar reads a text as what the value is.
func setScalar(onto reflect.Value, text string, quoted bool) error {
	if onto.Type() == reflect.TypeFor[time.Duration]() {
		v, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 250ms, 2s or 5m", text)
		}
		onto.SetInt(int64(v))
		return nil
	}
	switch onto.Kind() {
	case reflect.String:
		onto.SetString(text)
	case reflect.Bool:
		if quoted || text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		onto.SetBool(text == "true")
	case reflect.Int:
		v, err := strconv.Atoi(text)
		if quoted || err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		onto.SetInt(int64(v))
	case reflect.Float64:
		v, err := strconv.ParseFloat(text, 64)
		if quoted || err != nil {
			return fmt.Errorf("%q is not a number", text)
		}
		onto.SetFloat(v)
	default:
		return fmt.Errorf("the configuration cannot hold a %s", onto.Kind())
	}
	return nil
}

// join is the path of a key in a map.
func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// keyOf is the key of a field of a section; empty for a field that is not read.
func keyOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

func fieldNamed(section reflect.Value, name string) (reflect.Value, bool) {
	for i := range section.NumField() {
		if keyOf(section.Type().Field(i)) == name && name != "" {
			return section.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func fieldNames(section reflect.Type) []string {
	var names []string
	for field := range section.Fields() {
		if name := keyOf(field); name != "" {
			names = append(names, name)
		}
	}
	return names
}
