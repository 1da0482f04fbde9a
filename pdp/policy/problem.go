package policy

import (
	"fmt"
	"sort"
	"strings"
)

// Position is a place in a document: line and column count from 1, the column
// in bytes. The zero Position is unknown.
type Position struct {
	Line, Column int
}

// Place is the position itself; it makes every node that embeds a Position
// tell where it is.
func (p Position) Place() Position { return p }

// String is line:column.
func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// Reason is the closed list of why policies are refused. It labels metrics.
type Reason string

// The reasons.
const (
	ReasonParse      Reason = "parse"      // not well-formed, or not a policy by the schema
	ReasonDoctype    Reason = "doctype"    // a DOCTYPE or processing instruction
	ReasonDepth      Reason = "depth"      // nested too deeply
	ReasonSize       Reason = "size"       // too large, or too many
	ReasonDuplicate  Reason = "duplicate"  // an id used twice
	ReasonCycle      Reason = "cycle"      // references or variables in a circle
	ReasonUnresolved Reason = "unresolved" // a reference without a referent
	ReasonType       Reason = "type"       // unknown or ill-typed function, data type or algorithm
	ReasonRegex      Reason = "regex"      // a regular expression that cannot be used
	ReasonXPath      Reason = "xpath"      // an XPath expression that cannot be used
	ReasonIO         Reason = "io"         // a file that cannot be read
	ReasonEmpty      Reason = "empty"      // no policy at all
	ReasonForbidden  Reason = "forbidden"  // allowed by the standard, but not by the configuration
	ReasonFeature    Reason = "feature"    // an optional feature that is not supported
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		ReasonParse, ReasonDoctype, ReasonDepth, ReasonSize, ReasonDuplicate, ReasonCycle,
		ReasonUnresolved, ReasonType, ReasonRegex, ReasonXPath, ReasonIO, ReasonEmpty, ReasonForbidden,
		ReasonFeature,
	}
}

// Problem is one thing that is wrong with a policy document.
type Problem struct {
	File string // the name of the document
	Position
	// Path leads to the place by ids, such as `Policy "a" / Rule "b" / Condition`.
	Path    string
	Reason  Reason
	Message string
	// Warning tells that the policy is accepted all the same.
	Warning bool
}

// Error is file:line:column: path: message.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path)
		b.WriteString(": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Problems is everything that is wrong with a set of policy documents. As an
// error it is never empty.
type Problems []Problem

// Error is one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Errors is the problems that refuse the policies, without the warnings.
func (ps Problems) Errors() Problems {
	var out Problems
	for _, p := range ps {
		if !p.Warning {
			out = append(out, p)
		}
	}
	return out
}

// Sort orders the problems by file and place.
func (ps Problems) Sort() {
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i], ps[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}
