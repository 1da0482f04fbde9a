package derive

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// input declares a string need.
func input(name string) pip.Need {
	return pip.Need{Name: name, Key: xacml.AttributeKey{Category: xacml.CategoryResource, ID: "urn:test:" + name, Type: value.TypeString}}
}

// provides declares an attribute made of templates.
func provides(id string, t value.Type, templates ...string) pip.Provided {
	return pip.Provided{Key: xacml.AttributeKey{Category: xacml.CategoryResource, ID: id, Type: t}, From: templates}
}

// derived asks with strings and gives the values of each bag.
func derived(t *testing.T, cfg Config, texts ...string) ([][]string, error) {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var q pip.Question
	for _, s := range texts {
		q = append(q, value.String(s))
	}
	a, err := pip.Limited(p, cfg.Needs, cfg.Provides, 0).Fetch(t.Context(), q)
	var bags [][]string
	for _, b := range a.Bags {
		var values []string
		for _, v := range b.Values() {
			values = append(values, v.String())
		}
		bags = append(bags, values)
	}
	return bags, err
}

func TestDerive(t *testing.T) {
	instance := Config{
		Needs: []pip.Need{input("instance")},
		Match: map[string]string{"instance": `(?P<party>[0-9]+)/(?P<guid>[0-9a-f]{4})`},
		Provides: []pip.Provided{
			provides("urn:altinn:partyid", value.TypeString, "{party}"),
			provides("urn:altinn:resource:instance-id", value.TypeString, "{guid}", "urn:altinn:instance-id:{party}/{guid}"),
		},
	}
	app := Config{
		Needs:    []pip.Need{input("org"), input("app")},
		Provides: []pip.Provided{provides("urn:altinn:resource", value.TypeString, "app_{org}_{app}")},
	}
	alternatives := Config{
		Needs:    []pip.Need{input("id")},
		Match:    map[string]string{"id": `(?:p:(?P<person>\d+)|o:(?P<organisation>\d+))`},
		Provides: []pip.Provided{provides("person", value.TypeInteger, "{person}"), provides("organisation", value.TypeInteger, "{organisation}")},
	}
	or := Config{ // an alternative at the top is anchored on both sides
		Needs:    []pip.Need{input("id")},
		Match:    map[string]string{"id": `a|(?P<x>b+)`},
		Provides: []pip.Provided{provides("x", value.TypeString, "{x}", "{id}", "{{{id}}}")},
	}
	tests := []struct {
		name string
		cfg  Config
		q    []string
		want [][]string
	}{
		{"instance", instance, []string{"1000/7dd3"}, [][]string{{"1000"}, {"7dd3", "urn:altinn:instance-id:1000/7dd3"}}},
		{"no match", instance, []string{"7dd3"}, [][]string{nil, nil}},
		{"prefix only", instance, []string{"1000/7dd3c208"}, [][]string{nil, nil}},
		{"suffix only", instance, []string{"x1000/7dd3"}, [][]string{nil, nil}},
		{"line feed at the end", instance, []string{"1000/7dd3\n"}, [][]string{nil, nil}},
		{"two needs", app, []string{"tdd", "tax_report"}, [][]string{{"app_tdd_tax_report"}}},
		{"empty need", app, []string{"", "taxreport"}, [][]string{nil}},
		{"braces in a value", app, []string{"{app}", "a"}, [][]string{{"app_{app}_a"}}},
		{"first alternative", alternatives, []string{"p:007"}, [][]string{{"7"}, nil}},
		{"second alternative", alternatives, []string{"o:42"}, [][]string{nil, {"42"}}},
		{"empty group", or, []string{"a"}, [][]string{{"a", "{a}"}}},
		{"equal values", or, []string{"bb"}, [][]string{{"bb", "{bb}"}}},
		{"not anchored by |", or, []string{"ab"}, [][]string{nil}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := derived(t, tt.cfg, tt.q...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("for %q (-want +got):\n%s", tt.q, diff)
			}
		})
	}
}

func TestDeriveInvalid(t *testing.T) {
	cfg := Config{
		Needs:    []pip.Need{input("id")},
		Match:    map[string]string{"id": `.*`},
		Provides: []pip.Provided{provides("number", value.TypeInteger, "{id}")},
	}
	for _, s := range []string{"1e3", strings.Repeat("1", MaxText+1)} {
		_, err := derived(t, cfg, s)
		if e, ok := errors.AsType[*pip.Error](err); !ok || e.Outcome != pip.OutcomeInvalid {
			t.Errorf("got %v, want invalid", err)
		} else if strings.Contains(err.Error(), s) {
			t.Errorf("the message %q holds the value", err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(c *Config)
		want   string
	}{
		{"unknown placeholder", func(c *Config) { c.Provides[0].From = []string{"{org}"} }, `unknown placeholder "org"`},
		{"open brace", func(c *Config) { c.Provides[0].From = []string{"{x"} }, "without a closing one"},
		{"closing brace", func(c *Config) { c.Provides[0].From = []string{"x}"} }, "without an opening one"},
		{"empty template", func(c *Config) { c.Provides[0].From = []string{""} }, "template is empty"},
		{"no template", func(c *Config) { c.Provides[0].From = nil }, "has no template"},
		{"unknown need", func(c *Config) { c.Match["app"] = "a" }, `unknown need "app"`},
		{"bad expression", func(c *Config) { c.Match["id"] = "(" }, "missing closing )"},
		{"expression that escapes its group", func(c *Config) { c.Match["id"] = "a)|(b" }, "unexpected )"},
		{"long expression", func(c *Config) { c.Match["id"] = strings.Repeat("a", MaxPattern+1) }, "longer than"},
		{"group named as a need", func(c *Config) { c.Match["id"] = "(?P<id>a)" }, `"id" is taken`},
		{"declaration", func(c *Config) { c.Needs[0].Key.Category = "" }, "category is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := Config{
				Needs:    []pip.Need{input("id")},
				Match:    map[string]string{"id": `(?P<x>a)`},
				Provides: []pip.Provided{provides("x", value.TypeString, "{x}")},
			}
			if _, err := New(cfg); err != nil {
				t.Fatal(err)
			}
			tt.change(&cfg)
			if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// FuzzTemplate: parsing is total, and what is parsed can be filled.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"app_{org}_{app}", "{{{org}}}", "{", "}", "{}", "{org}{org}"} {
		f.Add(s, "tdd")
	}
	f.Fuzz(func(t *testing.T, text, org string) {
		made, err := parseTemplate(text, map[string]bool{"org": true, "app": true})
		if err != nil {
			return
		}
		got, ok := made.fill(map[string]string{"org": org, "app": "{org}"})
		if !ok && org != "" {
			t.Errorf("the template %q gives no value though no placeholder is empty", text)
		}
		if ok && got == "" {
			t.Errorf("the template %q gives an empty value", text)
		}
	})
}
