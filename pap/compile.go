package pap

import (
	"context"
	"iter"
	"path"
	"runtime/debug"
	"strings"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// CompileXACML compiles files that hold a Policy or PolicySet in XML (§5.1,
// §5.14), one each. Those below the sub-folder library, if it is not empty,
// decide only where another policy refers to them. If config is lenient, a file
// that is broken is Indeterminate instead, see pdp.Config.
func CompileXACML(config pdp.Config, limits xacmlxml.Limits, library string) Compile {
	if config.ReadAttributes == nil {
		config.ReadAttributes = func(category, content string) (xacml.Attributes, error) {
			return xacmlxml.ReadAttributes(category, content, limits)
		}
	}
	if library != "" {
		library = path.Clean(library) // no name begins with "./library" or "library//"
	}
	return func(base *pdp.PDP) Candidate {
		c := &xacmlCandidate{limits: limits, library: library, lenient: config.Lenient, onPanic: config.OnPanic}
		if base != nil {
			c.builder = base.Edit()
		} else {
			c.builder = pdp.NewBuilder(config)
		}
		return c
	}
}

// xacmlCandidate is a Candidate of XACML in XML.
type xacmlCandidate struct {
	limits  xacmlxml.Limits
	library string
	lenient bool
	onPanic func(context.Context, pdp.Panic) // may be nil
	builder *pdp.Builder
}

// Set implements Candidate. Leniency gives a document without a policy for one
// that is broken, and makes warnings of its problems.
func (c *xacmlCandidate) Set(file File) Outcome {
	document, problems := parse(file, c.limits, c.onPanic)
	o := Outcome{Decides: c.library == "" || !strings.HasPrefix(file.Name, c.library+"/"), Problems: problems}
	if o.broken() {
		if !c.lenient {
			return o
		}
		document = policy.Document{Name: file.Name}
		for i := range problems {
			problems[i].Warning = true
		}
	}
	if document.Root != nil {
		o.Policies = countPolicies(document.Root)
	}
	document.ReferenceOnly = !o.Decides
	c.builder.Set(document)
	return o
}

// Remove implements Candidate.
func (c *xacmlCandidate) Remove(name string) { c.builder.Remove(name) }

// Build implements Candidate. All problems of all files are found.
func (c *xacmlCandidate) Build(outcomes iter.Seq[Outcome]) (Compiled, policy.Problems) {
	var files, documents, roots, policies int
	var problems policy.Problems
	for o := range outcomes {
		files++
		problems = append(problems, o.Problems...)
		if o.broken() {
			continue
		}
		documents++
		policies += o.Policies
		if o.Decides {
			roots++
		}
	}
	if documents == 0 && files > 0 {
		return Compiled{}, problems
	}
	// A file that is broken might be one that decides.
	if roots == 0 && files > 0 && documents == files {
		problems = append(problems, problem(c.library, policy.ReasonEmpty, "every policy is only there for references: none decides"))
	}
	broken := len(problems.Errors()) > 0
	compiled, found := c.builder.Build()
	if compiled != nil && compiled.Documents() != documents { // one that is missing may be the one that denies
		found = append(found, problem(".", policy.ReasonParse, "policies cannot be compiled: internal fault: %d files gave %d documents", documents, compiled.Documents()))
		compiled = nil
	}
	for _, p := range found {
		// What cannot be resolved may be in a file that cannot be parsed.
		if broken && p.Reason == policy.ReasonUnresolved {
			continue
		}
		problems = append(problems, p)
	}
	if broken {
		return Compiled{}, problems
	}
	return Compiled{PDP: compiled, Policies: policies, Read: reader(c.limits)}, problems
}

// reader gives documents again. It keeps nothing of a candidate alive.
func reader(limits xacmlxml.Limits) func(File) (policy.Document, bool) {
	return func(file File) (policy.Document, bool) {
		document, problems := parse(file, limits, nil)
		return document, len(problems.Errors()) == 0
	}
}

// parse reads one document. A panic becomes a problem of the file, since it
// would otherwise end the process.
func parse(file File, limits xacmlxml.Limits, tell func(context.Context, pdp.Panic)) (document policy.Document, problems policy.Problems) {
	defer func() {
		if r := recover(); r != nil {
			if tell != nil {
				tell(context.Background(), pdp.Panic{Recovered: r, Stack: debug.Stack()})
			}
			problems = policy.Problems{problem(file.Name, policy.ReasonParse, "file cannot be parsed: internal fault: %v", r)}
		}
	}()
	return xacmlxml.ReadPolicy(file.Name, file.Data, limits)
}

// countPolicies counts the Policy elements in a document.
func countPolicies(c policy.Child) int {
	switch c := c.(type) {
	case *policy.Policy:
		return 1
	case *policy.PolicySet:
		n := 0
		for _, child := range c.Children {
			n += countPolicies(child)
		}
		return n
	default: // a *policy.Reference
		return 0
	}
}
