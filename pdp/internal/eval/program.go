package eval

import (
	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/index"
	"github.com/forseti-pdp/forseti/pdp/internal/symbol"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Program is a compiled set of policies with what its numbers stand for. It is
// immutable.
type Program struct {
	Attributes *Attributes
	// Strings are the literals of type string in normalization form C, which
	// string-equal compares (§7.1.1); URIs those of type anyURI as written.
	Strings, URIs *symbol.Table
	Functions     *function.Library
	// Root is the policy set of all documents (§7.17).
	Root *PolicySet
}

// Node is a compiled child of a policy set: a *Policy, *PolicySet, *Invalid or,
// before documents are linked, a *Reference.
type Node interface{ node() }

// base is what a policy and a policy set have in common.
type base struct {
	code      code // begins with its target
	parts     *parts
	duties    *duties
	algorithm *combine.Algorithm
	target    uint32 // the length of its target
	count     uint32 // of rules
}

// PolicySet is a compiled policy set (§5.14).
type PolicySet struct {
	base
	id, version string
	Children    []Node // in document order, but see Order
	// Order is the numbers of the children in document order, and Rank the place
	// in it of each; nil if Children is in document order itself. A number that
	// is not in Order stands for no child.
	Order, Rank []uint32
	// Index finds the children that may not be NotApplicable; nil if all are tried.
	Index *index.Index
	// edits counts what was changed since the index was built: after as many as
	// there are children another one may be better.
	edits int
	// anonymous is a policy set that no result names: the one over all documents.
	anonymous bool
	// indexFrom is how many children are worth an index.
	indexFrom int
}

// Policy is a compiled policy (§5.14). What each evaluation reads of it comes
// first, in one cache line. The code, which has the rules too, follows it in memory
// (see [layOut], [newPolicy]).
type Policy struct {
	base
	index       *index.Index // of many rules
	id, version string
}

// Invalid takes the place of what is not valid: it is Indeterminate (§7.19.1).
type Invalid struct{ Status xacml.Status }

// Reference stands for another policy until documents are linked (§7.15).
type Reference struct{ Source *policy.Reference }

func (*PolicySet) node() {}
func (*Policy) node()    {}
func (*Invalid) node()   {}
func (*Reference) node() {}

// parts is what only some policies have.
type parts struct {
	matches    []match // that are more than a comparison of symbols
	conditions []truth
	duties     []duties
	memos      int // values that are kept while the policy is evaluated
}
