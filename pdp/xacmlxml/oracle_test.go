package xacmlxml

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// fragments are what the mutations of the oracle test put into documents.
var fragments = []string{
	"<", ">", "/", "&", "'", "\"", "=", " ", "\n", "\r", "\r\n", "\t", "-", "--", "!", "?", ":", ";", "[", "]", "]]>",
	"<!--", "-->", "<!-- c -->", "<![CDATA[", "<![CDATA[x]]>", "<?xml version=\"1.0\"?>", "<?pi d?>", "<!DOCTYPE a>",
	"<!ELEMENT a>", "</a>", "<a/>", "<a>", "<b c='d'/>", "<p:b/>", "<:b/>", "<b:/>", "<p:q:r/>", "<1/>", "<-a/>", "<é/>",
	" a='1'", " a=\"1\"", "a='1'", " a=1", " a", " p:a='1'", " q:a='1'", " xmlns:p='u'", " xmlns:q='u'", " xmlns=''",
	" xmlns:p=''", " xmlns:xml='u'", " xmlns:xmlns='u'", " xmlns:q='http://www.w3.org/XML/1998/namespace'",
	" xmlns='http://www.w3.org/2000/xmlns/'", " xml:id='i'", " a='<'", " a='&lt;'", " a='x&#10;y'",
	"&lt;", "&amp", "&foo;", "&#65;", "&#x41;", "&#X41;", "&#0;", "&#xD800;", "&#xFFFE;", "&#x110000;", "&#;", "&#x;",
	"&#99999999999999999999;", "\x00", "\x01", "\x0B", "\x7F", "\xC2\x85", "\xEF\xBF\xBE", "\xEF\xBF\xBD", "\xFF", "\xC0\x80",
	"\xED\xA0\x80", "\xF0\x9F\x98\x80", "\xF4\x90\x80\x80", "\xEF\xBB\xBF", " encoding='UTF-8'", " encoding='latin1'",
	" standalone='yes'", "·", "\u0300",
}

// seeds are well-formed documents that the mutations start from.
var seeds = []string{
	`<a/>`,
	`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><a b="c" d='e'>t<f>g</f></a>`,
	"<?xml version='1.0' encoding='us-ascii'?>\r\n<a>\r\n<!-- c --><b/>&amp;<![CDATA[<x>]]></a>\r\n<!-- d -->\n",
	`<p:a xmlns:p="urn:p" xmlns="urn:d" p:x="1" x="2" xml:lang="en"><b xmlns=""><p:c/></b></p:a>`,
	`<a x="&lt;&#9;&#x41;'" y='"'>&gt;]]&gt;<b></b ><c / ></a>`,
	`<a x="&lt;&#9;&#x41;'" y='"'>&gt;]]&gt;<b></b ><c />é&#233;<?pi d?></a><!-- - -->`,
	`<q:a xmlns:q="urn:q" xmlns:p="urn:p"><p:b p:a="1" a="2" q:a="3">x<q:c xmlns:p="urn:q" p:a="1"/> y </p:b><d xmlns="urn:q"><e/></d></q:a>`,
}

// markup is where mutations hit most.
var markup = regexp.MustCompile(`[<>=/ "]`)

// mutate changes a document at one or two places.
func mutate(rng *rand.Rand, seed string) string {
	s := seed
	for range 1 + rng.IntN(2) {
		at := rng.IntN(len(s) + 1)
		end := min(len(s), at+rng.IntN(6))
		fragment := fragments[rng.IntN(len(fragments))]
		switch rng.IntN(5) {
		case 0: // delete
			s = s[:at] + s[end:]
		case 1: // replace
			s = s[:at] + fragment + s[end:]
		case 2: // insert
			s = s[:at] + fragment + s[at:]
		case 3: // insert where markup is
			if i := markup.FindAllStringIndex(s, -1); i != nil {
				at = i[rng.IntN(len(i))][rng.IntN(2)]
			}
			s = s[:at] + fragment + s[at:]
		case 4: // insert behind a tag
			if i := strings.Index(s[at:], ">"); i >= 0 {
				at += i + 1
			}
			s = s[:at] + fragment + s[at:]
		}
	}
	return s
}

// xmllintRefuses runs libxml2 on the documents, which it writes to the folder.
func xmllintRefuses(t *testing.T, folder string, documents []string) []bool {
	t.Helper()
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed: no oracle for well-formedness")
	}
	args := []string{"--noout", "--nonet"}
	for i, d := range documents {
		name := fmt.Sprintf("%d.xml", i)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(d), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	command := exec.Command(program, args...)
	command.Dir = folder
	output, _ := command.CombinedOutput() // fails if one document does
	aboutURI := regexp.MustCompile(`namespace error : xmlns(:[^ ]*)?: '`)
	refused := make([]bool, len(documents))
	for _, m := range regexp.MustCompile(`(?m)^(\d+)\.xml:\d+: (?:parser|namespace|encoding|I/O) error.*$`).FindAllSubmatch(output, -1) {
		// That a namespace name should be a URI is a remark: nothing is refused for it.
		if aboutURI.Match(m[0]) {
			continue
		}
		var i int
		if _, err := fmt.Sscan(string(m[1]), &i); err != nil {
			t.Fatal(err)
		}
		refused[i] = true
	}
	return refused
}

// oracleSize is how many documents an oracle is asked about: many with FORSETI_LONG=1.
func oracleSize(short, long int) int {
	if os.Getenv("FORSETI_LONG") != "" {
		return long
	}
	return short
}

// different makes documents that no earlier call with these seen made.
func different(seen map[uint64]bool, count int, make func() string) []string {
	var documents []string
	for len(documents) < count {
		document := make()
		h := fnv.New64a()
		_, _ = h.Write([]byte(document)) // never fails
		if !seen[h.Sum64()] {
			seen[h.Sum64()] = true
			documents = append(documents, document)
		}
	}
	return documents
}

// TestOracle_WellFormed checks that nothing is accepted that libxml2 refuses,
// and that almost nothing is refused that libxml2 accepts. FORSETI_LONG=1 makes
// it a million documents.
func TestOracle_WellFormed(t *testing.T) {
	const batch, shown = 500, 20
	documents := oracleSize(6000, 1_000_000)
	folder := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[uint64]bool{}
	accepted, doctypes, stricter := 0, 0, 0
	for range documents / batch {
		mutants := different(seen, batch, func() string { return mutate(rng, seeds[rng.IntN(len(seeds))]) })
		for i, refused := range xmllintRefuses(t, folder, mutants) {
			_, f := parse([]byte(mutants[i]), DefaultLimits())
			switch {
			case refused && f == nil:
				t.Errorf("got accepted, want refused as by xmllint: %q", mutants[i])
			case refused:
			case f == nil:
				accepted++
			case f.reason == policy.ReasonDoctype:
				doctypes++
			default:
				if stricter++; stricter <= shown {
					t.Logf("stricter than xmllint: %s: %s: %q", f.Position, f.message, mutants[i])
				}
			}
		}
	}
	t.Logf("%d documents: %d accepted; refused that xmllint accepts: %d for their DOCTYPE, %d others", documents, accepted, doctypes, stricter)
	if accepted < documents/50 {
		t.Errorf("got %d accepted documents, want more to compare: the mutations are too wild", accepted)
	}
}
