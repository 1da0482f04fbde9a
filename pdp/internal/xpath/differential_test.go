package xpath

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// oracleDocuments are what random expressions are evaluated over. No text has
// double quotes, exponents, or more digits than libxml2 writes.
func oracleDocuments() []string {
	return []string{
		sample,
		`<a><a n="1"><b n="2">x</b>y<b>2</b><!--c--></a><b xml:id="i"><a/><a n="3"><a>3</a></a></b>` +
			`<?go z?>t<a xml:id="j">i j</a><c>  7 </c></a>`,
		`<p:a xmlns:p="urn:p" xmlns="urn:d" p:n="5" n="6" xml:lang="no"><b>æøå</b><p:b xmlns:p="urn:q" p:n="7" n="-8.5">` +
			`<p:a xml:id="i" xml:lang="no-NO">x <![CDATA[<y> & ]]>z</p:a><a xmlns="">y</a></p:b><!-- one --><!-- two -->` +
			`<k>1</k><k n="2">.5</k>,<k/>,<p:k>-3</p:k><?go a?><?stop?></p:a>`,
		`<r xmlns:q="urn:q">` + strings.Repeat(`<q:a n="1"><b>k<k>4</k></b><b n="n"/>; <k>x</k></q:a><!--k-->`, 4) + `</r>`,
	}
}

// TestOracle evaluates random expressions, and has xmllint compare the results
// with its own. FORSETI_LONG=1 makes it many expressions.
func TestOracle(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed (package libxml2-utils), so there is nothing to compare with")
	}
	perDocument, rounds := 120, 1
	if os.Getenv("FORSETI_LONG") != "" {
		perDocument, rounds = 1500, 8
	}
	total, differences := 0, 0
	for round := range rounds {
		for i, xml := range oracleDocuments() {
			seed := uint64(100*round + i)
			g := &generator{Rand: rand.New(rand.NewPCG(seed, 2))}
			questions := ask(t, g, document(t, xml), perDocument)
			total += len(questions)
			file := filepath.Join(t.TempDir(), "document.xml")
			if err := os.WriteFile(file, []byte(xml), 0o600); err != nil {
				t.Fatal(err)
			}
			agreed := oracle{xmllint, file}.agrees(t, questions)
			for n, q := range questions {
				if !agreed[n] {
					differences++
					t.Errorf("xmllint does not agree\nexpression: %s\nwe say: %s\ndocument: %s\nseed: %d", q.source, q.want, xml, seed)
				}
			}
		}
	}
	t.Logf("%d expressions, %d differences", total, differences)
}

// question is an expression, and an expression over it with the string that it
// should give.
type question struct{ source, summary, want string }

// ask makes questions, with our answers.
func ask(t *testing.T, g *generator, d *Document, count int) []question {
	t.Helper()
	var questions []question
	for len(questions) < count {
		source := g.expression()
		x, err := Compile(source, bindings())
		if err != nil {
			t.Fatalf("got error %v, want a compiled expression, input: %s", err, source)
		}
		r, err := x.Evaluate(d.Root(), nil)
		if err != nil {
			continue // over the budget
		}
		q := question{source, "string(" + source + ")", r.Text()}
		if r.Type() == TypeNodeSet {
			q.summary, q.want = summarize(source), summary(r.Nodes())
		}
		if strings.Contains(q.want, `"`) {
			t.Fatalf("the answer has quotes: %s", q.want)
		}
		questions = append(questions, q)
	}
	return questions
}

// summarize is an expression for the number of nodes and what three of them are.
func summarize(source string) string {
	parts := []string{"count(" + source + ")"}
	for _, place := range []string{"1", "2", "last()"} {
		node := "(" + source + ")[" + place + "]"
		parts = append(parts, "'|'", "name("+node+")", "'|'", "string("+node+")", "'|'",
			"count("+node+"/preceding::node())", "'|'", "count("+node+"/ancestor::node())")
	}
	return "concat(" + strings.Join(parts, ", ") + ")"
}

// summary is what summarize gives.
func summary(nodes []Node) string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(len(nodes)))
	for _, place := range []int{0, 1, len(nodes) - 1} {
		if place < 0 || place >= len(nodes) {
			b.WriteString("|||0|0")
			continue
		}
		n := nodes[place]
		ancestors, owner := 0, n
		for at, ok := n.Parent(); ok; at, ok = at.Parent() {
			if ancestors == 0 && (n.Kind() == KindAttribute || n.Kind() == KindNamespace) {
				owner = at
			}
			ancestors++
		}
		preceding := 0
		for i := range n.doc.records {
			if r := n.doc.records[i]; r.end < owner.index && r.kind != KindAttribute {
				preceding++
			}
		}
		fmt.Fprintf(&b, "|%s|%s|%d|%d", n.qualified(), n.StringValue(), preceding, ancestors)
	}
	return b.String()
}

// oracle is xmllint with a document.
type oracle struct{ program, file string }

// batchBytes bounds the expression of one process: an argument has at most
// 128 KiB on Linux.
const batchBytes = 100_000

// agrees has xmllint evaluate all questions, many in a process, and tells those
// that it answers as we do.
func (o oracle) agrees(t *testing.T, questions []question) []bool {
	t.Helper()
	var agreed []bool
	var batch []string
	size := 0
	flush := func() {
		agreed = append(agreed, o.ask(t, batch)...)
		batch, size = nil, 0
	}
	for _, q := range questions {
		test := "number(" + withoutPrefixes(q.summary) + ` = "` + q.want + `")`
		if size += len(test) + 2; size > batchBytes {
			flush()
			size = len(test)
		}
		batch = append(batch, test)
	}
	flush()
	return agreed
}

// ask evaluates expressions that are 1 or 0 in one process, or in one each if
// xmllint reports an error.
func (o oracle) ask(t *testing.T, tests []string) []bool {
	t.Helper()
	command := exec.CommandContext(t.Context(), o.program, "--nocdata", "--xpath", "concat('', "+strings.Join(tests, ", ")+")", o.file)
	output, err := command.CombinedOutput()
	answers := strings.TrimSpace(string(output))
	if err != nil || len(answers) != len(tests) {
		if len(tests) == 1 {
			t.Logf("xmllint says: %.500s", answers)
			return []bool{false}
		}
		var all []bool
		for _, test := range tests {
			all = append(all, o.ask(t, []string{test})...)
		}
		return all
	}
	agreed := make([]bool, len(tests))
	for i, answer := range answers {
		agreed[i] = answer == '1'
	}
	return agreed
}

// withoutPrefixes replaces name tests with prefixes, which xmllint cannot be
// told the namespaces of, by predicates that come to the same.
func withoutPrefixes(source string) string {
	source = regexp.MustCompile(`::([pqd]):\*`).ReplaceAllString(source, `::*[namespace-uri() = 'urn:$1']`)
	return regexp.MustCompile(`::([pqd]):(\w+)`).ReplaceAllString(source, `::*[namespace-uri() = 'urn:$1' and local-name() = '$2']`)
}
