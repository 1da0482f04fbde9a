package xacmlxml

import (
	"bytes"
	"encoding/xml"
	"fmt"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ReadAttributes reads what stands inside an Attributes element of the category
// (§5.44): a Content and Attribute elements, as access-permitted takes them
// (A.3.16). Names without a prefix are of XACML. The error is an [*xacml.Error]
// with StatusSyntaxError.
func ReadAttributes(category, content string, limits Limits) (xacml.Attributes, error) {
	// The content cannot leave the element: a document has one root.
	var document bytes.Buffer
	fmt.Fprintf(&document, `<Attributes xmlns="%s" Category="`, xacml.Namespace)
	if err := xml.EscapeText(&document, []byte(category)); err != nil {
		return xacml.Attributes{}, xacml.SyntaxErrorf("the category cannot be written as XML")
	}
	document.WriteString(`">`)
	document.WriteString(content)
	document.WriteString(`</Attributes>`)

	b, root := newBuilder("", document.Bytes(), limits, "Attributes")
	b.inContext = true
	var attributes xacml.Attributes
	if root != nil {
		attributes = b.attributes(root)
	}
	if err := b.syntaxError(); err != nil {
		return xacml.Attributes{}, err
	}
	return attributes, nil
}
