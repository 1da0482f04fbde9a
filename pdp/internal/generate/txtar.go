package generate

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/beevik/etree"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Codec writes what a scenario holds in XML; xacmlxml has both functions.
type Codec struct {
	Policy  func(io.Writer, policy.Document) error
	Content func(io.Writer, *etree.Element) error
}

// Txtar is the case as a scenario in the format of pdp/testdata, without what
// comes out. The comment is its first line.
func Txtar(c *Case, comment string, codec Codec) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n", comment)
	for _, d := range c.Documents {
		var text bytes.Buffer
		if err := codec.Policy(&text, d); err != nil {
			return nil, fmt.Errorf("document %q: %w", d.Name, err)
		}
		// Scenarios leave the namespace out.
		xml := strings.Replace(text.String(), ` xmlns="`+xacml.Namespace+`"`, "", 1)
		fmt.Fprintf(&b, "-- %s --\n%s\n", d.Name, strings.TrimSpace(xml))
	}
	fmt.Fprintf(&b, "-- config --\nroot: %s\n-- case.request --\n", c.RootAlgorithm)
	if c.Request.ReturnPolicyIDList {
		b.WriteString("policies\n")
	}
	for _, attrs := range c.Request.Attributes {
		if err := requestLines(&b, attrs, codec); err != nil {
			return nil, err
		}
	}
	for _, f := range c.Found {
		fmt.Fprintf(&b, "? %s\n", attributeLine(f.Key.Category, f.Key.ID, f.Key.Issuer, false, f.Value))
	}
	for _, n := range c.Failing {
		fmt.Fprintf(&b, "! %s %s\n", n.Category, n.ID)
	}
	return b.Bytes(), nil
}

func requestLines(b *bytes.Buffer, attrs xacml.Attributes, codec Codec) error {
	if attrs.Content != nil {
		var text bytes.Buffer
		if err := codec.Content(&text, attrs.Content); err != nil {
			return fmt.Errorf("content of category %q: %w", attrs.Category, err)
		}
		fmt.Fprintf(b, "content %s = %s\n", attrs.Category, strings.TrimSpace(text.String()))
	}
	for _, a := range attrs.Attributes {
		for i, v := range a.Values {
			if i == 0 {
				fmt.Fprintln(b, attributeLine(attrs.Category, a.ID, a.Issuer, a.IncludeInResult, v))
				continue
			}
			fmt.Fprintf(b, "+ %s = %s\n", v.Type().ID(), lexical(v))
		}
	}
	return nil
}

func attributeLine(category, id, issuer string, include bool, v value.Value) string {
	line := fmt.Sprintf("%s %s %s", category, id, v.Type().ID())
	if include {
		line += "!"
	}
	if issuer != "" {
		line += "@" + issuer
	}
	return line + " = " + lexical(v)
}

// lexical is the value as scenarios write it: an XPath expression after its category.
func lexical(v value.Value) string {
	if x, ok := v.(value.XPathExpression); ok {
		return x.Category + " " + x.XPath
	}
	return value.Lexical(v)
}
