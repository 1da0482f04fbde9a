package xacmlxml

import (
	"fmt"
	"io"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ReadContent reads a document that stands alone, as formats other than XML
// carry the Content of a category (§5.45), and gives its root. The document must
// be well-formed and within the limits as that of [ReadRequest]; no schema says
// what it holds. The error is an [*xacml.Error] with StatusSyntaxError that tells
// line and column in the document.
func ReadContent(data []byte, limits Limits) (*etree.Element, error) {
	root, f := parse(data, limits.filled())
	switch {
	case f == nil:
		return root.dom(), nil
	case f.Position == (policy.Position{}):
		return nil, xacml.SyntaxErrorf("%s", f.message)
	default:
		return nil, xacml.SyntaxErrorf("%s: %s", f.Position, f.message)
	}
}

// WriteContent writes the root of a Content (§5.45) as a document that
// [ReadContent] reads, without an XML declaration. It fails if the content holds
// what XML cannot, or what ReadContent refuses.
func WriteContent(w io.Writer, root *etree.Element) error {
	root = root.Copy()
	var p writer
	p.checkMarkup(root)
	document := etree.NewDocumentWithRoot(root)
	document.WriteSettings = canonical()
	data, err := document.WriteToBytes()
	if err != nil {
		p.fail("%w", err)
	}
	if _, f := parse(data, unlimited()); f != nil {
		p.fail("%s: %s", f.Position, f.message)
	}
	if p.err != nil {
		return fmt.Errorf("cannot write the content as XML: %w", p.err)
	}
	_, err = w.Write(data)
	return err
}
