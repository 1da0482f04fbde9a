package sql

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParameters(t *testing.T) {
	tests := []struct {
		query string
		want  []string
		bad   bool
	}{
		{query: "select 1"},
		{query: "SELECT :a, :b_2, :a;", want: []string{"a", "b_2"}},
		{query: "with x as (select :a) select * from x ; -- done", want: []string{"a"}},
		{query: "values (:a)", want: []string{"a"}},
		{query: "select ':a', \":b\", `:c`, [:d], :e -- :f\n, 'it''s :g', /* :h ' */ :i", want: []string{"e", "i"}},
		{query: "select :a::text", want: []string{"a"}},
		{query: "/* first */ select 1"},
		{query: "select a :b", want: []string{"b"}},
		{query: "select x'00', 1e3, :é", want: []string{"é"}},
		{query: "", bad: true},
		{query: " -- nothing", bad: true},
		{query: "select ?", bad: true},
		{query: "select ?1", bad: true},
		{query: "select @a", bad: true},
		{query: "select $a", bad: true},
		{query: "select 'a", bad: true},
		{query: "select /* a", bad: true},
		{query: "select [a", bad: true},
		{query: "select 1; select 2", bad: true},
		{query: "select 1;;", bad: true},
		{query: "insert into a values (1)", bad: true},
		{query: "pragma query_only = 0", bad: true},
		{query: "attach 'x' as y", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			got, err := parameters(tt.query)
			if tt.bad != (err != nil) {
				t.Fatalf("got error %v, want one: %t", err, tt.bad)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzParameters: the scan is total and ends.
func FuzzParameters(f *testing.F) {
	f.Add("select :a, ':b' /* :c */ -- :d\n, [e]")
	f.Add("select 'a")
	f.Fuzz(func(t *testing.T, query string) {
		names, err := parameters(query)
		for _, name := range names {
			if err == nil && word(name) != len(name) {
				t.Errorf("got the name %q", name)
			}
		}
	})
}
