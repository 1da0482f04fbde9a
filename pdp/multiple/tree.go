package multiple

import (
	"context"
	"fmt"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// Tree is a Hierarchy in memory: the children of each node, by the string form
// of their resource-id, so that the anyURI "a" and the string "a" are one node. A
// node that has no entry has no children. A node may have several parents, and
// even be below itself. A Tree must not change while it is in use.
type Tree map[string][]string

// Below implements Hierarchy: the nearest nodes first, those of one parent as
// the tree lists them. It fails if the name of a node is not a value of the data
// type of the resource, and when ctx ends.
func (t Tree) Below(ctx context.Context, scope Scope, resource value.Value, limit int) ([]value.Value, error) {
	var nodes []value.Value
	names := []string{resource.String()} // those that were reached; nodes are all but the first
	reached := map[string]bool{names[0]: true}
	for at := 0; at < len(names); at++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, child := range t[names[at]] {
			if reached[child] {
				continue
			}
			if len(nodes) >= limit {
				return nodes, nil
			}
			node, err := value.Parse(resource.Type(), child)
			if err != nil {
				return nil, fmt.Errorf("a node below %q: %w", names[at], err)
			}
			reached[child] = true
			names, nodes = append(names, child), append(nodes, node)
		}
		if scope == Children {
			break
		}
	}
	return nodes, nil
}
