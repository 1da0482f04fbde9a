package xacmlxml

// Limits bound what a document may cost. A field that is zero or negative
// stands for its default.
type Limits struct {
	Document       int // bytes of the document; 16 MiB
	Depth          int // elements inside each other; 64
	Nodes          int // elements, comments and pieces of text of the document; 500,000
	Attributes     int // attributes of one element, namespace declarations included; 64
	AttributeValue int // bytes of one attribute value; 64 KiB
	Text           int // bytes of the text of one element, without that of its children; 1 MiB
	Name           int // bytes of one element or attribute name; 1 KiB
	Namespaces     int // namespace declarations on the way from the root to an element; 64
	Values         int // attribute values of a request or response; 100,000
	Problems       int // problems reported for one document; 100
}

// DefaultLimits are the limits that the zero Limits stand for.
func DefaultLimits() Limits {
	return Limits{
		Document:       16 << 20,
		Depth:          64,
		Nodes:          500_000,
		Attributes:     64,
		AttributeValue: 64 << 10,
		Text:           1 << 20,
		Name:           1 << 10,
		Namespaces:     64,
		Values:         100_000,
		Problems:       100,
	}
}

// filled is l with the defaults in place of what is not set.
func (l Limits) filled() Limits {
	d := DefaultLimits()
	or := func(n, byDefault int) int {
		if n > 0 {
			return n
		}
		return byDefault
	}
	return Limits{
		Document:       or(l.Document, d.Document),
		Depth:          or(l.Depth, d.Depth),
		Nodes:          or(l.Nodes, d.Nodes),
		Attributes:     or(l.Attributes, d.Attributes),
		AttributeValue: or(l.AttributeValue, d.AttributeValue),
		Text:           or(l.Text, d.Text),
		Name:           or(l.Name, d.Name),
		Namespaces:     or(l.Namespaces, d.Namespaces),
		Values:         or(l.Values, d.Values),
		Problems:       or(l.Problems, d.Problems),
	}
}
