package xpath

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
)

// flat is an element with n children.
func flat(t testing.TB, n int) *Document {
	t.Helper()
	return document(t, "<r>"+strings.Repeat("<a x='1'>2</a>", n)+"</r>")
}

// deep is elements that each have the next as only child.
func deep(n int) *Document {
	root := etree.NewElement("a")
	for range n - 1 {
		outer := etree.NewElement("a")
		outer.CreateAttr("x", "1")
		outer.CreateAttr("xmlns:p", "urn:p")
		outer.AddChild(root)
		root = outer
	}
	return NewDocument(root)
}

// TestBudget_Bombs evaluates what costs too much: each must fail soon.
func TestBudget_Bombs(t *testing.T) {
	long := document(t, "<a><b>"+strings.Repeat("x ", 1<<19)+"</b><b>1</b></a>")
	tests := []struct {
		name   string
		d      *Document
		source string
	}{
		{"cubic", flat(t, 400), "count(//*[count(//*[count(//*) > 0]) > 0])"},
		{"cubic without predicates", flat(t, 2000), "//*/preceding::*/following::*/preceding::*"},
		{"following", flat(t, 5000), "count(//*[following::*[following::*]])"},
		{"positions", flat(t, 2000), "//*[preceding::*[last()] = //*[last()]]"},
		{"preceding of a deep node", deep(20000), "count(//*[preceding::x])"},
		{"ancestors of a deep node", deep(20000), "//*[ancestor::*[x]]"},
		{"namespaces of a deep node", deep(20000), "//namespace::*"},
		{"lang of a deep node", deep(20000), "//*[lang('en')]"},
		{"descendants with positions", deep(20000), "//*/descendant::*[last()]"},
		{"arithmetic", flat(t, 5000), "//*[" + strings.Repeat("1+", 500) + "1 = 0]"},
		{"arguments", flat(t, 5000), "//*[concat(" + strings.Repeat("'',", 500) + "'') = '']"},
		{"concat", long, "concat(" + strings.Repeat(".,", 500) + ".)"},
		{"nested concat", long, strings.Repeat("concat(.,.,", 20) + "." + strings.Repeat(")", 20)},
		{"contains", long, strings.Repeat("contains(., 'y') or ", 100) + "1"},
		{"translate", long, "boolean(//*[" + strings.Repeat("translate(., 'x', 'y') = '' or ", 40) + "0])"},
		{"numbers", long, strings.Repeat("number(.) + ", 100) + "1"},
		{"comparisons", long, strings.Repeat("(. != concat(/*, '')) or ", 100) + "0"},
		{"union", flat(t, 5000), "//*[count(//* | //@* | //text()) = 0]"},
		{"id", flat(t, 5000), "//*[id(//@x)]"},
	}
	for _, test := range tests {
		x, err := Compile(test.source, bindings())
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_, err = x.Evaluate(test.d.Root(), nil)
		var over *BudgetError
		if !errors.As(err, &over) || over.Steps != DefaultSteps {
			t.Errorf("got error %v, want that of the budget, input: %s", err, test.name)
		}
		t.Log(test.name, time.Since(begin))
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("got %v, want well below a second, input: %s", took, test.name)
		}
	}
}

// TestBudget_Linear evaluates what must not cost more than a few steps a node.
func TestBudget_Linear(t *testing.T) {
	for _, source := range []string{
		"//a", "//a//a//a", "//*//*//*", "//a[@x = 1]", "count(//a[. = 2]) = count(//a)", "//a = //a", "//a != //a",
		"//a < //a", "(//a)[last()]", "//a | //a", "sum(//a)", "//a//text()",
	} {
		const n = 1000
		for name, d := range map[string]*Document{"flat": flat(t, n), "deep": deep(n)} {
			x, err := Compile(source, bindings())
			if err != nil {
				t.Fatal(err)
			}
			budget := NewBudget(25 * n)
			if _, err := x.Evaluate(d.Root(), budget); err != nil {
				t.Errorf("got error %v, want a result, input: %s, %s", err, source, name)
			}
		}
	}
}

// TestBudget_EndsAnywhere gives expressions every number of steps up to what
// they take: they fail with the error of the budget, or give their result.
func TestBudget_EndsAnywhere(t *testing.T) {
	for _, source := range []string{
		"//a[@x > 1]/preceding::a | //a[2]/following::node()", "concat(//a, //a[2], translate(//a[3], '1', '2'))",
		"//a[. = //a[2]] != //a", "//a < //a", "//a = 'x' or //a = 3", "count(//a) > sum(//a) - 1 * 2 div 3 mod 4",
		"substring-before(//a[2], substring-after(//a, '1'))", "substring(//a, count(//a), 1)", "normalize-space(//a) = string-length(//a)",
		"//a[contains(., '1') and starts-with(., '2')]", "id(//a)/ancestor::*[lang('en')]", "name(//a[last()]) = local-name(//a)",
		"-number(//a) + floor(//a[2]) + round(//a[3]) + ceiling(//a[4])", "(//a | //text())[position() < 3]/namespace::*", "boolean(//a) = not(//b)",
		"//processing-instruction() | //comment()", "/descendant-or-self::node()/@*/..",
	} {
		x, err := Compile(source, bindings())
		if err != nil {
			t.Fatal(err)
		}
		d := flat(t, 5)
		want, err := x.Evaluate(d.Root(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for steps := 0; ; steps++ {
			got, err := x.Evaluate(d.Root(), NewBudget(steps))
			if err == nil {
				if got.Text() != want.Text() {
					t.Errorf("got %s, want %s, input: %s with %d steps", show(got), show(want), source, steps)
				}
				break
			}
			if _, ok := errors.AsType[*BudgetError](err); !ok || steps > 10_000 {
				t.Fatalf("got error %v, want that of the budget, input: %s with %d steps", err, source, steps)
			}
		}
	}
}

func TestBudget_Shared(t *testing.T) {
	d := flat(t, 10)
	x, err := Compile("count(//a)", bindings())
	if err != nil {
		t.Fatal(err)
	}
	budget := NewBudget(1000)
	evaluations := 0
	for ; ; evaluations++ {
		left := budget.Left()
		if _, err = x.Evaluate(d.Root(), budget); err != nil {
			break
		}
		if budget.Left() >= left {
			t.Fatalf("got %d steps left after %d, want fewer", budget.Left(), left)
		}
	}
	if evaluations == 0 || evaluations > 100 {
		t.Errorf("got %d evaluations, want 1 to 100", evaluations)
	}
	if want := "the expression takes more than 1000 steps"; err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if budget.Left() != 0 {
		t.Errorf("got %d steps left, want 0", budget.Left())
	}
	if _, err := x.Evaluate(Node{}, nil); err == nil {
		t.Error("got no error, want one, input: no context node")
	}
}

func BenchmarkEvaluate(b *testing.B) {
	for _, n := range []int{10, 1000} {
		d := flat(b, n)
		for _, source := range []string{"/r/a[1]/text()", "//a[@x = '1']/text()", "count(//a)"} {
			x, err := Compile(source, bindings())
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("children=%d/%s", n, strings.ReplaceAll(source, "/", "|")), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := x.Evaluate(d.Root(), nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile("//p:record/p:patient[@id = '1']/p:name/text()", bindings()); err != nil {
			b.Fatal(err)
		}
	}
}
