package compile

import (
	"cmp"
	"fmt"
	"sort"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// linker finds what documents have to do with each other. It looks into
// documents with problems, with references and with names that are there twice,
// and into no other.
type linker struct {
	*documents
	options  *Options
	problems policy.Problems
	// referents are what references mean; one that means nothing is missing.
	referents map[*outline]entry
	known     map[key][]entry // what was asked of the catalogue
	// invalid takes the place of documents with an error, by name.
	invalid map[string]*policy.Invalid
	// unreadable takes the place of what documents that hold no policy may
	// hold; nil if there are none.
	unreadable *policy.Invalid
}

// link gives all problems of the documents, in order.
func link(o *Options, d *documents, configured policy.Problems) *linker {
	l := &linker{documents: d, options: o, problems: configured, referents: make(map[*outline]entry), known: make(map[key][]entry)}
	l.duplicates()
	before := l.problems
	l.problems = make(policy.Problems, 0, l.flawed.len())
	l.resolveAll()
	own := l.problems
	l.problems = nil
	l.graph()
	l.problems = merged(merged(before, own), l.problems)
	l.judge()
	return l
}

// merged is Sort of a and then b, where one of them may be long and in order
// already: there may be a warning in each of very many documents.
func merged(a, b policy.Problems) policy.Problems {
	sortProblems(a)
	sortProblems(b)
	if len(a) == 0 {
		return b
	}
	out := make(policy.Problems, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		// As much of the longer one as comes before the other one's first.
		if len(a) > len(b) {
			n := sort.Search(len(a), func(i int) bool { return compareProblems(&a[i], &b[0]) > 0 })
			out, a = append(append(out, a[:n]...), b[0]), a[n:]
			b = b[1:]
		} else {
			n := sort.Search(len(b), func(i int) bool { return compareProblems(&b[i], &a[0]) >= 0 })
			out, b = append(append(out, b[:n]...), a[0]), b[n:]
			a = a[1:]
		}
	}
	return append(append(out, a...), b...)
}

func sortProblems(ps policy.Problems) {
	for i := 1; i < len(ps); i++ {
		if compareProblems(&ps[i-1], &ps[i]) > 0 {
			ps.Sort()
			return
		}
	}
}

// compareProblems is the order of problems: by file and place.
func compareProblems(a, b *policy.Problem) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

func (l *linker) errorf(file string, at policy.Position, reason policy.Reason, format string, args ...any) {
	l.problems = append(l.problems, policy.Problem{File: file, Position: at, Reason: reason, Message: fmt.Sprintf(format, args...)})
}

// judge finds what takes the place of each document with an error, with the
// status of its first one (§7.19).
func (l *linker) judge() {
	l.invalid = make(map[string]*policy.Invalid)
	for i := range l.problems {
		p := &l.problems[i]
		if p.Warning || l.invalid[p.File] != nil {
			continue
		}
		code := xacml.StatusProcessingError
		if p.Reason == policy.ReasonParse || p.Reason == policy.ReasonFeature || p.Reason == policy.ReasonXPath {
			code = xacml.StatusSyntaxError
		}
		l.invalid[p.File] = &policy.Invalid{Position: p.Position, Status: xacml.Status{Code: code, Message: "a policy is not valid: " + p.Error()}}
	}
	l.in(l.empty, func(n uint32) { l.unreadable = l.invalid[l.units.at(n).name] })
}
