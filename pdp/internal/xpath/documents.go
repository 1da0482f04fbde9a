package xpath

import "github.com/beevik/etree"

// Documents is the documents of elements, each made when it is first needed. It
// is not safe for concurrent use.
type Documents map[*etree.Element]*Document

// Of is the document of the element, see [NewDocument].
func (ds Documents) Of(root *etree.Element) *Document {
	d := ds[root]
	if d == nil {
		d = NewDocument(root)
		ds[root] = d
	}
	return d
}
