package xacmljson

import "github.com/forseti-pdp/forseti/pdp/xacmlxml"

// Limits bound what a document may cost. A field that is zero or negative
// stands for its default.
type Limits struct {
	Document int // bytes of the document; 16 MiB
	Depth    int // objects and arrays inside each other; 64
	Nodes    int // JSON values of the document; 500,000
	Members  int // members of one object; 64
	String   int // bytes of one string or number, but not of Content; 1 MiB
	Values   int // attribute values of a request or response; 100,000
	// Content bounds the XML document in each Content.
	Content xacmlxml.Limits
}

// DefaultLimits are the limits that the zero Limits stand for.
func DefaultLimits() Limits {
	return Limits{
		Document: 16 << 20,
		Depth:    64,
		Nodes:    500_000,
		Members:  64,
		String:   1 << 20,
		Values:   100_000,
		Content:  xacmlxml.DefaultLimits(),
	}
}

// filled is l with the defaults in place of what is not set; the codec of XML
// fills those of Content.
func (l Limits) filled() Limits {
	d := DefaultLimits()
	or := func(n, byDefault int) int {
		if n > 0 {
			return n
		}
		return byDefault
	}
	return Limits{
		Document: or(l.Document, d.Document),
		Depth:    or(l.Depth, d.Depth),
		Nodes:    or(l.Nodes, d.Nodes),
		Members:  or(l.Members, d.Members),
		String:   or(l.String, d.String),
		Values:   or(l.Values, d.Values),
		Content:  l.Content,
	}
}
