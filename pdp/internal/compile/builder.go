package compile

import (
	"sync"

	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

// Policies are documents that were checked and compiled. They are immutable.
type Policies struct {
	Program *eval.Program
	// Model is the policy model of the same documents. It is nil unless it is
	// asked for or the policies are Issued.
	Model *Set
	// Issued tells that a policy has an issuer: the value of the documents is
	// then found by reduction, which the program knows nothing of.
	Issued bool

	options   *Options
	documents *documents
	instances instances
	root      *eval.PolicySet
}

// Count is how many documents there are, those for reference only included.
func (p *Policies) Count() int { return len(p.documents.order) }

// Builder makes policies of documents that come and go one by one.
type Builder struct {
	options *Options
	from    *Policies

	mu       sync.Mutex
	compiler *eval.Compiler
	changed  map[string]*unit // nil for what is removed
	appended []*unit
}

// NewBuilder makes a builder without documents.
func NewBuilder(o Options) *Builder {
	from := &Policies{
		options: &o, documents: newDocuments(),
		root: eval.NewRoot(o.Algorithms.ForPolicies(o.RootAlgorithm), o.Program),
	}
	return from.Edit()
}

// Edit makes a builder that has the documents of the policies.
func (p *Policies) Edit() *Builder {
	return &Builder{
		options: p.options, from: p, changed: make(map[string]*unit),
		compiler: eval.NewCompiler(p.Program, p.options.Functions, p.options.Algorithms, p.options.Program),
	}
}

// Set adds a document, or puts it in the place of the one of that name. The
// documents of a builder are in the order of their names. Set may be called
// by several goroutines at once.
func (b *Builder) Set(d policy.Document) {
	u := check(b.options, d)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compile(u)
	b.changed[d.Name] = u
}

// Remove takes the document of this name out, if it is there.
func (b *Builder) Remove(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed[name] = nil
}

// Append adds documents in the order given, whatever their names, to a builder
// without documents. It goes together with neither Set nor Remove.
func (b *Builder) Append(documents []policy.Document) {
	for _, d := range documents {
		u := check(b.options, d)
		b.compile(u)
		b.appended = append(b.appended, u)
	}
}

// compile makes the nodes of a document, unless it has an error, and lets go of
// its model.
func (b *Builder) compile(u *unit) {
	if u.model != nil && !u.broken() {
		u.outline.attach(b.compiler.Compile(u.root, eval.Checked{Paths: u.paths, Mapped: u.mapped}))
	}
	if !b.options.KeepModel && !b.options.Delegation {
		u.model = nil
	}
}

// Build links the documents and gives policies with all problems that there
// are. The policies are nil if a problem is more than a warning. If the options
// are lenient no problem of a document is: the document is then Indeterminate
// wherever it is evaluated. The builder must not be used afterwards.
func (b *Builder) Build() (*Policies, policy.Problems) {
	c := &checker{options: b.options}
	c.root()
	configured := len(c.problems.Errors()) == 0
	documents := b.from.documents.clone()
	changed := documents.change(b.changed)
	changed = append(changed, documents.append(b.appended)...)
	l := link(b.options, documents, c.problems)
	if len(l.invalid) > 0 && (!b.options.Lenient || !configured) {
		return nil, l.problems
	}
	p := &Policies{options: b.options, documents: documents, Issued: !documents.issued.empty(), instances: l.instantiate(b.from.instances)}
	p.root = l.root(b.from, p.instances, changed)
	p.Program = b.compiler.Program(p.root)
	if p.Issued || b.options.KeepModel {
		p.Model = l.set()
	}
	if b.options.Lenient {
		for i := range l.problems {
			l.problems[i].Warning = true
		}
	}
	return p, l.problems
}
