package cases

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/claims"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The categories of the profile.
const (
	subject  = xacml.CategoryAccessSubject
	resource = xacml.CategoryResource
)

// The attributes of the profile that tests name.
const (
	attrUser        = "urn:altinn:userid"
	attrOrgNumber   = "urn:altinn:organization:identifier-no"
	attrOrg         = "urn:altinn:org"
	attrApp         = "urn:altinn:app"
	attrResource    = "urn:altinn:resource"
	attrResInstance = "urn:altinn:resource:instance-id"
	attrTask        = "urn:altinn:task"
	attrEndEvent    = "urn:altinn:end-event"
	attrParty       = "urn:altinn:partyid"
	attrRole        = "urn:altinn:rolecode"
	attrEstateRole  = "urn:digitaltdodsbo:rolecode"
	attrAccessList  = "urn:altinn:access-list"

	// What services tell on the way to something else, which the platform keeps to
	// itself.
	ownAttributes    = "urn:forseti:altinn:"
	attrNamedParty   = ownAttributes + "named-party"
	attrInstanceApp  = ownAttributes + "instance-app"
	attrPerson       = ownAttributes + "person"
	attrOrganization = ownAttributes + "organization"
	attrPartyUUID    = ownAttributes + "party-uuid"
	attrTypeCode     = ownAttributes + "party-type-code"
	attrPackageURN   = ownAttributes + "accesspackage-urn"
	attrRegistered   = ownAttributes + "registry-resource"
	attrListMode     = ownAttributes + "access-list-mode"
	attrListAction   = ownAttributes + "access-list-action"
)

// profile is the configuration of the profile, as far as it is about attributes. The
// program reads and checks all of it, which is tested there.
type profile struct {
	Attributes []struct {
		ID, Category    string
		DataType        string `yaml:"data_type"`
		Aliases         []string
		Single, Private bool
		Forms           []contexthandler.Form
	}
	Callers []struct {
		Caller, Category string
		MaySupply        []string `yaml:"may_supply"`
	}
	Sources []declaration
	Tokens  struct {
		Claims struct {
			Unpack   []string
			Subjects []struct {
				Type       string
				When       []claims.Condition
				Attributes []claimed
				Excludes   []string
				Alone      bool
			}
			Attributes []claimed
			Level      claims.Level
		}
	}
	Enforcement contexthandler.EnforcementRules
}

// declaration is a source as the profile declares it.
type declaration struct {
	Name, Kind string
	Fallback   bool
	Needs      []struct{ Name, Attribute, Category string }
	Provides   []struct {
		Attribute, Category string
		From                []string
		IncludeInResult     bool `yaml:"include_in_result"`
	}
	Derive struct{ Match map[string]string }
}

// claimed is an attribute that comes of claims.
type claimed struct {
	Attribute                string
	From                     []string
	Words, Several, Optional bool
	Match                    string
}

// readProfile reads the profile, once.
var readProfile = sync.OnceValues(func() (*profile, error) {
	data, err := os.ReadFile("../../docs/altinn/forseti.yaml")
	if err != nil {
		return nil, err
	}
	p := &profile{}
	return p, yaml.Unmarshal(data, p)
})

func theProfile(t *testing.T) *profile {
	t.Helper()
	p, err := readProfile()
	if err != nil {
		t.Fatalf("the profile cannot be read: %v", err)
	}
	if len(p.Attributes) == 0 || len(p.Callers) == 0 || len(p.Sources) == 0 || len(p.Tokens.Claims.Subjects) == 0 || p.Enforcement.Level == "" {
		t.Fatal("a part of the profile is missing")
	}
	return p
}

// uri is the category with this short name.
func uri(category string) string {
	if category == "action" {
		return xacml.CategoryAction
	}
	return map[string]string{"subject": subject, "resource": resource}[category]
}

// dataType is the data type with this short name; empty stands for string.
func dataType(name string) value.Type {
	if name == "" {
		return value.TypeString
	}
	t, _ := value.TypeByID(xmlSchema + name)
	return t
}

// key is the attribute with this id, in the category or the only one that has it.
func (p *profile) key(t *testing.T, id, category string) xacml.AttributeKey {
	t.Helper()
	var found []xacml.AttributeKey
	for _, a := range p.Attributes {
		if a.ID == id && (category == "" || a.Category == category) {
			found = append(found, xacml.AttributeKey{Category: uri(a.Category), ID: id, Type: dataType(a.DataType)})
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d attributes %q in the dictionary, want 1: category %q", len(found), id, category)
	}
	return found[0]
}

func (p *profile) dictionary(t *testing.T) *contexthandler.Dictionary {
	t.Helper()
	var attributes []contexthandler.Attribute
	for _, a := range p.Attributes {
		attributes = append(attributes, contexthandler.Attribute{
			Category: uri(a.Category), ID: a.ID, Type: dataType(a.DataType), Aliases: a.Aliases,
			Single: a.Single, Private: a.Private, Forms: a.Forms,
		})
	}
	d, err := contexthandler.NewDictionary(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (p *profile) supplies() []contexthandler.Supply {
	var out []contexthandler.Supply
	for _, c := range p.Callers {
		out = append(out, contexthandler.Supply{Caller: c.Caller, Category: uri(c.Category), Attributes: c.MaySupply})
	}
	return out
}

// claims is what claims mean, of those of nobody in particular as well: some cases
// have such.
func (p *profile) claims(t *testing.T) *claims.Mapping {
	t.Helper()
	attributes := func(list []claimed) (out []claims.Attribute) {
		for _, a := range list {
			out = append(out, claims.Attribute{
				ID: a.Attribute, From: a.From, Words: a.Words, Several: a.Several, Optional: a.Optional, Match: a.Match,
			})
		}
		return out
	}
	c := p.Tokens.Claims
	config := claims.Config{Unpack: c.Unpack, Attributes: attributes(c.Attributes), Level: c.Level, AllowUntyped: true}
	for _, s := range c.Subjects {
		config.Subjects = append(config.Subjects, claims.Subject{
			Type: s.Type, When: s.When, Attributes: attributes(s.Attributes), Excludes: s.Excludes, Alone: s.Alone,
		})
	}
	m, err := claims.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// However an id is written that services take for the same one, policies see one.
func TestAltinnForms(t *testing.T) {
	const uuid = "3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01"
	d := theProfile(t).dictionary(t)
	for _, test := range []struct {
		category, id, want string
		others             []string
	}{
		{subject, attrUser, "1337", []string{"01337", "+1337", " 1337 ", "001337"}},
		{subject, attrUser, "0", []string{"00", "+0"}},
		{subject, attrUser, "1000", []string{"01000"}},
		{subject, attrParty, "50001", []string{"050001"}},
		{resource, attrParty, "50001", []string{"050001", "+50001"}},
		{subject, "urn:altinn:systemuser:uuid", uuid, []string{strings.ToUpper(uuid)}},
		{subject, "urn:altinn:person:uuid", uuid, []string{strings.ToUpper(uuid)}},
		{subject, "urn:altinn:party:uuid", uuid, []string{strings.ToUpper(uuid)}},
		{resource, "urn:altinn:party:uuid", uuid, []string{strings.ToUpper(uuid)}},
		{resource, "urn:altinn:instance-id", "50001/" + uuid, []string{"050001/" + uuid, "urn:altinn:instance-id:0050001/" + strings.ToUpper(uuid)}},
		{subject, attrUser, "-1337", nil}, // these are nobody else
		{subject, attrUser, "1337x", nil},
		{resource, "urn:altinn:organization:identifier-no", "091825827", nil},
		{subject, "urn:altinn:person:identifier-no", "01039012345", nil},
	} {
		for _, text := range append(test.others, test.want) {
			r, err := d.Translate(&xacml.Request{Attributes: []xacml.Attributes{{
				Category: test.category, Attributes: []xacml.Attribute{{ID: test.id, Values: []value.Value{value.String(text)}}},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Attributes[0].Attributes[0].Values[0]; got != value.String(test.want) {
				t.Errorf("%s %q: got %q, want %q", test.id, text, got, test.want)
			}
		}
	}
}

// Nobody sees in an explanation who a person is.
func TestAltinnPrivate(t *testing.T) {
	personal := 0
	for _, a := range theProfile(t).Attributes {
		if strings.Contains(a.ID, "person") {
			personal++
			if !a.Private {
				t.Errorf("attribute %q of category %s is not private", a.ID, a.Category)
			}
		}
	}
	if personal < 5 {
		t.Errorf("got %d attributes of persons, want at least 5", personal)
	}
}
