package multiple

import (
	"context"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// Scope is a value of the attribute scope: which nodes of a hierarchy a request
// is about (Multiple Decision profile, 2.1).
type Scope string

// The scopes. Each has the resource itself, too.
const (
	Immediate   Scope = "Immediate"   // the resource
	Children    Scope = "Children"    // and what is right below it
	Descendants Scope = "Descendants" // and all that is below it
)

// Hierarchy tells what is below a resource. It must be safe for concurrent use.
type Hierarchy interface {
	// Below gives the nodes of the scope, which is Children or Descendants,
	// without the resource itself, as values of its data type. The order is that of
	// the results. What is given twice counts once, and the resource itself does
	// not count, so that nodes may have several parents. So many nodes as limit
	// are too many, and no more need be given.
	//
	// An error makes the decision Indeterminate with processing-error. Its text
	// does not reach the caller.
	Below(ctx context.Context, scope Scope, resource value.Value, limit int) ([]value.Value, error)
}

// scope gives the values that take the place of the resource-id of a, the
// resource itself first. They are nil if a has no scope. For Immediate the only
// one is nil, because resource-id stays as it is.
func (s *splitter) scope(a *xacml.Attributes) ([]value.Value, *xacml.Error) {
	if a.Category != xacml.CategoryResource {
		return nil, nil
	}
	scopes, found := named(a.Attributes, xacml.AttributeScope)
	if !found {
		return nil, nil
	}
	if len(scopes) != 1 || scopes[0].Type() != value.TypeString {
		return nil, xacml.SyntaxErrorf("the scope of the resource must be one string")
	}
	switch scope := Scope(scopes[0].String()); scope {
	case Immediate:
		return []value.Value{nil}, nil
	case Children, Descendants:
		ids, _ := named(a.Attributes, xacml.AttributeResourceID)
		if len(ids) != 1 {
			return nil, xacml.SyntaxErrorf("the scope %q needs one value of resource-id, not %d", scope, len(ids))
		}
		return s.below(scope, ids[0])
	default:
		return nil, xacml.SyntaxErrorf("the scope of the resource must be %q, %q or %q", Immediate, Children, Descendants)
	}
}

// below gives the resource and what the hierarchy has below it, or more nodes
// than there may be parts.
func (s *splitter) below(scope Scope, resource value.Value) ([]value.Value, *xacml.Error) {
	if s.options.Hierarchy == nil {
		return nil, xacml.ProcessingErrorf("the scope %q is not supported: no hierarchy of resources is known", scope)
	}
	if s.ctx.Err() != nil {
		return nil, xacml.ProcessingErrorf("the call ended before the hierarchy of resources was asked")
	}
	nodes, failure := s.options.Hierarchy.Below(s.ctx, scope, resource, s.options.Limit)
	if failure != nil {
		return nil, xacml.ProcessingErrorf("the hierarchy of resources fails")
	}
	for _, node := range nodes {
		if node == nil || value.TypeID(node) != value.TypeID(resource) {
			return nil, xacml.ProcessingErrorf("the hierarchy of resources gives a node of another data type")
		}
	}
	resources := append([]value.Value{resource}, nodes...)
	if len(nodes) >= s.options.Limit {
		return resources, nil // what is not given any more may be different
	}
	given := make(map[string]bool, len(resources)) // all are of one type
	return slices.DeleteFunc(resources, func(v value.Value) bool {
		again := given[v.String()]
		given[v.String()] = true
		return again
	}), nil
}

// withResource is the attributes without the scope, and with another value of
// resource-id if there is one; issuer and IncludeInResult stay.
func withResource(attributes []xacml.Attribute, resource value.Value) []xacml.Attribute {
	out := make([]xacml.Attribute, 0, len(attributes))
	for _, a := range attributes {
		if a.ID == xacml.AttributeScope {
			continue
		}
		if a.ID == xacml.AttributeResourceID && resource != nil && len(a.Values) > 0 {
			a.Values = []value.Value{resource}
		}
		out = append(out, a)
	}
	return out
}
