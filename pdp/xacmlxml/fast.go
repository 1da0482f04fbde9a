package xacmlxml

import (
	"bytes"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// fastReader reads a policy in one pass over the document, straight into the
// model. It is for loading many policies, of the form that almost all have.
//
// INVARIANT: what it accepts, the strict reader accepts without a warning and
// makes the same of, position by position.
//
// It reports nothing. Whatever it does not know or is not plainly right makes it
// give up, and the strict reader reads the document from its start. Among that
// are CDATA sections, references in attributes, other namespaces, policy issuers,
// combiner parameters, quantified expressions, values with more than text, and
// identifiers that occur twice.
//
// Every byte is looked at: it is part of a name of the schema or of white space,
// or it is checked to be a character of XML where it is read.
type fastReader struct {
	limits Limits
	data   []byte // the document without its byte order mark
	failed bool   // it has given up

	at        int // the next byte
	line      int // of the next byte
	lineStart int // the first byte of that line

	depth, nodes, values int

	scope  *scope
	prefix string // of the last element, with its colon
	bound  bool   // the prefix stands for the namespace of XACML in scope

	names    names
	last     [kinds][maxAttributes]*name // the last values of attributes, likely to come again
	prefixes map[*scope]map[string]string

	rules       slab[policy.Rule]
	variables   slab[policy.VariableDefinition]
	targets     slab[policy.Target]
	anyOfs      slab[policy.AnyOf]
	allOfs      slab[policy.AllOf]
	matches     slab[policy.Match]
	designators slab[policy.Designator]
	literals    slab[policy.Literal]
	applies     slab[policy.Apply]
	obligations slab[policy.ObligationExpression]
	assignments slab[policy.AssignmentExpression]
}

// maxAttributes is how many attributes an element of the schema has at most.
const maxAttributes = 5

// readFast reads a document with a Policy or PolicySet as its root, or gives up.
// The limits must be filled.
func readFast(data []byte, limits Limits) (root policy.Child, ok bool) {
	if len(data) > limits.Document {
		return nil, false
	}
	const deepest = 1000 // for the sake of the stack
	limits.Depth = min(limits.Depth, deepest)
	r := &fastReader{limits: limits, data: bytes.TrimPrefix(data, []byte("\uFEFF")), line: 1, names: newNames()}
	var document, e fastElement
	if !r.declaration() || !r.outside() || r.byteAt(r.at) != '<' || !r.start(&document, &e) {
		return nil, false
	}
	if e.kind == policySetKind {
		root = r.policySet(&e)
	} else {
		root = r.policy(&e)
	}
	if r.failed || !r.outside() || r.at < len(r.data) || r.nodes > limits.Nodes || r.values > limits.Values {
		return nil, false
	}
	return root, true
}

// progress is how much of the document was read.
func (r *fastReader) progress() progress { return progress{r.at, len(r.data) - r.at} }

// giveUp leaves the document to the strict reader. It is false, which makes all
// that is being read end.
func (r *fastReader) giveUp() bool {
	r.failed = true
	return false
}
