package contexthandler

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// remembered is a source that remembers these questions, each written as values
// joined with "|".
func remembered(s pip.Source, questions ...string) pip.Source {
	s.Forget = func(match func(pip.Question) bool) int {
		before := len(questions)
		questions = slices.DeleteFunc(questions, func(q string) bool {
			var asked pip.Question
			for part := range strings.SplitSeq(q, "|") {
				asked = append(asked, value.String(part))
			}
			return match == nil || match(asked)
		})
		return before - len(questions)
	}
	return s
}

func TestInvalidate(t *testing.T) {
	dictionary, err := NewDictionary([]Attribute{{
		Category: xacml.CategoryAccessSubject, ID: "user", Aliases: []string{"user-id"},
		Forms: []Form{{Match: "u(?P<n>[0-9]+)", Value: "{n}"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, source string
		about        *xacml.Request
		want         int
		fails        bool
	}{
		{name: "everything", about: &xacml.Request{}, want: 7},
		{name: "a source", source: "roles", about: &xacml.Request{}, want: 4},
		{name: "a user", about: request("s.user=1"), want: 3},
		{name: "a user by another name, in another form", about: request("s.user-id=u1"), want: 3},
		{name: "a user that a source gave in another form", about: request("s.user=u7"), want: 1},
		{name: "a user of a source", source: "profile", about: request("s.user=1"), want: 1},
		{name: "a user and a party", about: request("s.user=1", "r.party=51"), want: 2},
		{name: "two users", about: request("s.user=1", "s.user=2"), want: 5},
		{name: "a party", about: request("r.party=51"), want: 2},
		{name: "an instance in another case", about: request("r.instance=I1"), want: 1},
		{name: "a user with spaces at the end", about: request("s.user=1  "), want: 3},
		{name: "nobody", about: request("s.user=9"), want: 0},
		{name: "an attribute that no source needs", about: request("s.shoe=1"), fails: true},
		{name: "a source that there is not", source: "shoes", about: &xacml.Request{}, fails: true},
	} {
		h := New(Config{Dictionary: dictionary, Sources: []pip.Source{
			remembered(source("roles", "s.user r.party", "s.role", &fake{}), "1|51", "1|52", "2|51", "u7|53"),
			remembered(source("profile", "s.user", "s.person", &fake{}), "1", "2"),
			remembered(source("instance", "r.instance", "r.party", &fake{}), "i1"),
			source("derived", "s.user", "s.name", &fake{}),
		}})
		got, err := h.Invalidate(Invalidation{Source: tt.source, About: tt.about.Attributes})
		if e := (*Error)(nil); tt.fails != (errors.As(err, &e) && e.Reason == ReasonInvalidRequest) || got != tt.want {
			t.Errorf("%s: got %d, %v, want %d", tt.name, got, err, tt.want)
		}
	}
}

// What a derived source makes of a value counts as the value: nobody who says that a
// user changed means to leave out what was asked for by the key of that user.
func TestInvalidate_WhatIsDerived(t *testing.T) {
	for _, tt := range []struct {
		name, source, about string
		want                int
		fails               bool
	}{
		{name: "what it was derived from", about: "s.user=1", want: 4},
		{name: "of one source", source: "roles", about: "s.user=1", want: 3},
		{name: "with a value besides", source: "roles", about: "s.user=1 r.party=51", want: 2},
		{name: "by itself", source: "roles", about: "s.key=u_1", want: 2},
		{name: "nothing that the source needs", source: "profile", about: "r.party=51", fails: true},
		{name: "nothing that a source needs that remembers nothing", source: "key", about: "r.party=51", fails: true},
		{name: "a source that remembers nothing", source: "key", about: "s.user=1", want: 0},
	} {
		h := New(Config{Sources: []pip.Source{
			source("letter", "s.user", "s.letter", &fake{}),
			source("key", "s.letter", "s.key", &fake{}),
			remembered(source("roles", "s.key r.party", "s.role", &fake{}), "u_1|51", "u_1|52", "u_2|51"),
			remembered(source("profile", "s.user", "s.person", &fake{}), "1", "2"),
		}})
		got, err := h.Invalidate(Invalidation{Source: tt.source, About: request(strings.Fields(tt.about)...).Attributes})
		if e := (*Error)(nil); tt.fails != (errors.As(err, &e) && e.Reason == ReasonInvalidRequest) || got != tt.want {
			t.Errorf("%s: got %d, %v, want %d", tt.name, got, err, tt.want)
		}
	}
}

// A source may have been asked in another data type than the one of the invalidation.
func TestInvalidate_InAnotherDataType(t *testing.T) {
	for text, want := range map[string]bool{"7": true, "07": true, "8": false, "seven": false} {
		if got := hasForm([]value.Value{value.String(text)}, value.NewInteger(7)); got != want {
			t.Errorf("%q is the integer 7: got %v, want %v", text, got, want)
		}
	}
}
