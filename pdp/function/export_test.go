package function

import (
	"slices"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// The tables, for the test that evaluates them as policies.

// Row is a row of the tables.
type Row = row

// RowArgument is an argument of a row.
type RowArgument = argument

// Content is the Content of the resource of all rows, and of the category "c".
const Content = document

// Rows are the rows of all tables, those of the identifiers of 1.0 that stand
// for functions of 3.0, and for each function one of its rows with each of its
// arguments failing in turn (A.3).
func Rows(t *testing.T, lib *Library) []Row {
	t.Helper()
	rows := slices.Concat(allRows(t)...)
	for _, r := range rows {
		if name, old := renamed(lookup(t, lib, r.id)); old {
			rows = append(rows, row{"1.0:" + name, r.args, r.want})
		}
	}
	failed := map[string]bool{}
	for _, r := range rows {
		if fn := lookup(t, lib, r.id); fn.Lazy == nil && r.args != "" && !failed[r.id] && strings.Contains(r.want, ":") {
			failed[r.id] = true
			rows = append(rows, r.failing(t, lib)...)
		}
	}
	return rows
}

// failing is the row with each argument but a function failing.
func (r row) failing(t *testing.T, lib *Library) []row {
	t.Helper()
	var rows []row
	literals := strings.Split(r.args, ", ")
	for i, a := range arguments(t, lib, r.args) {
		if a.function != nil {
			continue
		}
		changed := slices.Clone(literals)
		changed[i], _, _ = strings.Cut(literals[i], ":")
		changed[i] = "fails " + changed[i]
		rows = append(rows, row{r.id, strings.Join(changed, ", "), status(failure(i))})
	}
	return rows
}

// Function is what the row calls.
func (r row) Function(t *testing.T, lib *Library) *Function {
	t.Helper()
	return lookup(t, lib, r.id)
}

// Arguments is what the row calls it with.
func (r row) Arguments(t *testing.T, lib *Library) []RowArgument {
	t.Helper()
	return arguments(t, lib, r.args)
}

// Result is what the row gives; nil if it fails, with this status: the last
// part of a status code, or which argument failed.
func (r row) Result(t *testing.T) (d value.Datum, status string) {
	t.Helper()
	if !strings.Contains(r.want, ":") {
		return nil, r.want
	}
	return datum(t, r.want), ""
}

func (r row) String() string { return r.id + "(" + r.args + ") = " + r.want }

// Function is the function that the argument names, or nil.
func (a argument) Function() *Function { return a.function }

// Datum is the argument; nil if it fails.
func (a argument) Datum() value.Datum { return a.datum }

// Kind is the kind of the argument.
func (a argument) Kind() value.Kind { return a.kind }

// Failure names the failing argument in the status of its row.
func (a argument) Failure() string { return status(a.err) }

// Show is a datum as rows write it.
func Show(d value.Datum) string { return show(d) }
