package workload

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// Corpus is a workload of real policies and of requests made from their targets.
type Corpus struct {
	documents []policy.Document
	cases     []Case
}

// W6 reads the policies of Altinn in place: shared is the folder of third-party
// data. They have neither Deny rules nor conditions, and match strings only;
// what else it finds is an error, because the right decisions are found without.
func W6(shared string) (*Corpus, error) {
	names, err := filepath.Glob(filepath.Join(shared, "altinn", "corpus", "*.xml"))
	switch {
	case err != nil:
		return nil, err
	case len(names) == 0:
		return nil, fmt.Errorf("no policies in %s", filepath.Join(shared, "altinn", "corpus"))
	}
	w := &Corpus{}
	var policies []plainPolicy
	for _, name := range names {
		document, plain, err := readPlain(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		w.documents, policies = append(w.documents, document), append(policies, plain)
	}
	var rules []plainRule
	for _, p := range policies {
		rules = append(rules, p.rules...) // some policies have none
	}
	for i := range 1_024 {
		w.cases = append(w.cases, corpusCase(random(forCorpus, i), policies, rules))
	}
	return w, nil
}

// Name is W6.
func (w *Corpus) Name() string { return "W6" }

// Documents gives the policies.
func (w *Corpus) Documents() iter.Seq[policy.Document] { return slices.Values(w.documents) }

// Cases gives the requests.
func (w *Corpus) Cases() []Case { return w.cases }

// readPlain reads a policy. The platform knows a policy by its place, and many
// have the same PolicyId; here the name of the file is the PolicyId.
func readPlain(name string) (policy.Document, plainPolicy, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return policy.Document{}, plainPolicy{}, err
	}
	document, problems := xacmlxml.ReadPolicy(filepath.Base(name), data, xacmlxml.DefaultLimits())
	if found := problems.Errors(); len(found) > 0 {
		return policy.Document{}, plainPolicy{}, found
	}
	p, ok := document.Root.(*policy.Policy)
	if !ok {
		return policy.Document{}, plainPolicy{}, errors.New("not a Policy")
	}
	p.ID = "urn:file:" + strings.TrimSuffix(document.Name, ".xml")
	plain, err := newPlainPolicy(p)
	return document, plain, err
}

// corpusCase makes a request that meets one of the rules of the policies. In four of
// ten one of its values is then changed: to one that some other rule asks for, or
// to one that none does.
func corpusCase(r *rand.Rand, policies []plainPolicy, rules []plainRule) Case {
	q := make(plainRequest)
	q.meet(r, rules[r.IntN(len(rules))])
	switch change := r.IntN(10); {
	case change < 2:
		other := make(plainRequest)
		other.meet(r, rules[r.IntN(len(rules))])
		for _, key := range other.keys() {
			if _, has := q[key]; has && key.ID != xacml.AttributeActionID {
				q[key] = other[key]
				break
			}
		}
	case change < 4:
		keys := q.keys()
		q[keys[r.IntN(len(keys))]] = []string{"nothing"}
	}
	c := Case{Request: q.xacml(), Expected: xacml.NotApplicable}
	for _, p := range policies {
		if p.applies(q) {
			c.Expected = xacml.Permit
			c.Levels = append(c.Levels, p.levels...)
		}
	}
	return c
}
