package compile

import (
	"context"
	"maps"

	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
)

// Excerpt is those policies that may apply to a request, as the policy model.
type Excerpt struct {
	*Set
	// Documents is how many documents decide, and Possible how many of them may
	// apply.
	Documents, Possible int
	// Unavailable names documents whose model could not be had: they are not in
	// the Set.
	Unavailable []string
	// TooMany tells that more documents are needed than may be read: there is no
	// Set then.
	TooMany bool

	files map[policy.Child]string
}

// File is the name of the document of a child of a policy set where it is another
// one than that of the policy set, and empty otherwise.
func (x *Excerpt) File(c policy.Child) string { return x.files[c] }

// ExcerptFor makes the excerpt for a request. Where the model is not kept, read
// gives the document of a name again, which must have the content that it had; at
// most that many are read.
func (p *Policies) ExcerptFor(ctx context.Context, in eval.Input, read func(name string) (policy.Document, bool), most int) *Excerpt {
	numbers := p.documents.deciding()
	x := &Excerpt{Documents: len(numbers), files: make(map[policy.Child]string)}
	if !p.Issued { // any document may authorise an issued one
		numbers = eval.Candidates(ctx, p.Program, in)
	}
	x.Possible = len(numbers)
	x.Set = &Set{
		Root:       &policy.PolicySet{Algorithm: p.options.RootAlgorithm},
		Functions:  p.options.Functions,
		algorithms: p.options.Algorithms,
		references: make(map[*policy.Reference]policy.Child),
		paths:      make(map[*policy.Selector]*xpath.Expr),
		mapped:     make(map[*policy.Quantified]value.Type),
	}
	e := &excerptor{
		Excerpt: x, linker: link(p.options, p.documents, nil), read: read, left: most,
		models: make(map[*unit]*model), parts: make(map[*outline]policy.Child),
	}
	for _, n := range numbers {
		u := p.documents.units.at(n)
		child := policy.Child(e.invalid[u.name])
		if e.invalid[u.name] == nil {
			m := e.model(u)
			if m == nil {
				continue
			}
			child = m.root
		}
		x.files[child] = u.name
		x.Root.Children = append(x.Root.Children, child)
	}
	if e.left < 0 {
		x.Set, x.TooMany, x.Unavailable = nil, true, nil
	}
	return x
}

// excerptor makes an excerpt.
type excerptor struct {
	*Excerpt
	*linker
	read   func(name string) (policy.Document, bool)
	left   int // documents that may still be read
	models map[*unit]*model
	parts  map[*outline]policy.Child
}

// model gives the model of a valid document, and sees to those that it refers to;
// nil if it is not available.
func (e *excerptor) model(u *unit) *model {
	if m, known := e.models[u]; known {
		return m
	}
	m := u.model
	if m == nil {
		m = e.again(u)
	}
	e.models[u] = m
	if m == nil {
		return nil
	}
	maps.Copy(e.paths, m.paths)
	maps.Copy(e.mapped, m.mapped)
	u.outline.match(m.root, e.parts)
	for _, r := range u.references {
		to, instead := e.referent(r)
		switch {
		case instead != nil:
			e.references[e.parts[r].(*policy.Reference)] = instead
		case e.model(to.unit) != nil:
			referent := e.parts[to.outline]
			if to.unit != u {
				e.files[referent] = to.unit.name
			}
			e.references[e.parts[r].(*policy.Reference)] = referent
		}
	}
	return m
}

// again reads a document again.
func (e *excerptor) again(u *unit) *model {
	if e.left--; e.left < 0 {
		return nil
	}
	if e.read != nil {
		if d, ok := e.read(u.name); ok && d.Root != nil {
			d.Name, d.ReferenceOnly = u.name, u.referenceOnly
			if read := check(e.options, d); !read.broken() && read.outline.alike(u.outline) {
				return read.model
			}
		}
	}
	e.Unavailable = append(e.Unavailable, u.name)
	return nil
}

// alike tells that two outlines are of one document.
func (o *outline) alike(other *outline) bool {
	if o.kind != other.kind || o.id != other.id || o.version != other.version || o.line != other.line ||
		o.column != other.column || len(o.children) != len(other.children) || (o.reference == nil) != (other.reference == nil) {
		return false
	}
	for i := range o.children {
		if !o.children[i].alike(other.children[i]) {
			return false
		}
	}
	return true
}
