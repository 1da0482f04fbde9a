package client

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// asked is all that an answer depends on.
type asked struct {
	Token   string
	Header  map[string][]string
	Request Request
}

func (a *asked) encode(t testing.TB) []byte {
	t.Helper()
	encoded, err := encode(a.Token, a.Header, a.Request.message())
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// decode reads what encode wrote. That it can be read is why different questions have
// different encodings.
func decode(t testing.TB, from []byte) asked {
	t.Helper()
	text := func() string {
		s, n := protowire.ConsumeBytes(from)
		if n < 0 {
			t.Fatalf("a text is cut short: %x", from)
		}
		from = from[n:]
		return string(s)
	}
	count := func() uint64 {
		c, n := protowire.ConsumeVarint(from)
		if n < 0 {
			t.Fatalf("a number is cut short: %x", from)
		}
		from = from[n:]
		return c
	}
	a := asked{Token: text(), Header: map[string][]string{}}
	for range count() {
		name := text()
		a.Header[name] = []string{}
		for range count() {
			a.Header[name] = append(a.Header[name], text())
		}
	}
	var m v1.AuthorizeRequest
	if err := proto.Unmarshal(from, &m); err != nil {
		t.Fatal(err)
	}
	a.Request = Request{
		Subject: m.GetSubject(), Resource: m.GetResource(), Action: m.GetAction(), Environment: m.GetEnvironment(),
		SubjectToken: m.GetSubjectToken(), CheckLevel: m.GetEnforce(), ReturnPolicyIDs: m.GetReturnPolicyIds(),
	}
	for _, attribute := range m.GetAttributes() {
		a.Request.Attributes = append(a.Request.Attributes, Attribute{
			Category: attribute.GetCategory(), ID: attribute.GetAttributeId(), DataType: attribute.GetDataType(),
			Values: attribute.GetValues(), Issuer: attribute.GetIssuer(),
		})
	}
	return a
}

// anyAsked generates questions of texts that like to be taken for others.
func anyAsked() *rapid.Generator[asked] {
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "b", "ab", "a,b", "a;b", "a=b", "a\x00b", "\x00", "\x01a", "\x0a\x01a", "subject", "user-id", `{"a":"b"}`, "a\nb", "é", "e\u0301"}),
		rapid.StringN(0, 4, 8),
	)
	attributes := rapid.MapOfN(text, text, 0, 3)
	return rapid.Custom(func(t *rapid.T) asked {
		return asked{
			Token:  text.Draw(t, "token"),
			Header: rapid.MapOfN(text, rapid.SliceOfN(text, 0, 2), 0, 2).Draw(t, "header"),
			Request: Request{
				Subject: attributes.Draw(t, "subject"), Resource: attributes.Draw(t, "resource"),
				Environment: attributes.Draw(t, "environment"), Action: text.Draw(t, "action"),
				Attributes: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Attribute {
					return Attribute{
						Category: text.Draw(t, "category"), ID: text.Draw(t, "id"), DataType: text.Draw(t, "type"),
						Values: rapid.SliceOfN(text, 0, 2).Draw(t, "values"), Issuer: text.Draw(t, "issuer"),
					}
				}), 0, 2).Draw(t, "attributes"),
				SubjectToken: text.Draw(t, "subject token"),
				CheckLevel:   rapid.Bool().Draw(t, "level"), ReturnPolicyIDs: rapid.Bool().Draw(t, "policies"),
			},
		}
	})
}

var sameAsked = cmp.Options{cmpopts.EquateEmpty()}

// Distinct questions have distinct keys: what was asked can be read back from what is
// digested.
func TestKey_Distinct(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := anyAsked().Draw(rt, "asked")
		first := a.encode(t)
		if diff := cmp.Diff(a, decode(t, first), sameAsked); diff != "" {
			rt.Fatalf("(-want +got)\n%s", diff)
		}
		if !slices.Equal(first, a.encode(t)) {
			rt.Fatal("one question has two encodings")
		}
		b := anyAsked().Draw(rt, "other")
		if same := cmp.Equal(a, b, sameAsked); same != slices.Equal(first, b.encode(t)) {
			rt.Fatalf("same %t, and the encodings tell otherwise", same)
		}
	})
}

// What moves between neighbouring parts makes another question, and so does every
// field of a request but its id.
func TestKey_Neighbours(t *testing.T) {
	m := func(k, v string) map[string]string { return map[string]string{k: v} }
	many := []asked{
		{},
		{Token: "a"},
		{Header: map[string][]string{"a": nil}},
		{Header: map[string][]string{"a": {""}}},
		{Header: map[string][]string{"a": {"b"}}},
		{Header: map[string][]string{"a": {"b", "c"}}},
		{Header: map[string][]string{"a": {"b"}, "c": {}}},
		{Request: Request{Subject: m("a", "b")}},
		{Request: Request{Subject: m("", "")}},
		{Request: Request{Subject: m("a", "")}},
		{Request: Request{Subject: m("", "a")}},
		{Request: Request{Subject: m("ab", "")}},
		{Request: Request{Resource: m("a", "b")}},
		{Request: Request{Environment: m("a", "b")}},
		{Request: Request{Subject: m("a", "b"), Resource: m("c", "d")}},
		{Request: Request{Subject: map[string]string{"a": "b", "c": "d"}}},
		{Request: Request{Action: "a"}},
		{Request: Request{SubjectToken: "a"}},
		{Request: Request{CheckLevel: true}},
		{Request: Request{ReturnPolicyIDs: true}},
		{Request: Request{Attributes: []Attribute{{}}}},
		{Request: Request{Attributes: []Attribute{{}, {}}}},
		{Request: Request{Attributes: []Attribute{{Category: "a"}}}},
		{Request: Request{Attributes: []Attribute{{ID: "a"}}}},
		{Request: Request{Attributes: []Attribute{{DataType: "a"}}}},
		{Request: Request{Attributes: []Attribute{{Issuer: "a"}}}},
		{Request: Request{Attributes: []Attribute{{Values: []string{"a"}}}}},
		{Request: Request{Attributes: []Attribute{{Values: []string{"a", ""}}}}},
		{Request: Request{Attributes: []Attribute{{Values: []string{"a"}}, {}}}},
		{Request: Request{Attributes: []Attribute{{Values: []string{"a", "b"}}}}},
		{Request: Request{Attributes: []Attribute{{Values: []string{"a"}}, {Values: []string{"b"}}}}},
	}
	seen := make(map[string]int)
	for i := range many {
		encoded := string(many[i].encode(t))
		if j, ok := seen[encoded]; ok {
			t.Errorf("questions %d and %d have the same encoding: %+v", j, i, many[i])
		}
		seen[encoded] = i
	}
	// Each field is written to the message, or is the id: a new one must be, too.
	for of, want := range map[reflect.Type]int{reflect.TypeFor[Request](): 9, reflect.TypeFor[Attribute](): 5} {
		if got := of.NumField(); got != want {
			t.Errorf("%s has %d fields, want %d: see that message writes the new one, and that this test knows it", of, got, want)
		}
	}
}

func TestKeyOf(t *testing.T) {
	r := question("read")
	of := func(ctx context.Context, token string, r Request) key {
		t.Helper()
		k, ok := keyOf(ctx, token, &r)
		if !ok {
			t.Error("there is no key")
		}
		return k
	}
	plain := of(t.Context(), "", r)
	named := r
	named.ID = "mine"
	if of(t.Context(), "", named) != plain {
		t.Error("the id is part of the key")
	}
	if of(metadata.AppendToOutgoingContext(t.Context(), "authorization", "me"), "", r) == plain {
		t.Error("what goes with the call is not part of the key")
	}
	if of(t.Context(), "token", r) == plain {
		t.Error("the token is not part of the key")
	}
	for name, action := range map[string]string{"large": strings.Repeat("x", maxKept), "not UTF-8": "\xff"} {
		r.Action = action
		if _, ok := keyOf(t.Context(), "", &r); ok {
			t.Errorf("%s: there is a key", name)
		}
	}
}

// FuzzKey cuts a text into questions in several ways; two are equal if and only if
// their encodings are.
func FuzzKey(f *testing.F) {
	f.Add("a,b\x00c", uint(1), uint(2), uint(3))
	f.Add("\x01a\x01a", uint(0), uint(2), uint(4))
	f.Add("\x0a\x06\x0a\x01a\x12\x01b", uint(3), uint(9), uint(40))
	f.Fuzz(func(t *testing.T, s string, i, j, k uint) {
		s = strings.ToValidUTF8(s, "?")
		runes := []rune(s)
		cut := func(from, to uint) string {
			n := uint(len(runes) + 1)
			return string(runes[min(from%n, to%n):max(from%n, to%n)])
		}
		a, b, c, d := cut(0, i), cut(i, j), cut(j, k), cut(k, uint(len(runes)))
		many := []asked{
			{Token: a, Request: Request{Action: b}},
			{Header: map[string][]string{a: {b, c}}, Request: Request{Action: d}},
			{Header: map[string][]string{a: {b}, c: {d}}},
			{Request: Request{Subject: map[string]string{a: b}, Resource: map[string]string{c: d}}},
			{Request: Request{Subject: map[string]string{a: b, c: d}}},
			{Request: Request{Subject: map[string]string{c: d, a: b}}},
			{Request: Request{Attributes: []Attribute{{Category: a, ID: b, Values: []string{c, d}}}}},
			{Request: Request{Attributes: []Attribute{{Category: a, ID: b, Values: []string{c}}, {Values: []string{d}}}}},
			{Request: Request{Action: s}},
			{Request: Request{SubjectToken: s}},
		}
		for x := range many {
			for y := range many {
				same := cmp.Equal(many[x], many[y], sameAsked)
				if got := slices.Equal(many[x].encode(t), many[y].encode(t)); got != same {
					t.Fatalf("same encoding is %t for %+v and %+v", got, many[x], many[y])
				}
			}
		}
	})
}
