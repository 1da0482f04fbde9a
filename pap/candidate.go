package pap

import (
	"iter"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

// Compile begins a candidate with the policies of a PDP that the same Compile
// made, or without any if that is nil.
type Compile func(base *pdp.PDP) Candidate

// Candidate makes a PDP of policy files that come one by one, so that a file
// that did not change is neither read nor compiled again, and the text of a
// file is not kept.
type Candidate interface {
	// Set takes a file, in the place of the one of that name. Several goroutines
	// may call it at once. It must not keep the data, which is overwritten
	// afterwards. The same file always has to give the same outcome. A file
	// whose outcome is broken is not part of the candidate: the one that it
	// replaces was removed before.
	Set(file File) Outcome
	// Remove takes out the file of that name, if it is there.
	Remove(name string)
	// Build makes the PDP. The outcomes are those of all files of the candidate
	// and of those that are broken, in the order of their names, whether they
	// were set in this candidate or an earlier one. The problems hold everything
	// that is wrong, and warnings; the PDP is nil if one is an error. Nothing is
	// asked of the candidate afterwards.
	Build(outcomes iter.Seq[Outcome]) (Compiled, policy.Problems)
}

// Outcome is what became of one file.
type Outcome struct {
	// Policies is the number of Policy elements in it.
	Policies int
	// Decides tells that it is a child of the root; otherwise it is there for
	// references only.
	Decides bool
	// Problems are those of the file by itself.
	Problems policy.Problems
}

// broken tells that no policy set can hold the file.
func (o Outcome) broken() bool { return len(o.Problems.Errors()) > 0 }

// Compiled is a PDP with what is told about it.
type Compiled struct {
	PDP      *pdp.PDP
	Policies int // the number of Policy elements
	// Read gives the document of a file that Set took before, and whether it could.
	// Nil: documents cannot be had again.
	Read func(file File) (document policy.Document, ok bool)
}
