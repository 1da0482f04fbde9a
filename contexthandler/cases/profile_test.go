package cases

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/derive"
	"github.com/forseti-pdp/forseti/pip/static"
)

// The categories of the profile.
const (
	subject  = xacml.CategoryAccessSubject
	resource = xacml.CategoryResource
)

// The attributes of the profile.
const (
	attrUser        = "urn:altinn:userid"
	attrPerson      = "urn:altinn:person:identifier-no"
	attrOrgNumber   = "urn:altinn:organization:identifier-no"
	attrOldNumber   = "urn:altinn:organizationnumber"
	attrSystemUser  = "urn:altinn:systemuser:uuid"
	attrOrg         = "urn:altinn:org"
	attrApp         = "urn:altinn:app"
	attrInstance    = "urn:altinn:instance-id"
	attrResource    = "urn:altinn:resource"
	attrResInstance = "urn:altinn:resource:instance-id"
	attrTask        = "urn:altinn:task"
	attrEndEvent    = "urn:altinn:end-event"
	attrParty       = "urn:altinn:partyid"
	attrPartyUUID   = "urn:altinn:party:uuid"
	attrPartyType   = "urn:altinn:partytype"
	attrRole        = "urn:altinn:rolecode"
	attrEstateRole  = "urn:digitaltdodsbo:rolecode"
	attrPackage     = "urn:altinn:accesspackage"
	attrAccessList  = "urn:altinn:access-list"

	// What the platform looks up on the way to something else, and keeps to itself.
	attrOwnPerson    = "urn:internal:person"
	attrOwnPartyUUID = "urn:internal:party-uuid"
)

// dictionary are the attributes that have one value only.
func dictionary(t *testing.T) *contexthandler.Dictionary {
	t.Helper()
	var attributes []contexthandler.Attribute
	for _, a := range []struct {
		category string
		ids      []string
	}{
		{subject, []string{attrUser, attrPerson, attrOrgNumber, attrSystemUser, attrParty, attrPartyUUID}},
		{resource, []string{attrOrg, attrApp, attrInstance, attrResource, attrTask, attrEndEvent, attrParty, attrPartyUUID, attrOrgNumber, attrPerson}},
	} {
		for _, id := range a.ids {
			attributes = append(attributes, contexthandler.Attribute{Category: a.category, ID: id, Single: true})
		}
	}
	d, err := contexthandler.NewDictionary(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// supplies is what callers may say themselves, though a source could tell.
func supplies() []contexthandler.Supply {
	return []contexthandler.Supply{
		{Caller: contexthandler.Everybody, Category: subject, Attributes: []string{attrUser, attrOrgNumber, attrParty}},
		{Caller: contexthandler.Everybody, Category: resource, Attributes: []string{
			attrOrg, attrApp, attrTask, attrEndEvent, attrParty, attrOrgNumber, attrResource, attrResInstance,
		}},
	}
}

// attribute is an attribute of a source: a need, or something provided.
type attribute struct {
	category, id string
	// from are columns or templates; a need is compared with one column.
	from []string
}

func (a attribute) key() xacml.AttributeKey {
	return xacml.AttributeKey{Category: a.category, ID: a.id, Type: value.TypeString}
}

// service is a service of the platform, as a table.
type service struct {
	// name is the source, service what the cases call it.
	name, service string
	rows          rows
	needs         []attribute
	provides      []attribute
	include       string // the attribute that callers get back
}

// services are those that the platform asks, of which callers outside may use
// some that others may not, and feature flags switch others.
func services(p *pipData) []service {
	list := []service{
		{
			name: "instance", service: "storage.authinfo", rows: p.instances(),
			needs: []attribute{{resource, attrInstance, []string{"instance"}}},
			provides: []attribute{
				{resource, attrOrg, []string{"org"}},
				{resource, attrApp, []string{"app"}},
				{resource, attrTask, []string{"task"}},
				{resource, attrEndEvent, []string{"end"}},
				{resource, attrParty, []string{"party"}},
			},
			include: attrParty,
		},
		{
			name: "party-of-organization", service: "register.lookup", rows: p.parties(),
			needs:    []attribute{{resource, attrOrgNumber, []string{"organization"}}},
			provides: []attribute{{resource, attrParty, []string{"party"}}},
		},
		{
			name: "party-of-uuid", service: "register.partiesByUuid", rows: p.parties(),
			needs:    []attribute{{resource, attrPartyUUID, []string{"uuid"}}},
			provides: []attribute{{resource, attrParty, []string{"party"}}},
		},
		{
			name: "uuid-of-party", service: "register.partiesById", rows: p.parties(),
			needs:    []attribute{{resource, attrParty, []string{"party"}}},
			provides: []attribute{{resource, attrOwnPartyUUID, []string{"uuid"}}},
		},
		{
			name: "person-of-party", service: "register.party", rows: p.parties(),
			needs:    []attribute{{resource, attrParty, []string{"party"}}},
			provides: []attribute{{resource, attrOwnPerson, []string{"person"}}},
		},
		{
			name: "profile", service: "profile.byUserId", rows: p.profiles(),
			needs: []attribute{{subject, attrUser, []string{"user"}}},
			provides: []attribute{
				{subject, attrOwnPerson, []string{"person"}},
				{subject, attrOwnPartyUUID, []string{"uuid"}},
			},
		},
		{
			name: "roles", service: "roles", rows: p.roles(),
			needs:    []attribute{{subject, attrUser, []string{"user"}}, {resource, attrParty, []string{"party"}}},
			provides: []attribute{{subject, attrRole, []string{"role"}}},
		},
		{
			name: "estate-roles", service: "oedRoles", rows: p.estateRoles(),
			needs:    []attribute{{resource, attrOwnPerson, []string{"from"}}, {subject, attrOwnPerson, []string{"to"}}},
			provides: []attribute{{subject, attrEstateRole, []string{"role"}}},
		},
		{
			name: "party-type", service: "register.partiesByUuid", rows: p.parties(),
			needs:    []attribute{{subject, attrPartyUUID, []string{"uuid"}}},
			provides: []attribute{{subject, attrPartyType, []string{"kind"}}},
		},
		{
			name: "access-lists", service: "accessLists.byMember", rows: p.accessLists(),
			needs:    []attribute{{subject, attrPartyUUID, []string{"member"}}},
			provides: []attribute{{subject, attrAccessList, []string{"list"}}},
		},
	}
	if p.API == "external" {
		list = append(list, service{
			name: "party-of-person", service: "register.lookup", rows: p.parties(),
			needs:    []attribute{{resource, attrPerson, []string{"person"}}},
			provides: []attribute{{resource, attrParty, []string{"party"}}},
		}, service{
			name: "user-of-person", service: "profile.bySsn", rows: p.profiles(),
			needs:    []attribute{{subject, attrPerson, []string{"person"}}},
			provides: []attribute{{subject, attrUser, []string{"user"}}},
		}, service{
			name: "own-party-of-organization", service: "register.lookup", rows: p.parties(),
			needs:    []attribute{{subject, attrOrgNumber, []string{"organization"}}},
			provides: []attribute{{subject, attrParty, []string{"party"}}},
		})
	}
	for _, holder := range []struct {
		on       bool
		name, id string
	}{
		{p.FeatureFlags.SystemUserPackages, "system-user-packages", attrSystemUser},
		{p.FeatureFlags.UserPackages, "user-packages", attrOwnPartyUUID},
	} {
		if holder.on {
			list = append(list, service{
				name: holder.name, service: "accessPackages", rows: p.accessPackages(),
				needs:    []attribute{{subject, holder.id, []string{"to"}}, {resource, attrOwnPartyUUID, []string{"from"}}},
				provides: []attribute{{subject, attrPackage, []string{"package"}}},
			})
		}
	}
	return list
}

// derivation is an attribute that follows from others.
type derivation struct {
	name     string
	needs    []attribute
	match    map[string]string
	provides []attribute
}

// derivations are the other names of instances, apps and organisations.
func derivations() []derivation {
	return []derivation{
		{
			name:     "resource-of-app",
			needs:    []attribute{{resource, attrOrg, []string{"org"}}, {resource, attrApp, []string{"app"}}},
			provides: []attribute{{resource, attrResource, []string{"app_{org}_{app}"}}},
		},
		{
			name:  "app-of-resource",
			needs: []attribute{{resource, attrResource, []string{"resource"}}},
			match: map[string]string{"resource": `app_(?P<org>[^_]+)_(?P<app>.+)`},
			provides: []attribute{
				{resource, attrOrg, []string{"{org}"}},
				{resource, attrApp, []string{"{app}"}},
			},
		},
		{
			name:     "instance-names",
			needs:    []attribute{{resource, attrInstance, []string{"instance"}}},
			match:    map[string]string{"instance": `(?P<party>[0-9]+)/(?P<guid>[0-9a-f-]{36})`},
			provides: []attribute{{resource, attrResInstance, []string{"{guid}", "urn:altinn:instance-id:{party}/{guid}"}}},
		},
		{
			name:     "organization-of-old-number",
			needs:    []attribute{{subject, attrOldNumber, []string{"number"}}},
			provides: []attribute{{subject, attrOrgNumber, []string{"{number}"}}},
		},
		{
			name:     "owner-of-old-number",
			needs:    []attribute{{resource, attrOldNumber, []string{"number"}}},
			provides: []attribute{{resource, attrOrgNumber, []string{"{number}"}}},
		},
	}
}

// questions records what the services were asked.
type questions struct {
	mu    sync.Mutex
	asked map[string]bool
}

func (q *questions) record(service string, next pip.Provider) pip.Provider {
	return pip.ProviderFunc(func(ctx context.Context, question pip.Question) (pip.Answer, error) {
		var values []string
		for _, v := range question {
			values = append(values, v.String())
		}
		q.mu.Lock()
		q.asked[lookup(service, values)] = true
		q.mu.Unlock()
		return next.Fetch(ctx, question)
	})
}

// sources are the services and derivations as sources that record questions.
func sources(t *testing.T, p *pipData, q *questions) []pip.Source {
	t.Helper()
	var out []pip.Source
	add := func(s pip.Source) {
		s, err := pip.Assemble(s, pip.Config{Local: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	for _, s := range services(p) {
		source := pip.Source{Name: s.name}
		match := make(map[string]string)
		var matched []string
		for _, n := range s.needs {
			source.Needs = append(source.Needs, pip.Need{Name: n.from[0], Key: n.key()})
			match[n.from[0]] = n.from[0]
			matched = append(matched, n.from[0])
		}
		columns := slices.Clone(matched)
		for _, a := range s.provides {
			source.Provides = append(source.Provides, pip.Provided{Key: a.key(), From: a.from, IncludeInResult: a.id == s.include})
			columns = append(columns, a.from...)
		}
		provider, err := static.New(static.Config{
			Table: s.rows.table(matched, columns), Needs: source.Needs, Provides: source.Provides, Match: match,
		})
		if err != nil {
			t.Fatalf("source %q: %v", s.name, err)
		}
		source.Provider = q.record(s.service, provider)
		add(source)
	}
	for _, d := range derivations() {
		source := pip.Source{Name: d.name}
		for _, n := range d.needs {
			source.Needs = append(source.Needs, pip.Need{Name: n.from[0], Key: n.key()})
		}
		for _, a := range d.provides {
			source.Provides = append(source.Provides, pip.Provided{Key: a.key(), From: a.from})
		}
		provider, err := derive.New(derive.Config{Needs: source.Needs, Provides: source.Provides, Match: d.match})
		if err != nil {
			t.Fatalf("source %q: %v", d.name, err)
		}
		source.Provider = provider
		add(source)
	}
	return out
}
