package xacmlxml

import (
	"hash/maphash"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// name is a text that occurs in a document, most likely again and again: the
// value of an attribute, or a value of data type string. It is not part of the
// memory of the document, and is as the document writes it.
type name struct {
	text   string
	hash   uint64
	types  uint16      // a bit for each simple type that it is known to be of
	quoted bool        // it holds a quotation mark
	typ    value.Type  // that it identifies, if that was asked for
	value  value.Value // as a string, if that was asked for
	// The Policy where it was a RuleId last, and the one where it was a VariableId.
	ruleOf, variableOf *policy.Policy
}

// names are the names of one document, in a hash table with open addressing.
type names struct {
	seed  maphash.Seed
	table []*name // its length is a power of two
	count int
	slab  slab[name]
}

func newNames() names { return names{seed: maphash.MakeSeed(), table: make([]*name, 128)} }

// of is the name with this text, or nil if it cannot stand in an attribute value
// as it is.
func (n *names) of(text []byte) *name {
	hash := maphash.Bytes(n.seed, text)
	mask := uint64(len(n.table) - 1)
	at := hash & mask
	for ; n.table[at] != nil; at = (at + 1) & mask {
		if known := n.table[at]; known.hash == hash && known.text == string(text) {
			return known
		}
	}
	return n.add(text, hash, at)
}

// add puts a name where the table has place for it.
func (n *names) add(text []byte, hash, at uint64) *name {
	var classes byteClass
	for _, b := range text {
		classes |= byteClasses[b]
	}
	if classes&notInNames != 0 || classes&beyondASCII != 0 && checkChars(text) != nil {
		return nil
	}
	types := uint16(1 << anyString)
	if len(text) > 0 && classes&(spaceOrDelete|beyondASCII) == 0 {
		types |= 1<<identifier | 1<<anyURI
	}
	if n.count++; 2*n.count > len(n.table) {
		n.grow()
		mask := uint64(len(n.table) - 1)
		for at = hash & mask; n.table[at] != nil; at = (at + 1) & mask {
		}
	}
	added := n.slab.one(progress{done: 1, left: 2}) // soon most names are known
	added.text, added.hash, added.types, added.quoted = string(text), hash, types, classes&quotationMark != 0
	n.table[at] = added
	return added
}

// byteClass is what matters of a byte of a name.
type byteClass uint8

const (
	notInNames    byteClass = 1 << iota // control characters, among them line ends, and markup
	quotationMark                       // of either kind
	spaceOrDelete
	beyondASCII
)

var byteClasses = func() (classes [256]byteClass) {
	for b := range classes {
		switch {
		case b < ' ', b == '<', b == '&':
			classes[b] = notInNames
		case b == '"', b == '\'':
			classes[b] = quotationMark
		case b == ' ', b == 0x7F:
			classes[b] = spaceOrDelete
		case b >= utf8.RuneSelf:
			classes[b] = beyondASCII
		}
	}
	return classes
}()

func (n *names) grow() {
	old := n.table
	n.table = make([]*name, 2*len(old))
	mask := uint64(len(n.table) - 1)
	for _, known := range old {
		if known == nil {
			continue
		}
		at := known.hash & mask
		for n.table[at] != nil {
			at = (at + 1) & mask
		}
		n.table[at] = known
	}
}

// is reports whether the name is of a simple type, and stays as it is when its
// white space is treated as that type wants it.
func (n *name) is(t simpleType) bool {
	if n.types&(1<<t) != 0 {
		return true
	}
	if t.check(n.text) != "" || t != identifier && collapse(n.text) != n.text {
		return false
	}
	n.types |= 1 << t
	return true
}

// dataType is the data type that the name identifies.
func (n *name) dataType() value.Type {
	if n.typ == value.TypeUnknown {
		n.typ, _ = value.TypeByID(n.text)
	}
	return n.typ
}

// string is the name as a value of that data type.
func (n *name) string() value.Value {
	if n.value == nil {
		n.value = value.String(n.text)
	}
	return n.value
}
