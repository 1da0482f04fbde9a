package pap

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

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
	return func(files []File) (Compiled, policy.Problems) {
		documents, problems := parse(files, limits, config.Lenient)
		if len(documents) == 0 && len(files) > 0 {
			return Compiled{}, problems
		}
		roots := len(documents)
		for i := range documents {
			if library != "" && strings.HasPrefix(documents[i].Name, library+"/") {
				documents[i].ReferenceOnly = true
				roots--
			}
		}
		if roots == 0 && len(files) > 0 {
			problems = append(problems, problem(library, policy.ReasonEmpty, "every policy is only there for references: none decides"))
		}
		broken := len(problems.Errors()) > 0
		compiled, found := pdp.New(config, documents)
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
		policies := 0
		for _, d := range documents {
			if d.Root != nil {
				policies += countPolicies(d.Root)
			}
		}
		return Compiled{PDP: compiled, Policies: policies}, problems
	}
}

// parse reads the documents, as many at a time as there are processors, and
// gives those that are in order. All problems of all files are found. Leniency
// gives documents without a policy for the others, and makes warnings of their problems.
func parse(files []File, limits xacmlxml.Limits, lenient bool) ([]policy.Document, policy.Problems) {
	type result struct {
		document policy.Document
		problems policy.Problems
	}
	results := make([]result, len(files))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				r := &results[i]
				r.document, r.problems = parseFile(files[i], limits)
			}
		})
	}
	workers.Wait()
	documents := make([]policy.Document, 0, len(files))
	var problems policy.Problems
	for i, r := range results {
		broken := len(r.problems.Errors()) > 0
		switch {
		case !broken:
			documents = append(documents, r.document)
		case lenient:
			documents = append(documents, policy.Document{Name: files[i].Name})
			for j := range r.problems {
				r.problems[j].Warning = true
			}
		}
		problems = append(problems, r.problems...)
	}
	return documents, problems
}

// parseFile reads one document. A panic becomes a problem of the file, since it
// would otherwise end the process.
func parseFile(file File, limits xacmlxml.Limits) (document policy.Document, problems policy.Problems) {
	defer func() {
		if r := recover(); r != nil {
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
