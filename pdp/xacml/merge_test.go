package xacml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// §7.19.3: what is missing goes before other errors, each attribute once.
func TestS7_19_MergeErrors(t *testing.T) {
	missing := func(ids ...string) *Error {
		e := MissingAttributeError(AttributeKey{ID: ids[0]})
		for _, id := range ids[1:] {
			e.Status.Missing = append(e.Status.Missing, MissingAttribute{AttributeKey: AttributeKey{ID: id}})
		}
		return e
	}
	first, second := ProcessingErrorf("first"), SyntaxErrorf("second")
	for _, tt := range []struct {
		causes  []*Error
		message string
		missing string
	}{
		{nil, "<nil>", ""},
		{[]*Error{nil, nil}, "<nil>", ""},
		{[]*Error{first, second}, "first", ""},
		{[]*Error{nil, second, first}, "second", ""},
		{[]*Error{missing("a")}, "a", "a"},
		{[]*Error{first, missing("a"), second}, "a", "a"},
		{[]*Error{missing("a"), missing("b")}, "a", "a b"},
		{[]*Error{missing("a"), missing("a"), first, missing("b", "c"), missing("a")}, "a", "a b c"},
		{[]*Error{missing("b", "a"), nil, missing("a", "c")}, "b", "b a c"},
	} {
		got := MergeErrors(tt.causes...)
		text, ids := "<nil>", []string{}
		if got != nil {
			text = got.Error()
			for _, m := range got.Status.Missing {
				ids = append(ids, m.ID)
			}
		}
		if len(ids) > 0 {
			tt.message = fmt.Sprintf("attribute %q of category %q is missing", tt.message, "")
		}
		if text != tt.message || strings.Join(ids, " ") != tt.missing {
			t.Errorf("got %q, missing %q; want %q, missing %q; causes %v", text, ids, tt.message, tt.missing, tt.causes)
		}
	}
}

// Causes are shared between evaluations: merging must not change them.
func TestS7_19_MergeErrorsLeavesTheCauses(t *testing.T) {
	a, b := MissingAttributeError(AttributeKey{ID: "a"}), MissingAttributeError(AttributeKey{ID: "b"})
	c := MissingAttributeError(AttributeKey{ID: "c"})
	if ab, ac := MergeErrors(a, b), MergeErrors(a, c); len(ab.Status.Missing) != 2 || len(ac.Status.Missing) != 2 {
		t.Errorf("got %v and %v, want two missing attributes each", ab.Status.Missing, ac.Status.Missing)
	}
	if len(a.Status.Missing) != 1 || len(b.Status.Missing) != 1 {
		t.Errorf("got %v and %v, want one missing attribute each", a.Status.Missing, b.Status.Missing)
	}
}

// An attribute is another one by data type and by issuer (§7.3.4).
func TestS7_19_MergeErrorsByWholeKey(t *testing.T) {
	var causes []*Error
	for _, key := range []AttributeKey{{ID: "a"}, {ID: "a", Issuer: "me"}, {ID: "a", Type: value.TypeString}, {ID: "a", Category: "c"}, {ID: "a"}} {
		causes = append(causes, MissingAttributeError(key))
	}
	if got := MergeErrors(causes...); len(got.Status.Missing) != 4 {
		t.Errorf("got %v, want 4 attributes", got.Status.Missing)
	}
}

func TestError_Text(t *testing.T) {
	if got := (&Error{Status{Code: StatusSyntaxError}}).Error(); got != StatusSyntaxError {
		t.Errorf("got %q, want the code where there is no message", got)
	}
}
