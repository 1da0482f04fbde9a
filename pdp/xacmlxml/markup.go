package xacmlxml

import (
	"maps"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// markup is the markup of e, a value of a data type that the standard does not
// define, or nothing if the text of e says everything. Since each markup repeats
// the namespaces in scope, all of them together are bounded as the document is.
func (b *builder) markup(e *element) string {
	attributes := ownAttributes(e)
	if len(e.elements()) == 0 && len(attributes) == 0 || b.markupSize > b.limits.Document {
		return ""
	}
	document := etree.NewDocumentWithRoot(standAlone(e, attributes))
	document.WriteSettings = canonical()
	markup, err := document.WriteToString()
	if err != nil {
		b.add(e, e.Position, policy.ReasonParse, e.local+" cannot be kept: "+err.Error())
	}
	if b.markupSize += len(markup); b.markupSize > b.limits.Document {
		b.add(e, e.Position, policy.ReasonSize, "values with elements or attributes of their own are too large")
	}
	return markup
}

// ownAttributes are the attributes of a value that the schema does not declare.
func ownAttributes(e *element) []attribute {
	var own []attribute
	for _, a := range e.attributes {
		if !isHint(a) && (a.space != "" || !declares(e.local, a.local)) {
			own = append(own, a)
		}
	}
	return own
}

// declares reports whether an element of the schema has an attribute.
func declares(local, attribute string) bool {
	return slices.ContainsFunc(schema[local].attributes, func(d attributeDecl) bool { return d.local == attribute })
}

// standAlone copies a value so that it means the same wherever it is put: it has
// no default namespace, and the elements in it have one each.
func standAlone(e *element, attributes []attribute) *etree.Element {
	var declarations []*scope
	prefixes := e.scope.prefixes()
	for _, prefix := range slices.Sorted(maps.Keys(prefixes)) {
		declarations = append(declarations, &scope{prefix: prefix, uri: prefixes[prefix]})
	}
	top := &element{local: "value", attributes: attributes, content: e.content}
	out := top.copyTo(nil, declarations)
	byDefault, _ := e.scope.find("")
	for _, c := range out.ChildElements() {
		setDefaultNamespace(c, byDefault)
	}
	return out
}

// setDefaultNamespace declares the default namespace on an element that does not
// declare one itself.
func setDefaultNamespace(e *etree.Element, uri string) {
	if !slices.ContainsFunc(e.Attr, func(a etree.Attr) bool { return a.Space == "" && a.Key == "xmlns" }) {
		e.Attr = slices.Insert(e.Attr, 0, etree.Attr{Key: "xmlns", Value: uri})
	}
}

// markup fills an AttributeValue or AttributeAssignment with a value that has
// markup.
func (p *writer) markup(e *etree.Element, v value.Foreign) {
	root, f := parse([]byte(v.Markup), unlimited())
	switch {
	case f != nil:
		p.fail("markup of a value of data type %s: %s: %s", quote(v.DataType), f.Position, f.message)
		return
	case root.stringValue() != v.Text:
		p.fail("markup of a value of data type %s has another text than the value", quote(v.DataType))
		return
	}
	for _, a := range root.attributes {
		if a.space == "" && declares(e.Tag, a.local) || isInstance(a) {
			p.fail("markup of a value of data type %s has the attribute %s", quote(v.DataType), quote(a.local))
			return
		}
	}
	from := standAlone(root, root.attributes)
	e.Attr = append(e.Attr, from.Attr...)
	for _, c := range slices.Clone(from.Child) {
		e.AddChild(c)
	}
	p.scoped = append(p.scoped, e)
}

// standAloneContent adds a content that means the same wherever it is put.
func (p *writer) standAloneContent(e, root *etree.Element) {
	root = root.Copy()
	p.checkMarkup(root)
	document := etree.NewDocumentWithRoot(root)
	document.WriteSettings = canonical()
	data, err := document.WriteToBytes()
	if err != nil {
		p.fail("%s: %v", e.Tag, err)
		return
	}
	parsed, f := parse(data, unlimited())
	if f != nil {
		p.fail("%s: %s: %s", e.Tag, f.Position, f.message)
		return
	}
	root = parsed.dom()
	p.content(e, root)
	p.scoped = append(p.scoped, e.ChildElements()...)
}

// checkMarkup fails if e holds what XML cannot, or what no document may hold. It
// makes text of CDATA sections, in which a carriage return has no form.
func (p *writer) checkMarkup(e *etree.Element) {
	for _, a := range e.Attr {
		if !isText(a.Value) {
			p.fail("attribute %s holds what is not a character of XML", quote(a.FullKey()))
		}
	}
	for i, n := range e.Child {
		switch n := n.(type) {
		case *etree.Element:
			p.checkMarkup(n)
		case *etree.CharData:
			if !isText(n.Data) {
				p.fail("element %s holds what is not a character of XML", quote(e.FullTag()))
			}
			e.RemoveChildAt(i)
			e.InsertChildAt(i, etree.NewText(n.Data))
		case *etree.Comment:
			if !isText(n.Data) || strings.Contains(n.Data, "--") || strings.HasSuffix(n.Data, "-") || strings.Contains(n.Data, "\r") {
				p.fail("a comment in element %s has no form in XML", quote(e.FullTag()))
			}
		default:
			p.fail("element %s holds a processing instruction or a declaration", quote(e.FullTag()))
		}
	}
}

// unlimited are limits for what was within those of a document before.
func unlimited() Limits {
	const most = 1 << 30
	return Limits{
		Document: most, Depth: most, Nodes: most, Attributes: most, AttributeValue: most,
		Text: most, Name: most, Namespaces: most, Values: most, Problems: most,
	}
}

// canonical are the settings with which every character comes back as it is.
func canonical() etree.WriteSettings {
	return etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true}
}
