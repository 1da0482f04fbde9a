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
			got, err := scan(tt.query, dialectSQLite)
			if tt.bad != (err != nil) {
				t.Fatalf("got error %v, want one: %t", err, tt.bad)
			}
			if diff := cmp.Diff(tt.want, got.parameters()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNumbered(t *testing.T) {
	tests := []struct{ query, want string }{
		{"select 1", "select 1"},
		{"select :a, :b, :a;", "select $1, $2, $1;"},
		{"select :a::text, :b ::int, x::int[]", "select $1::text, $2 ::int, x::int[]"},
		{"select ':a', \":a\", 'it''s :a', e'it\\'s :a', E'\\\\', :a", "select ':a', \":a\", 'it''s :a', e'it\\'s :a', E'\\\\', $1"},
		{"select $$ :a $$, $q$ :a $$ :b $q$, :a", "select $$ :a $$, $q$ :a $$ :b $q$, $1"},
		{"select /* :a /* :a */ :a */ :b -- :a\r, :a", "select /* :a /* :a */ :a */ $2 -- :a\r, $1"},
		{"select a[:a], b[1:2], c[x: y]", "select a[$1], b[1:2], c[x: y]"},
		{"select f(x := :a), d ? 'k', e @> :b, @ -1, a$b", "select f(x := $1), d ? 'k', e @> $2, @ -1, a$b"},
		{"select namee':a' || :b", "select namee':a' || $2"},
	}
	for _, tt := range tests {
		got, err := scan(tt.query, dialectPostgres)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got.numbered([]string{"a", "b"})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.query, diff)
		}
	}
	for _, query := range []string{"select $1", "select $$ a", "select $q$ a $$", "select e'a\\'", "select /* /* */", "select 1; select 2", "table a", "listen a"} {
		if got, err := scan(query, dialectPostgres); err == nil {
			t.Errorf("%s: got %q, want an error", query, got)
		}
	}
}

// FuzzParameters: the scan is total, ends, and loses nothing.
func FuzzParameters(f *testing.F) {
	f.Add("select :a, ':b' /* :c */ -- :d\n, [e]")
	f.Add("select 'a")
	f.Add("select $a$ :b $a$, e'\\':c', :d::text")
	f.Fuzz(func(t *testing.T, query string) {
		for _, d := range []dialect{dialectSQLite, dialectPostgres} {
			got, err := scan(query, d)
			if err != nil {
				continue
			}
			again := got.pieces[0]
			for i, name := range got.names {
				if d.word(name) != len(name) {
					t.Errorf("got the name %q", name)
				}
				again += ":" + name + got.pieces[i+1]
			}
			if again != query {
				t.Errorf("got %q, want %q", again, query)
			}
		}
	})
}
