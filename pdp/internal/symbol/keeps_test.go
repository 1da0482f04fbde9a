package symbol

import (
	"fmt"
	"runtime"
	"testing"
	"weak"
)

// A table keeps none of those alive that it was extended from, or a program whose
// policies change would grow with every change.
func TestExtend_LetsGoOfEarlierTables(t *testing.T) {
	var table *Table
	var first weak.Pointer[Table]
	for i := range 50 {
		b := Extend(table)
		b.Intern(fmt.Sprint("literal ", i))
		table = b.Table()
		if i == 10 {
			first = weak.Make(table)
		}
	}
	runtime.GC()
	if first.Value() != nil {
		t.Error("an earlier table is still alive")
	}
	if got := table.Lookup("literal 3"); got != 4 {
		t.Errorf("got symbol %d, want 4", got)
	}
}
