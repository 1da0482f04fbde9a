package xacmlxml

import (
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// plain uses all that the fast reader knows.
const plain = "\uFEFF" + `<?xml version="1.0" encoding="utf-8" standalone='yes' ?>
<!-- before -->
<x:PolicySet xmlns:x="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" xmlns:m='urn:m' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17
    xacml.xsd" PolicySetId="urn:set" Version="1.2" PolicyCombiningAlgId="urn:alg">
 <x:Description>a &lt;set&gt; &#233;t ]] &amp;
  more</x:Description>
 <x:PolicySetDefaults><x:XPathVersion> http://www.w3.org/TR/1999/REC-xpath-19991116 </x:XPathVersion></x:PolicySetDefaults>
 <x:Target >
  <x:AnyOf><!-- either --><x:AllOf><x:Match MatchId="urn:m1"><x:AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string"> a  "b" </x:AttributeValue><x:AttributeDesignator
    Category="urn:c" AttributeId="urn:a" DataType="http://www.w3.org/2001/XMLSchema#string" Issuer="it's me, é" MustBePresent="1"/></x:Match></x:AllOf>
   <x:AllOf>
    <x:Match MatchId="urn:m1"><x:AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">blåbær</x:AttributeValue><x:AttributeSelector Category="urn:c" Path="//m:a[@b='c']" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"></x:AttributeSelector></x:Match>
    <x:Match MatchId='urn:m2'><x:AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string"/><x:AttributeDesignator MustBePresent="false" Issuer='say "me"' AttributeId="urn:a" Category="urn:c" DataType="http://www.w3.org/2001/XMLSchema#string"/></x:Match>
   </x:AllOf></x:AnyOf>
 </x:Target>
 <x:PolicySet PolicySetId="urn:inner" Version="1" PolicyCombiningAlgId="urn:alg"><x:Target/></x:PolicySet>
 <x:PolicyIdReference Version="1.*" EarliestVersion="1" LatestVersion="2.+"> urn:ref </x:PolicyIdReference>
 <Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="urn:p" Version="1.0" RuleCombiningAlgId="urn:ralg">
  <Description>policy</Description>
  <PolicyDefaults><XPathVersion>urn:xpath</XPathVersion></PolicyDefaults>
  <Target/>
  <VariableDefinition VariableId="v"><Apply FunctionId="urn:f"><Description/><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#double">NaN</AttributeValue></Apply></VariableDefinition>
  <VariableDefinition VariableId="r 1"><VariableReference VariableId="v"/></VariableDefinition>
  <Rule RuleId="r 1" Effect="Permit">
   <Description>rule</Description>
   <Target><AnyOf><AllOf><Match MatchId="urn:m1"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#date">2026-02-28Z</AttributeValue><AttributeDesignator Category="urn:c" AttributeId="urn:a" DataType="http://www.w3.org/2001/XMLSchema#date" MustBePresent="true"/></Match></AllOf></AnyOf></Target>
   <Condition>
    <Apply FunctionId="urn:f"><Description>apply</Description>
     <Function FunctionId="urn:g"/>
     <y:AttributeSelector xmlns:n="urn:n" xmlns:y="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" Category="urn:c" ContextSelectorId="urn:x" Path="m:a/n:b" DataType="http://www.w3.org/2001/XMLSchema#date" MustBePresent="false"/>
     <Apply FunctionId="urn:f"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer"> -7 </AttributeValue><AttributeSelector Category="urn:c" Path="m:a" DataType="http://www.w3.org/2001/XMLSchema#date" MustBePresent="true"/></Apply>
     <Apply FunctionId="urn:e"/>
    </Apply>
   </Condition>
   <ObligationExpressions>
    <ObligationExpression ObligationId="urn:o" FulfillOn="Deny">
     <AttributeAssignmentExpression AttributeId="urn:oa" Category="urn:oc" Issuer="you"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#boolean">1</AttributeValue></AttributeAssignmentExpression>
     <AttributeAssignmentExpression AttributeId="urn:oa"><VariableReference VariableId="v" /></AttributeAssignmentExpression>
    </ObligationExpression>
    <ObligationExpression ObligationId="urn:o" FulfillOn="Permit"/>
   </ObligationExpressions>
   <AdviceExpressions><AdviceExpression AdviceId="urn:ad" AppliesTo="Permit"></AdviceExpression></AdviceExpressions>
  </Rule>
  <Rule RuleId="r 2" Effect="Deny"/>
  <Rule RuleId="v" Effect="Permit"><Condition><VariableReference VariableId="v"/></Condition></Rule>
  <ObligationExpressions><ObligationExpression ObligationId="urn:o" FulfillOn="Permit"/></ObligationExpressions>
  <AdviceExpressions><AdviceExpression AdviceId="urn:ad" AppliesTo="Deny"/></AdviceExpressions>
 </Policy>
 <x:PolicySetIdReference>urn:setref</x:PolicySetIdReference>
 <x:ObligationExpressions><x:ObligationExpression ObligationId="urn:so" FulfillOn="Permit"/></x:ObligationExpressions>
 <x:AdviceExpressions><x:AdviceExpression AdviceId="urn:sa" AppliesTo="Deny"/></x:AdviceExpressions>
</x:PolicySet>
<!-- after -->
`

// checkFast checks the invariant of the fast reader, and reports whether it
// accepts the document.
func checkFast(t testing.TB, data []byte, limits Limits) bool {
	t.Helper()
	root, ok := readFast(data, limits.filled())
	if !ok {
		return false
	}
	document, problems := readStrictly("d", data, limits)
	if len(problems) > 0 {
		t.Errorf("got accepted, want problems as by the strict reader:\n%v\n%s", problems, data)
	} else if !reflect.DeepEqual(document.Root, root) {
		if diff := cmp.Diff(document.Root, root, cmp.Comparer(sameInEveryPart)); diff != "" { // else there is a NaN
			t.Errorf("another policy (-strict +fast):\n%s\n%s", diff, data)
		}
	}
	return true
}

func TestFast_KnowsWhatPoliciesUse(t *testing.T) {
	var app strings.Builder
	if err := WritePolicy(&app, appPolicy()); err != nil {
		t.Fatal(err)
	}
	for name, document := range map[string]string{
		"everything plain": plain,
		"CR LF":            strings.ReplaceAll(plain, "\n", "\r\n"),
		"tabs":             strings.ReplaceAll(plain, "\n ", "\n\t"),
		"generated":        app.String(),
		"small":            inPolicy(""),
	} {
		if !checkFast(t, []byte(document), Limits{}) {
			t.Errorf("%s: got given up, want read:\n%s", name, document)
		}
	}
}

// What the fast reader reads does not share memory with the document.
func TestFast_KeepsNoDocument(t *testing.T) {
	data := []byte(plain)
	root, ok := readFast(data, DefaultLimits())
	clear(data)
	want, _ := readStrictly("d", []byte(plain), Limits{})
	if diff := cmp.Diff(want.Root, root, cmp.Comparer(sameInEveryPart)); !ok || diff != "" {
		t.Errorf("another policy after the document was overwritten (-want +got):\n%s", diff)
	}
}

// Where the strict reader warns or refuses, the fast one gives up, and so where it
// cannot know.
func TestFast_GivesUp(t *testing.T) {
	const rule = `<Rule RuleId="r" Effect="Permit"/>`
	tests := map[string]string{
		"nothing":              "",
		"no root":              "<!-- -->",
		"a request":            fullRequest,
		"every element":        everything,
		"a RuleId twice":       inPolicy(rule + rule),
		"a VariableId twice":   inPolicy(strings.Repeat(`<VariableDefinition VariableId="v"><Function FunctionId="f"/></VariableDefinition>`, 2)),
		"text":                 inPolicy("x"),
		"CDATA":                inPolicy("<![CDATA[ ]]>"),
		"reference":            inPolicy("&#32;"),
		"comment":              inPolicy("<!-- -- -->"),
		"instruction":          inPolicy("<?p?>"),
		"DOCTYPE":              "<!DOCTYPE Policy>" + inPolicy(""),
		"two roots":            inPolicy("") + inPolicy(""),
		"text after the root":  inPolicy("") + "x",
		"quantified":           inCondition(`<ForAny VariableId="v"><Function FunctionId="f"/><Function FunctionId="f"/></ForAny>`),
		"unknown data type":    inCondition(`<AttributeValue DataType="urn:t"/>`),
		"no value":             inCondition(`<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer"/>`),
		"element in a value":   inCondition(`<AttributeValue` + stringType + `><a/></AttributeValue>`),
		"comment in a value":   inCondition(`<AttributeValue` + stringType + `>a<!-- -->b</AttributeValue>`),
		"reference in a name":  inPolicy(`<Rule RuleId="&#114;" Effect="Permit"/>` + rule),
		"white space in empty": inCondition(`<Function FunctionId="f"> </Function>`),
		"no condition":         inPolicy(`<Rule RuleId="r" Effect="Permit"><Condition></Condition></Rule>`),
		"two conditions":       inPolicy(`<Rule RuleId="r" Effect="Permit"><Condition/><Condition/></Rule>`),
		"order":                inPolicy(`<Rule RuleId="r" Effect="Permit"><Target/><Description/></Rule>`),
		"declared twice":       inPolicy(`<Rule xmlns:a="u" xmlns:a="u" RuleId="r" Effect="Permit"/>`),
		"not a hint":           inPolicy(`<Rule xmlns:a="u" a:schemaLocation="l" RuleId="r" Effect="Permit"/>`),
		"another namespace":    inPolicy(`<Rule xmlns="u" RuleId="r" Effect="Permit"/>`),
		"prefix out of scope":  inPolicySet(`<y:Policy xmlns:y="` + xacml.Namespace + `" PolicyId="p" Version="1" RuleCombiningAlgId="a"><y:Target/></y:Policy><y:PolicyIdReference>a</y:PolicyIdReference>`),
	}
	for name, document := range tests {
		if checkFast(t, []byte(document), Limits{}) {
			t.Errorf("%s: got read, want given up:\n%s", name, document)
		}
	}
}

// Limits hold as they do for the strict reader, except that the longest text is
// found a little sooner, before references are resolved.
func TestFast_Limits(t *testing.T) {
	document := []byte(plain)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Limits]()) {
		limit := func(n int) (limits Limits) {
			reflect.ValueOf(&limits).Elem().FieldByIndex(field.Index).SetInt(int64(n))
			return limits
		}
		strict := 1 + sort.Search(len(document), func(n int) bool {
			_, problems := readStrictly("d", document, limit(n+1))
			return len(problems) == 0
		})
		fast := 1 + sort.Search(len(document), func(n int) bool {
			return checkFast(t, document, limit(n+1))
		})
		if fast < strict || fast > strict && field.Name != "Text" || fast > len(document) {
			t.Errorf("%s: got the document read with %d at least, want %d", field.Name, fast, strict)
		}
	}
}

// scenarioForms are the short forms in the scenarios of package pdp that are easy
// to write out.
var scenarioForms = []struct {
	form *regexp.Regexp
	long string
}{
	{regexp.MustCompile(`<on>([^<]*)</on>`), `<Target><AnyOf><AllOf><if>$1</if></AllOf></AnyOf></Target>`},
	{regexp.MustCompile(`<if>(\S+) (\S+) = ([^<]*)</if>`), `<Match MatchId="f"><string>$3</string><get>$1 $2 string</get></Match>`},
	{
		regexp.MustCompile(`<(?:get|must)>(\S+) (\S+) ([^@<]+)</(?:get|must)>`),
		`<AttributeDesignator Category="$1" AttributeId="$2" DataType="http://www.w3.org/2001/XMLSchema#$3" MustBePresent="false"/>`,
	},
	{regexp.MustCompile(`<(string|boolean|integer|double|time|date|dateTime|anyURI)>`), `<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#$1">`},
	{regexp.MustCompile(`</(string|boolean|integer|double|time|date|dateTime|anyURI)>`), `</AttributeValue>`},
	{regexp.MustCompile(`^<(Policy|PolicySet) `), `<$1 xmlns="` + xacml.Namespace + `" `},
}

// localPolicies are the policies of this repository's tests.
func localPolicies(t *testing.T) (documents []string) {
	t.Helper()
	documents = append(documents, plain, everything, string(readFile(t, filepath.Join("testdata", "every.xml"))))
	parts := regexp.MustCompile(`(?m)^-- (.*) --$`)
	for _, name := range glob(t, 50, "..", "testdata", "*.txtar") {
		archive := string(readFile(t, name))
		heads := parts.FindAllStringSubmatchIndex(archive, -1)
		for i, h := range heads {
			end := len(archive)
			if i+1 < len(heads) {
				end = heads[i+1][0]
			}
			if !strings.HasSuffix(archive[h[2]:h[3]], ".xml") {
				continue
			}
			document := strings.TrimLeft(archive[h[1]:end], "\n")
			for _, f := range scenarioForms {
				document = f.form.ReplaceAllString(document, f.long)
			}
			documents = append(documents, document)
		}
	}
	return documents
}

// sharedPolicies are the policies of third parties.
func sharedPolicies(t *testing.T) (documents []string) {
	t.Helper()
	shared := sharedFolder(t)
	files := append(glob(t, 182, shared, "altinn", "corpus", "*.xml"), glob(t, 566, shared, "conformance", "oasis-ct", "*", "policies", "*.xml")...)
	for _, name := range files {
		documents = append(documents, string(readFile(t, name)))
	}
	return documents
}

// checkShare checks the documents, and that the fast reader reads most of those in
// which the strict reader finds no problem.
func checkShare(t *testing.T, documents []string, percent int) {
	t.Helper()
	read, good := 0, 0
	for _, document := range documents {
		_, problems := readStrictly("d", []byte(document), Limits{})
		if len(problems) == 0 {
			good++
		}
		if checkFast(t, []byte(document), Limits{}) {
			read++
		}
	}
	t.Logf("read %d of %d documents without problems", read, good)
	if 100*read < percent*good {
		t.Errorf("got %d of %d documents read, want %d %% at least", read, good, percent)
	}
}

func TestFast_Scenarios(t *testing.T) { checkShare(t, localPolicies(t), 80) }

func TestFast_Corpora(t *testing.T) { checkShare(t, sharedPolicies(t), 95) }

// checkMutants checks documents that are changed at random, in their bytes or in
// their elements and attributes.
func checkMutants(t *testing.T, seeds []string, count int) {
	t.Helper()
	const largest = 8 << 10 // to try many rather than large ones
	rng := rand.New(rand.NewPCG(5, 6))
	accepted := 0
	for range count {
		seed := seeds[rng.IntN(len(seeds))]
		for len(seed) > largest {
			seed = seeds[rng.IntN(len(seeds))]
		}
		mutant := mutate(rng, seed)
		if rng.IntN(4) == 0 {
			// What is not well-formed stays as it is.
			if restructured, err := restructure(rng, seed); err == nil {
				mutant = restructured
			}
		}
		if checkFast(t, []byte(mutant), Limits{}) {
			accepted++
		}
	}
	t.Logf("%d mutants, %d accepted", count, accepted)
	if accepted < count/50 {
		t.Errorf("got %d of %d mutants accepted, want more to compare", accepted, count)
	}
}

// The strict reader is the oracle of the fast one. FORSETI_LONG=1 makes it half a
// million documents in both tests together.
func TestOracle_FastReader(t *testing.T) {
	checkMutants(t, localPolicies(t), oracleSize(5000, 250_000))
}

func TestOracle_FastReaderOnCorpora(t *testing.T) {
	checkMutants(t, sharedPolicies(t), oracleSize(3000, 250_000))
}

// The table of the fast reader has all that the schema asks for.
func TestFast_TableIsComplete(t *testing.T) {
	for k, decl := range fastDecls {
		if len(decl.attributes) > maxAttributes {
			t.Errorf("%s: got %d attributes, want %d at most", kindNames[k], len(decl.attributes), maxAttributes)
		}
		taken := map[slot]string{}
		for _, a := range decl.attributes {
			if other, is := taken[a.slot]; is {
				t.Errorf("%s: got one place for %s and %s, want two", kindNames[k], a.head, other)
			}
			taken[a.slot] = a.head
		}
		full := schema[kindNames[k]]
		if kind(k) != documentKind && reflect.DeepEqual(full, elementDecl{}) {
			t.Errorf("%s: got no declaration in the schema, want one", kindNames[k])
		}
		for _, a := range full.attributes {
			if _, known := slotsByName[a.local]; !known && !a.optional {
				t.Errorf("%s: got no place for the attribute %s, want one", kindNames[k], a.local)
			}
		}
		if kind(k) != documentKind && len(full.content.particles) > 0 && len(decl.children) == 0 {
			t.Errorf("%s: got no children, want some", kindNames[k])
		}
		for _, p := range full.content.particles {
			if p.min > 1 || p.max > 1 {
				t.Errorf("%s: got %s from %d to %d times, want none, one or any number", kindNames[k], p, p.min, p.max)
			}
		}
	}
}
