package token

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// claimsOf gives the claims of a good token that says this as well.
func claimsOf(t testing.TB, text string) Claims {
	t.Helper()
	var more map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &more); err != nil {
		t.Fatalf("%v, input: %s", err, text)
	}
	all := goodClaims()
	for name, v := range more {
		all[name] = v
	}
	k := tokentest.NewKey("k", "ES256")
	claims, err := verifierOf(t, tokentest.Set(k), nil).Verify(t.Context(), k.Sign(all))
	if err != nil {
		t.Fatal(reasonOf(t, err))
	}
	return claims
}

func TestClaims(t *testing.T) {
	c := claimsOf(t, `{"n":12345678901234567890,"o":{"l":[1,{"a":null}]}}`)
	if c.Issuer() != testIssuer || c.Subject() != "somebody" || !c.Expires().Equal(now.Add(5*time.Minute)) {
		t.Errorf("got %q, %q, %v", c.Issuer(), c.Subject(), c.Expires())
	}
	got := c.Map()
	if diff := cmp.Diff(json.Number("12345678901234567890"), got["n"]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got["o"].(map[string]any)["l"].([]any)[0] = "changed"
	got["iss"] = "changed"
	if list := c.Map()["o"].(map[string]any)["l"].([]any); list[0] != json.Number("1") || c.Map()["iss"] != testIssuer {
		t.Error("claims were changed through a copy")
	}
	if got := (Claims{}).Map(); len(got) != 0 {
		t.Errorf("got %v of no claims, want none", got)
	}
}

func TestClaimsExpireByAge(t *testing.T) {
	k := tokentest.NewKey("k", "ES256")
	v := verifierOf(t, tokentest.Set(k), func(cfg *Config) { cfg.Issuers[0].MaxAge = time.Minute })
	c, err := v.Verify(t.Context(), k.Sign(goodClaims()))
	if err != nil {
		t.Fatal(reasonOf(t, err))
	}
	if want := now.Add(50 * time.Second); !c.Expires().Equal(want) {
		t.Errorf("got %v, want %v: a minute after it was issued", c.Expires(), want)
	}
}

func TestUnpacked(t *testing.T) {
	c := claimsOf(t, `{"o":"{\"a\":1}","l":"[1,2]","t":"text","e":"","n":1,"bad":"{\"a\":1,\"a\":2}","half":"[1","other":"{}"}`)
	got, err := c.Unpacked("o", "l", "t", "e", "n", "absent")
	if err != nil {
		t.Fatal(err)
	}
	want := c.Map()
	want["o"] = map[string]any{"a": json.Number("1")}
	want["l"] = []any{json.Number("1"), json.Number("2")}
	if diff := cmp.Diff(want, got.Map()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if c.Map()["o"] != `{"a":1}` {
		t.Error("the claims themselves were changed")
	}
	for _, name := range []string{"bad", "half"} {
		if _, err := c.Unpacked(name); err == nil || strings.Contains(err.Error(), `"a"`) {
			t.Errorf("%s: got %v, want an error without the text", name, err)
		}
	}
}

func TestTexts(t *testing.T) {
	c := claimsOf(t, `{
		"urn:altinn:userid": 1337, "s": "text", "empty": "", "yes": true, "null": null, "$odd": "odd", "a.b": "dotted",
		"list": ["a", 1, false, null, "a"], "mixed": ["a", {}], "deep": [["a"]], "o": {"p": {"q r": "x"}, "l": ["y", "z"], "n": null},
		"details": [{"type": "urn:t", "ids": ["u1"]}, {"type": "other", "ids": ["u2"]}, {"ids": ["u3"]}, {"type": "urn:t", "ids": ["u4", "u5"]}],
		"single": {"type": "urn:t", "id": "u6"}, "float": 1.5, "zeros": 1.50, "one": 1.0, "exponent": 1e3, "minus": -7, "minuszero": -0, "big": 123456789012345678901234567890}`)
	tests := []struct {
		path string
		want []string
		err  string
	}{
		{"urn:altinn:userid", []string{"1337"}, ""},
		{"$['urn:altinn:userid']", []string{"1337"}, ""},
		{"s", []string{"text"}, ""},
		{"$.s", []string{"text"}, ""},
		{"empty", []string{""}, ""},
		{"yes", []string{"true"}, ""},
		{"null", nil, ""},
		{"absent", nil, ""},
		{"$.absent.more[*]", nil, ""},
		{"$['$odd']", []string{"odd"}, ""},
		{"a.b", []string{"dotted"}, ""},
		{"$.a.b", nil, ""},
		{"list", []string{"a", "1", "false", "a"}, ""},
		{"$.list[*]", []string{"a", "1", "false", "a"}, ""},
		{"$.list[1]", []string{"1"}, ""},
		{"$.list[9]", nil, ""},
		{"$.o.p['q r']", []string{"x"}, ""},
		{"$.o.l", []string{"y", "z"}, ""},
		{"$.o.n.more", nil, ""},
		{"$.details[*].ids", []string{"u1", "u2", "u3", "u4", "u5"}, ""},
		{"$.details[?@.type == 'urn:t'].ids", []string{"u1", "u4", "u5"}, ""},
		{"$.details[?(@.type=='urn:t')].ids[*]", []string{"u1", "u4", "u5"}, ""},
		{"$.details[?@['type'] == 'none'].ids", nil, ""},
		{"$.details[0].ids[0]", []string{"u1"}, ""},
		{"$.s[0]", []string{"text"}, ""},
		{"$.s[1]", nil, ""},
		{"$.s[*]", []string{"text"}, ""},
		{"$.o[*].l[0]", []string{"y"}, ""},
		{"$.single[?@.type == 'urn:t'].id", []string{"u6"}, ""},
		{"$.single[?@.type == 'urn:x'].id", nil, ""},
		{"float", []string{"1.5"}, ""},
		{"minus", []string{"-7"}, ""},
		{"big", []string{"123456789012345678901234567890"}, ""},

		{"zeros", nil, "usual way"},
		{"one", nil, "usual way"},
		{"exponent", nil, "usual way"},
		{"minuszero", nil, "usual way"},
		{"o", nil, "leads to an object"},
		{"mixed", nil, "other things"},
		{"deep", nil, "other things"},
		{"details", nil, "other things"},
		{"$.s.more", nil, "another shape"},
		{"$.o[*]", nil, "leads to an object"},
		{"$.s[?@.a == 'a']", nil, "another shape"},
		{"$.list.more", nil, "another shape"},
		{"$.list[?@.a == 'a']", nil, "another shape"},
		{"$.details.ids", nil, "another shape"},
	}
	for _, test := range tests {
		p, err := ParsePath(test.path)
		if err != nil || p.String() != test.path {
			t.Errorf("got path %q and %v, want %q", p, err, test.path)
			continue
		}
		got, err := c.Texts(p)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("got error %v, want %q, input: %s", err, test.err, test.path)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.path, diff)
		}
	}
	p, err := ParsePath("s")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (Claims{}).Texts(p); err != nil || got != nil {
		t.Errorf("got %v and %v of no claims, want nothing", got, err)
	}
}

func TestParsePathRefuses(t *testing.T) {
	for _, text := range []string{
		"", "$", "$.", "$..a", "$.*", "$[*]", "$[0]", "$[?@.a == 'b']", "$a", "$ .a", "$.a ", "$.a b", "$.urn:a", "$.a[", "$.a[]", "$.a[-1]", "$.a[01]", "$.a[99999]",
		"$.a[0:1]", "$.a[0,1]", "$.a['b','c']", `$.a["b"]`, "$.a['b", "$.a['b'c']", `$.a['\n']`, "$.a[?@.b]", "$.a[?@.b > 1]", "$.a[?@.b == 1]",
		"$.a[?@.b != 'x']", "$.a[?@.b == 'x' || @.c == 'y']", "$.a[?@ == 'x']", "$.a.length()", "$" + strings.Repeat(".a", maxSteps+1),
	} {
		if p, err := ParsePath(text); err == nil {
			t.Errorf("got %v, want an error, input: %q", p.steps, text)
		}
	}
}

// FuzzPath walks paths through claims of every shape.
func FuzzPath(f *testing.F) {
	c := claimsOf(f, `{"a":{"b":[{"t":"x","v":1},null,[2]],"c":"s"},"l":[1,2],"s":"t"}`)
	for _, text := range []string{"a", "$.a.b[?@.t == 'x'].v", "$.a['c']", "$.l[*]", "$.l[1]", "$..a", "$.a.b[2][0]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		defer bounds.Check(t)()
		p, err := ParsePath(text)
		if err != nil {
			return
		}
		if p.String() != text || len(p.steps) == 0 || len(p.steps) > maxSteps {
			t.Fatalf("got path %q of %d steps, input: %q", p, len(p.steps), text)
		}
		if !strings.HasPrefix(text, "$") && (len(p.steps) != 1 || p.steps[0].name != text) {
			t.Fatalf("got %v, want the claim of that name, input: %q", p.steps, text)
		}
		if texts, err := c.Texts(p); err != nil && texts != nil {
			t.Fatalf("got both %v and %v, input: %q", texts, err, text)
		}
	})
}

// FuzzVerify signs headers and claims as they come: in what is accepted, any other
// reader finds the same issuer and time.
func FuzzVerify(f *testing.F) {
	k := tokentest.NewKey("k", "ES256")
	v := verifierOf(f, tokentest.Set(k), nil)
	good := string(tokentest.Marshal(goodClaims()))
	for _, header := range []string{
		`{"alg":"ES256","kid":"k"}`, `{"alg":"ES256"}`, `{"alg":"none"}`, `{"alg":"ES256","alg":"none"}`, `{"alg":"ES256","crit":["x"]}`,
		`{"alg":"HS256","kid":"k"}`, `{"\u0061lg":"ES256","typ":"at+jwt"}`, `[]`, ``,
	} {
		f.Add(header, good)
	}
	f.Add(`{"alg":"ES256"}`, `{"iss":"https://issuer.test","aud":["forseti"],"exp":1795176300.5,"iss":"x"}`)
	f.Fuzz(func(t *testing.T, header, claims string) {
		defer bounds.Check(t)()
		c, err := v.Verify(t.Context(), k.SignText(header, claims))
		if err != nil {
			reasonOf(t, err)
			return
		}
		var again map[string]any
		if err := json.Unmarshal([]byte(claims), &again); err != nil || again["iss"] != testIssuer || again["exp"].(float64) <= float64(now.Unix()-10) {
			t.Fatalf("got a good token of %v, input: %q", again["iss"], claims)
		}
		if c.Issuer() != testIssuer || !c.isFor([]string{testAudience, "urn:other"}) || len(c.Map()) != len(again) {
			t.Fatalf("got claims %v, input: %q", c.Map(), claims)
		}
	})
}

// FuzzCompact verifies texts as they come. Nobody but the issuer makes a good one.
func FuzzCompact(f *testing.F) {
	k := tokentest.NewKey("k", "ES256")
	v := verifierOf(f, tokentest.Set(k), nil)
	f.Add("")
	f.Add("..")
	f.Add(tokentest.NewKey("k", "ES256").Sign(goodClaims()))
	f.Add(tokentest.Encode([]byte(`{"alg":"none"}`)) + "." + tokentest.Encode(tokentest.Marshal(goodClaims())) + ".")
	f.Fuzz(func(t *testing.T, text string) {
		defer bounds.Check(t)()
		if _, err := v.Verify(t.Context(), text); err == nil {
			t.Fatalf("got a good token, input: %q", text)
		}
	})
}
