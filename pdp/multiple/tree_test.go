package multiple

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

func TestTree_Below(t *testing.T) {
	for _, tt := range []struct {
		tree     Tree
		scope    Scope
		resource value.Value
		limit    int
		want     string
	}{
		{family(), Children, value.String("root"), 9, "a b"},
		{family(), Descendants, value.String("root"), 9, "a b a1 c b1"},
		{family(), Descendants, value.AnyURI("b"), 9, "c b1 a a1"},
		{family(), Descendants, value.String("root"), 3, "a b a1"},
		{family(), Children, value.String("root"), 1, "a"},
		{family(), Descendants, value.String("root"), 0, ""},
		{family(), Descendants, value.String("a1"), 9, ""},
		{nil, Descendants, value.String("root"), 9, ""},
		{Tree{"x": {"x"}}, Descendants, value.String("x"), 9, ""},
		{Tree{"x": {"y", "y"}, "y": {"x"}}, Descendants, value.String("x"), 9, "y"},
	} {
		nodes, err := tt.tree.Below(t.Context(), tt.scope, tt.resource, tt.limit)
		var got []string
		for _, n := range nodes {
			got = append(got, n.String())
			if n.Type() != tt.resource.Type() {
				t.Errorf("got a node of type %s, want %s", n.Type(), tt.resource.Type())
			}
		}
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("got %q and %v, want %q; %s of %v, limit %d", got, err, tt.want, tt.scope, tt.resource, tt.limit)
		}
	}
}

func TestTree_Fails(t *testing.T) {
	if nodes, err := (Tree{"1": {"2", "x"}}).Below(t.Context(), Children, value.NewInteger(1), 9); err == nil || nodes != nil {
		t.Errorf("got %v and %v, want an error: x is no integer", nodes, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if nodes, err := family().Below(ctx, Children, value.String("root"), 9); !errors.Is(err, context.Canceled) || nodes != nil {
		t.Errorf("got %v and %v, want context.Canceled", nodes, err)
	}
}

// Neither depth nor width costs more than the limit.
func TestTree_IsBounded(t *testing.T) {
	deep := Tree{}
	for i := range 100_000 {
		deep[fmt.Sprint(i)] = []string{fmt.Sprint(i + 1), "0"}
	}
	for _, limit := range []int{1000, 200_000} {
		nodes, err := deep.Below(t.Context(), Descendants, value.String("0"), limit)
		if want := min(limit, 100_000); err != nil || len(nodes) != want {
			t.Errorf("got %d nodes and %v, want %d", len(nodes), err, want)
		}
	}
}
