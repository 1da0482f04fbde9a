package claims

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/token"
	"github.com/forseti-pdp/forseti/token/jwks"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is the time of the tests, at which tokens have five minutes left.
var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// verified gives the claims of a token that says this: claims that nobody signed
// cannot be made.
func verified(t testing.TB, claims map[string]any) token.Claims {
	t.Helper()
	key := tokentest.NewKey("k", "ES256")
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, tokentest.Set(key), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := token.New(token.Config{
		Issuers: []token.Issuer{{
			Name: "https://issuer.test", Audiences: []string{"forseti"}, Algorithms: []string{"ES256"}, Keys: jwks.Config{File: file},
		}},
		Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close() //nolint:errcheck // it has no error
	all := map[string]any{"iss": "https://issuer.test", "aud": "forseti", "exp": now.Add(5 * time.Minute).Unix()}
	maps.Copy(all, claims)
	made, err := v.Verify(t.Context(), key.Sign(all))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// saying gives the claims of a token that says what the JSON object says.
func saying(t testing.TB, text string) token.Claims {
	t.Helper()
	var claims map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &claims); err != nil {
		t.Fatalf("%v, input: %s", err, text)
	}
	all := make(map[string]any)
	for name, v := range claims {
		all[name] = v
	}
	return verified(t, all)
}

// mapping makes the mapping of a configuration.
func mapping(t testing.TB, cfg Config) *Mapping {
	t.Helper()
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// attributesOf gives the texts of each attribute; it fails on an id that is there twice.
func attributesOf(r Result) map[string][]string {
	all := make(map[string][]string)
	for _, a := range r.Attributes {
		for _, v := range a.Values {
			all[a.ID] = append(all[a.ID], v.String())
		}
	}
	return all
}

// reasonOf is the reason of an error; empty for none.
func reasonOf(t testing.TB, err error) Reason {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got the error %v, want an *Error", err)
	}
	return e.Reason
}

// TestAltinnSubjects has a token of each type of subject that the platform knows.
func TestAltinnSubjects(t *testing.T) {
	m := mapping(t, altinnProfile())
	const uuid = "a1b2c3d4-0000-1111-2222-333344445555"
	tests := []struct {
		name, claims, wantType string
		want                   map[string][]string
		level                  int // -1 for none
	}{
		{
			"user", `{"urn:altinn:userid":1337,"urn:altinn:username":"x","urn:altinn:partyid":50001337,"urn:altinn:authlevel":3,"sid":"s","scope":"altinn:portal/enduser openid"}`, "user",
			map[string][]string{"urn:altinn:userid": {"1337"}, "urn:altinn:authlevel": {"3"}, "urn:altinn:sessionid": {"s"}, "urn:scope": {"altinn:portal/enduser", "openid"}},
			3,
		},
		{
			"user of ID-porten", `{"urn:altinn:userid":"1337","acr":"idporten-loa-high"}`, "user",
			map[string][]string{"urn:altinn:userid": {"1337"}, "urn:altinn:authlevel": {"4"}},
			4,
		},
		{
			"user with an unknown acr", `{"urn:altinn:userid":"1337","acr":"idporten-loa-higher"}`, "user",
			map[string][]string{"urn:altinn:userid": {"1337"}},
			-1,
		},
		{
			"the level of the platform before acr", `{"urn:altinn:userid":"1337","acr":"idporten-loa-high","urn:altinn:authlevel":"1"}`, "user",
			map[string][]string{"urn:altinn:userid": {"1337"}, "urn:altinn:authlevel": {"1"}},
			1,
		},
		{
			"person before user id", `{"urn:altinn:userid":1337,"urn:altinn:person:uuid":"` + uuid + `"}`, "user",
			map[string][]string{"urn:altinn:person:uuid": {uuid}},
			-1,
		},
		{"party", `{"urn:altinn:partyid":50001337}`, "user", map[string][]string{"urn:altinn:partyid": {"50001337"}}, -1},
		{
			"self-identified user", `{"urn:altinn:userid":7,"urn:altinn:username":"someone","urn:altinn:authlevel":0}`, "self-identified-user",
			map[string][]string{"urn:altinn:userid": {"7"}, "urn:altinn:authlevel": {"0"}},
			0,
		},
		{
			"level 0 without a name", `{"urn:altinn:userid":7,"urn:altinn:authlevel":0}`, "user",
			map[string][]string{"urn:altinn:userid": {"7"}, "urn:altinn:authlevel": {"0"}},
			0,
		},
		{
			"organisation of Maskinporten", `{"consumer":{"authority":"iso6523-actorid-upis","ID":"0192:991825827"},"scope":"a:b","urn:altinn:authlevel":3}`, "organisation",
			map[string][]string{"urn:altinn:organization:identifier-no": {"991825827"}, "urn:scope": {"a:b"}, "urn:altinn:authlevel": {"3"}},
			3,
		},
		{
			"organisation of the platform", `{"urn:altinn:orgNumber":"991825827"}`, "organisation",
			map[string][]string{"urn:altinn:organization:identifier-no": {"991825827"}},
			-1,
		},
		{
			"service owner", `{"urn:altinn:org":"ttd","urn:altinn:orgNumber":405003309,"scope":"x altinn:serviceowner y"}`, "service-owner",
			map[string][]string{"urn:altinn:org": {"ttd"}, "urn:altinn:organization:identifier-no": {"405003309"}, "urn:scope": {"x", "altinn:serviceowner", "y"}},
			-1,
		},
		{
			"part of a scope", `{"urn:altinn:org":"ttd","urn:altinn:orgNumber":"405003309","scope":"altinn:serviceowner/instances.read"}`, "organisation",
			map[string][]string{"urn:altinn:organization:identifier-no": {"405003309"}, "urn:scope": {"altinn:serviceowner/instances.read"}},
			-1,
		},
		{
			"system user, as Maskinporten writes it", `{"authorization_details":[{"type":"urn:altinn:systemuser","systemuser_id":["` + uuid + `"],"system_id":"x","systemuser_org":{"authority":"iso6523-actorid-upis","ID":"0192:1"}}],"consumer":{"authority":"iso6523-actorid-upis","ID":"0192:991825827"},"scope":"a","jti":"j"}`, "system-user",
			map[string][]string{"urn:altinn:systemuser:uuid": {uuid}},
			-1,
		},
		{
			"system user in text", `{"authorization_details":"[{\"type\":\"urn:altinn:systemuser\",\"systemuser_id\":[\"` + uuid + `\"]}]","urn:altinn:authlevel":3}`, "system-user",
			map[string][]string{"urn:altinn:systemuser:uuid": {uuid}, "urn:altinn:authlevel": {"3"}},
			3,
		},
		{
			"system user beside other details", `{"authorization_details":[{"type":"other","systemuser_id":["x"]},{"type":"urn:altinn:systemuser","systemuser_id":["` + uuid + `"]}]}`, "system-user",
			map[string][]string{"urn:altinn:systemuser:uuid": {uuid}},
			-1,
		},
		{
			"other details only", `{"authorization_details":[{"type":"other","systemuser_id":["x"]}],"consumer":{"authority":"iso6523-actorid-upis","ID":"0192:991825827"}}`, "organisation",
			map[string][]string{"urn:altinn:organization:identifier-no": {"991825827"}},
			-1,
		},
		{
			"enterprise user", `{"urn:altinn:authenticatemethod":"virksomhetsbruker","urn:altinn:userid":9,"urn:altinn:orgNumber":"991825827","urn:altinn:partyid":1,"urn:altinn:authlevel":3}`, "enterprise-user",
			map[string][]string{"urn:altinn:userid": {"9"}, "urn:altinn:organization:identifier-no": {"991825827"}, "urn:altinn:authlevel": {"3"}},
			3,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := m.Subject(saying(t, test.claims))
			if err != nil {
				t.Fatal(err)
			}
			if r.Type != test.wantType {
				t.Errorf("got type %q, want %q", r.Type, test.wantType)
			}
			got := attributesOf(r)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if len(got) != len(r.Attributes) {
				t.Errorf("got %d attributes of %d ids, want each once", len(r.Attributes), len(got))
			}
			if r.LevelKnown != (test.level >= 0) || r.LevelKnown && r.Level != test.level {
				t.Errorf("got level %d (known: %v), want %d", r.Level, r.LevelKnown, test.level)
			}
			if !r.Expires.Equal(now.Add(5 * time.Minute)) {
				t.Errorf("got expiry %v, want that of the token", r.Expires)
			}
		})
	}
}

func TestSubjectRefuses(t *testing.T) {
	m := mapping(t, altinnProfile())
	tests := []struct {
		name, claims string
		want         Reason
	}{
		{"nobody", `{}`, ReasonUntyped},
		{"only a session", `{"sid":"s","urn:altinn:authlevel":4}`, ReasonUntyped},
		{"empty user id", `{"urn:altinn:userid":""}`, ReasonUntyped},
		{"user id null", `{"urn:altinn:userid":null}`, ReasonUntyped},
		{"service owner without organisation", `{"urn:altinn:org":"ttd"}`, ReasonUntyped},
		{"two user ids", `{"urn:altinn:userid":[1,2]}`, ReasonAmbiguous},
		{"one user id twice", `{"urn:altinn:userid":["1","1"]}`, ReasonAmbiguous},
		{"two organisations", `{"consumer":[{"ID":"0192:991825827"},{"ID":"0192:991825828"}]}`, ReasonInvalid},
		{"two numbers", `{"urn:altinn:orgNumber":["991825827","991825828"]}`, ReasonAmbiguous},
		{"two system users", `{"authorization_details":[{"type":"urn:altinn:systemuser","systemuser_id":["a","b"]}]}`, ReasonAmbiguous},
		{"two system users in two details", `{"authorization_details":[{"type":"urn:altinn:systemuser","systemuser_id":["a"]},{"type":"urn:altinn:systemuser","systemuser_id":["b"]}]}`, ReasonAmbiguous},
		{"system user and user", `{"authorization_details":[{"type":"urn:altinn:systemuser","systemuser_id":["a"]}],"urn:altinn:userid":1}`, ReasonContradictory},
		{"system user and person", `{"authorization_details":[{"type":"urn:altinn:systemuser","systemuser_id":["a"]}],"urn:altinn:person:uuid":"p"}`, ReasonContradictory},
		{"system user and enterprise user", `{"authorization_details":[{"type":"urn:altinn:systemuser","systemuser_id":["a"]}],"urn:altinn:authenticatemethod":"virksomhetsbruker","urn:altinn:userid":1}`, ReasonContradictory},
		{"system user without id", `{"authorization_details":[{"type":"urn:altinn:systemuser"}]}`, ReasonMissing},
		{"system user with an empty list", `{"authorization_details":[{"type":"urn:altinn:systemuser","systemuser_id":[]}]}`, ReasonMissing},
		{"enterprise user without id", `{"urn:altinn:authenticatemethod":"virksomhetsbruker","urn:altinn:partyid":1}`, ReasonMissing},
		{"organisation of another register", `{"consumer":{"authority":"iso6523-actorid-upis","ID":"0007:991825827"}}`, ReasonMissing},
		{"organisation of another authority", `{"consumer":{"authority":"other","ID":"0192:991825827"}}`, ReasonUntyped},
		{"number with more behind", `{"consumer":{"authority":"iso6523-actorid-upis","ID":"0192:9918258271"}}`, ReasonMissing},
		{"number with a line end", `{"consumer":{"authority":"iso6523-actorid-upis","ID":"0192:991825827\n"}}`, ReasonMissing},
		{"bad new number does not fall back", `{"urn:altinn:orgNumber":"991825827","urn:altinn:organization:identifier-no":"x"}`, ReasonMissing},
		{"user id of an object", `{"urn:altinn:userid":{"id":1}}`, ReasonInvalid},
		{"user id with an exponent", `{"urn:altinn:userid":1e3}`, ReasonInvalid},
		{"user id with a fraction of nothing", `{"urn:altinn:userid":1.0}`, ReasonInvalid},
		{"consumer of text", `{"consumer":"0192:991825827"}`, ReasonInvalid},
		{"consumer of half an object", `{"consumer":"{\"ID\":"}`, ReasonInvalid},
		{"consumer with a member twice", `{"consumer":"{\"ID\":\"0192:991825827\",\"ID\":\"0192:991825828\"}"}`, ReasonInvalid},
		{"level of text", `{"urn:altinn:userid":1,"urn:altinn:authlevel":"high"}`, ReasonInvalid},
		{"negative level", `{"urn:altinn:userid":1,"urn:altinn:authlevel":-1}`, ReasonInvalid},
		{"high level", `{"urn:altinn:userid":1,"urn:altinn:authlevel":10}`, ReasonInvalid},
		{"level with a plus", `{"urn:altinn:userid":1,"urn:altinn:authlevel":"+4"}`, ReasonInvalid},
		{"level with a zero before", `{"urn:altinn:userid":1,"urn:altinn:authlevel":"04"}`, ReasonInvalid},
		{"two levels", `{"urn:altinn:userid":1,"urn:altinn:authlevel":[1,4]}`, ReasonAmbiguous},
		{"two acr", `{"urn:altinn:userid":1,"acr":["idporten-loa-low","idporten-loa-high"]}`, ReasonAmbiguous},
		{"two sessions", `{"urn:altinn:userid":1,"sid":["a","b"]}`, ReasonAmbiguous},
	}
	for _, test := range tests {
		r, err := m.Subject(saying(t, test.claims))
		if got := reasonOf(t, err); got != test.want {
			t.Errorf("%s: got reason %q (%v), want %q, input: %s", test.name, got, err, test.want, test.claims)
		}
		if err == nil {
			continue
		}
		if len(r.Attributes) > 0 || r.Type != "" {
			t.Errorf("%s: got a subject beside an error", test.name)
		}
		for _, secret := range []string{"991825827", "virksomhetsbruker", "1e3", "high"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error %q holds a value", test.name, err)
			}
		}
	}
}

func TestAttributes(t *testing.T) {
	user := Subject{
		Type: "user", When: []Condition{{Claim: "sub"}},
		Attributes: []Attribute{{ID: "id", From: []string{"sub"}, IncludeInResult: true}},
	}
	m := mapping(t, Config{
		Subjects: []Subject{user},
		Attributes: []Attribute{
			{ID: "groups", From: []string{"$.realm.groups[*]"}, Several: true},
			{ID: "number", From: []string{"n"}, Type: value.TypeInteger},
			{ID: "flag", From: []string{"f"}, Type: value.TypeBoolean},
			{ID: "mail", From: []string{"mail"}, Type: value.TypeRFC822Name},
			{ID: "apis", From: []string{"scope"}, Words: true, Several: true, Match: `api:(?P<value>.*)`},
			{ID: "whole", From: []string{"code"}, Match: `[a-z]+|[0-9]+`},
		},
	})
	r, err := m.Subject(saying(t, `{"sub":"u","realm":{"groups":["a","b","a",""]},"n":"007","f":true,"mail":"a@Example.org","scope":"api:x  other api:y api: api:x api:\tz","code":"ab1"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"id": {"u"}, "groups": {"a", "b"}, "number": {"7"}, "flag": {"true"}, "mail": {"a@Example.org"}, "apis": {"x", "y", "\tz"}}
	if diff := cmp.Diff(want, attributesOf(r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, a := range r.Attributes {
		if a.IncludeInResult != (a.ID == "id") {
			t.Errorf("attribute %q: got include in result %v", a.ID, a.IncludeInResult)
		}
	}
	for _, text := range []string{`{"sub":"u","n":"seven"}`, `{"sub":"u","f":"yes"}`, `{"sub":"u","realm":["a"]}`, `{"sub":"u","realm":{"groups":[{}]}}`} {
		if _, err := m.Subject(saying(t, text)); reasonOf(t, err) != ReasonInvalid {
			t.Errorf("got %v, want %q, input: %s", err, ReasonInvalid, text)
		}
	}
}

func TestConditions(t *testing.T) {
	tests := []struct {
		name      string
		condition Condition
		fits      []string
		not       []string
	}{
		{"present", Condition{Claim: "c"}, []string{`{"c":"x"}`, `{"c":0}`, `{"c":false}`, `{"c":["","x"]}`}, []string{`{}`, `{"c":null}`, `{"c":""}`, `{"c":[]}`, `{"C":"x"}`}},
		{"absent", Condition{Claim: "c", Absent: true}, []string{`{}`, `{"c":null}`, `{"c":""}`}, []string{`{"c":"x"}`, `{"c":false}`}},
		{"equals", Condition{Claim: "c", Equals: []string{"x", "1"}}, []string{`{"c":"x"}`, `{"c":1}`, `{"c":["y","x"]}`}, []string{`{}`, `{"c":"X"}`, `{"c":"x "}`, `{"c":"xx"}`}},
		{"word", Condition{Claim: "c", Word: "a:b"}, []string{`{"c":"a:b"}`, `{"c":"x a:b y"}`, `{"c":["x","a:b"]}`}, []string{`{}`, `{"c":"a:b.c"}`, `{"c":"xa:b"}`, `{"c":"x\ta:b"}`, `{"c":"A:B"}`, `{"c":"a: b"}`}},
	}
	for _, test := range tests {
		m := mapping(t, Config{
			AllowUntyped: true,
			Subjects:     []Subject{{Type: "it", When: []Condition{test.condition}, Attributes: []Attribute{{ID: "iss", From: []string{"iss"}}}}},
		})
		check := func(text, want string) {
			if r, err := m.Subject(saying(t, text)); err != nil || r.Type != want {
				t.Errorf("%s: got type %q and error %v, want %q, input: %s", test.name, r.Type, err, want, text)
			}
		}
		for _, text := range test.fits {
			check(text, "it")
		}
		for _, text := range test.not {
			check(text, "")
		}
	}
}

func TestExcludesHoldsBothWays(t *testing.T) {
	subject := func(typ, claim string, excludes ...string) Subject {
		return Subject{Type: typ, When: []Condition{{Claim: claim}}, Attributes: []Attribute{{ID: claim, From: []string{claim}}}, Excludes: excludes}
	}
	for _, subjects := range [][]Subject{
		{subject("a", "x", "b"), subject("b", "y")},
		{subject("a", "x"), subject("b", "y", "a")},
	} {
		m := mapping(t, Config{Subjects: subjects})
		if _, err := m.Subject(saying(t, `{"x":1,"y":1}`)); reasonOf(t, err) != ReasonContradictory {
			t.Errorf("got %v, want %q", err, ReasonContradictory)
		}
		if r, err := m.Subject(saying(t, `{"y":1}`)); err != nil || r.Type != "b" {
			t.Errorf("got type %q and error %v, want b", r.Type, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"nothing", func(c *Config) { *c = Config{} }, "no subjects"},
		{"no type", func(c *Config) { c.Subjects[0].Type = "" }, "type is missing"},
		{"no condition", func(c *Config) { c.Subjects[0].When = nil }, "condition is missing"},
		{"no identity", func(c *Config) { c.Subjects[0].Attributes = nil }, "identifies the subject is missing"},
		{"optional identity", func(c *Config) { c.Subjects[0].Attributes[0].Optional = true }, "identifies the subject is missing"},
		{"condition on no claim", func(c *Config) { c.Subjects[0].When[0].Claim = "" }, "name of a claim is missing"},
		{"condition on a bad path", func(c *Config) { c.Subjects[0].When[0].Claim = "$.a[" }, "is none of"},
		{"absent and equal", func(c *Config) { c.Subjects[0].When[0] = Condition{Claim: "a", Absent: true, Equals: []string{"x"}} }, "cannot be absent"},
		{"absent and word", func(c *Config) { c.Subjects[0].When[0] = Condition{Claim: "a", Absent: true, Word: "x"} }, "cannot be absent"},
		{"equals and word", func(c *Config) { c.Subjects[0].When[0] = Condition{Claim: "a", Equals: []string{"x"}, Word: "x"} }, "either equals or word"},
		{"equals nothing", func(c *Config) { c.Subjects[0].When[0].Equals = []string{""} }, "empty text"},
		{"two words", func(c *Config) { c.Subjects[0].When[0].Word = "a b" }, "no spaces"},
		{"excludes itself", func(c *Config) { c.Subjects[0].Excludes = []string{"user"} }, `no other type "user"`},
		{"excludes nobody", func(c *Config) { c.Subjects[0].Excludes = []string{"nobody"} }, `no other type "nobody"`},
		{"attribute without id", func(c *Config) { c.Attributes[0].ID = "" }, "id is missing"},
		{"attribute from nowhere", func(c *Config) { c.Attributes[0].From = nil }, "no claim is given"},
		{"attribute from a bad path", func(c *Config) { c.Attributes[0].From = []string{"$.a.."} }, "is none of"},
		{"attribute of a type that is none", func(c *Config) { c.Attributes[0].Type = value.TypeXPathExpression }, "cannot be of type"},
		{"attribute twice", func(c *Config) { c.Attributes = append(c.Attributes, c.Attributes[0]) }, "id is taken"},
		{"attribute of subject twice", func(c *Config) { c.Subjects[0].Attributes[0].ID = "session" }, "id is taken"},
		{"attribute as level", func(c *Config) { c.Attributes[0].ID = "level" }, "id is taken"},
		{"general and optional", func(c *Config) { c.Attributes[0].Optional = true }, "always optional"},
		{"bad expression", func(c *Config) { c.Attributes[0].Match = "(" }, "missing closing )"},
		{"expression that escapes its group", func(c *Config) { c.Attributes[0].Match = "a)|(b" }, "unexpected )"},
		{"long expression", func(c *Config) { c.Attributes[0].Match = strings.Repeat("a", maxPattern+1) }, "longer than"},
		{"level from nowhere", func(c *Config) { c.Level.From = nil }, "no claim is given"},
		{"level from a bad path", func(c *Config) { c.Level.From[0].Claim = "$" }, "leads to all claims"},
		{"level without levels", func(c *Config) { c.Level.From[0].Levels = map[string]int{} }, "no levels"},
		{"level too high", func(c *Config) { c.Level.From[0].Levels = map[string]int{"x": 10} }, "not from 0 to 9"},
		{"unpack nothing", func(c *Config) { c.Unpack = []string{""} }, "unpack"},
	}
	for _, test := range tests {
		cfg := Config{
			Subjects:   []Subject{{Type: "user", When: []Condition{{Claim: "sub"}}, Attributes: []Attribute{{ID: "id", From: []string{"sub"}}}}},
			Attributes: []Attribute{{ID: "session", From: []string{"sid"}}},
			Level:      Level{Attribute: "level", From: []LevelClaim{{Claim: "acr"}}},
		}
		if _, err := New(cfg); err != nil {
			t.Fatal(err)
		}
		test.change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.name, err, test.want)
		}
	}
}

func TestReasonsAreListed(t *testing.T) {
	source, err := os.ReadFile("error.go")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(Reasons()), strings.Count(string(source), ` Reason = "`); got != want {
		t.Errorf("got %d reasons, want %d", got, want)
	}
}

// FuzzSubject makes subjects of claims of any shape: a subject has what identifies
// it, and a system user is nobody else.
func FuzzSubject(f *testing.F) {
	for _, text := range []string{
		`{"urn:altinn:userid":1}`, `{"consumer":"{\"authority\":\"iso6523-actorid-upis\",\"ID\":\"0192:991825827\"}"}`,
		`{"authorization_details":[{"type":"urn:altinn:systemuser","systemuser_id":["a"]}],"urn:altinn:userid":1}`,
		`{"urn:altinn:org":"ttd","scope":"altinn:serviceowner","acr":"Level4"}`, `{"authorization_details":"[[]]"}`,
	} {
		f.Add(text)
	}
	m := mapping(f, altinnProfile())
	key := tokentest.NewKey("k", "ES256")
	file := filepath.Join(f.TempDir(), "keys.json")
	if err := os.WriteFile(file, tokentest.Set(key), 0o600); err != nil {
		f.Fatal(err)
	}
	v, err := token.New(token.Config{Issuers: []token.Issuer{{
		Name: "https://issuer.test", Audiences: []string{"forseti"}, Algorithms: []string{"ES256"}, Keys: jwks.Config{File: file},
	}}, Now: func() time.Time { return now }})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = v.Close() })
	f.Fuzz(func(t *testing.T, text string) {
		defer bounds.Check(t)()
		var more map[string]any
		if json.Unmarshal([]byte(text), &more) != nil {
			return
		}
		all := map[string]any{}
		maps.Copy(all, more)
		maps.Copy(all, map[string]any{"iss": "https://issuer.test", "aud": "forseti", "exp": now.Add(time.Hour).Unix()})
		claims, err := v.Verify(t.Context(), key.Sign(all))
		if err != nil {
			return
		}
		r, err := m.Subject(claims)
		if err != nil {
			reasonOf(t, err)
			return
		}
		got := attributesOf(r)
		if r.Type == "" || len(got) == 0 || len(got) != len(r.Attributes) {
			t.Fatalf("got type %q with %v, input: %s", r.Type, got, text)
		}
		for _, a := range r.Attributes {
			if len(a.Values) == 0 || a.ID != "urn:scope" && len(a.Values) != 1 {
				t.Fatalf("got %d values of %q, input: %s", len(a.Values), a.ID, text)
			}
		}
		if r.Type == "system-user" && (len(got["urn:altinn:userid"]) > 0 || len(got["urn:altinn:systemuser:uuid"]) != 1) {
			t.Fatalf("got a system user with %v, input: %s", got, text)
		}
	})
}
