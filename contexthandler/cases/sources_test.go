package cases

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/derive"
	"github.com/forseti-pdp/forseti/pip/static"
)

// service is what stands behind a source in place of a service of the platform.
type service struct {
	// name is what the cases call it.
	name string
	// rows have a column for each need, by its name, and for each attribute that is
	// provided, by its id.
	rows rows
	// asked is what the cases write down of a question; nil stands for all its values.
	asked func(question []string) []string
}

// services are those behind the sources, by the name of the source. Some are for
// callers outside only, and feature flags switch others.
func (p *pipData) services() map[string]service {
	all := map[string]service{
		"instance": {name: "storage.authinfo", rows: p.instances(), asked: func(q []string) []string {
			return []string{strings.Join(q, "/")}
		}},
		"party-of-organization": {name: "register.lookup", rows: p.parties()},
		"party-of-uuid":         {name: "register.partiesByUuid", rows: p.parties()},
		"uuid-of-party":         {name: "register.partiesById", rows: p.parties()},
		"party":                 {name: "register.party", rows: p.parties()},
		"profile":               {name: "profile.byUserId", rows: p.profiles()},
		"roles":                 {name: "roles", rows: p.roles()},
		"estate-roles":          {name: "oedRoles", rows: p.estateRoles()},
		"party-type":            {name: "register.partiesByUuid", rows: p.parties()},
		"access-lists": {name: "accessLists.byMember", rows: p.accessLists(), asked: func(q []string) []string {
			return []string{strings.TrimPrefix(q[0], partyURN)}
		}},
		"access-list-mode": {name: "resource", rows: p.resources()},
		"access-list":      {name: "accessLists.membership", rows: p.memberships()},
	}
	if p.API == "external" {
		all["party-of-person"] = service{name: "register.lookup", rows: p.parties()}
		all["user-of-person"] = service{name: "profile.bySsn", rows: p.profiles()}
		all["own-party-of-organization"] = service{name: "register.lookup", rows: p.parties()}
	}
	if p.FeatureFlags.SystemUserPackages {
		all["system-user-packages"] = service{name: "accessPackages", rows: p.accessPackages()}
	}
	if p.FeatureFlags.UserPackages {
		all["user-packages"] = service{name: "accessPackages", rows: p.accessPackages()}
	}
	return all
}

// questions records what the services were asked.
type questions struct {
	mu    sync.Mutex
	asked map[string]bool
}

func (q *questions) record(s service, next pip.Provider) pip.Provider {
	return pip.ProviderFunc(func(ctx context.Context, question pip.Question) (pip.Answer, error) {
		var values []string
		for _, v := range question {
			values = append(values, v.String())
		}
		if s.asked != nil {
			values = s.asked(values)
		}
		q.mu.Lock()
		q.asked[lookup(s.name, values)] = true
		q.mu.Unlock()
		return next.Fetch(ctx, question)
	})
}

// sources are those of the profile: the services as tables that record questions.
func (p *profile) sources(t *testing.T, data *pipData, q *questions) []pip.Source {
	t.Helper()
	services := data.services()
	var out []pip.Source
	for _, d := range listed(p.Sources) {
		source := pip.Source{Name: d.Name, Fallback: d.Fallback}
		for _, n := range d.Needs {
			source.Needs = append(source.Needs, pip.Need{Name: n.Name, Key: p.key(t, n.Attribute, n.Category)})
		}
		for _, a := range d.Provides {
			source.Provides = append(source.Provides, pip.Provided{
				Key: p.key(t, a.Attribute, a.Category), From: a.From, IncludeInResult: a.IncludeInResult,
			})
		}
		s, served := services[d.Name]
		var err error
		switch {
		case d.Kind == "derive":
			source.Provider, err = derive.New(derive.Config{Needs: source.Needs, Provides: source.Provides, Match: d.Derive.Match})
		case served:
			var table pip.Provider
			table, err = s.table(&source)
			source.Provider = q.record(s, table)
		default:
			continue
		}
		if err == nil {
			source, err = pip.Assemble(source, pip.Config{Local: true}, nil)
		}
		if err != nil {
			t.Fatalf("source %q: %v", d.Name, err)
		}
		out = append(out, source)
	}
	return out
}

// table makes the provider of a source of the rows of the service.
func (s service) table(source *pip.Source) (pip.Provider, error) {
	match := make(map[string]string)
	var matched, columns []string
	for _, n := range source.Needs {
		match[n.Name] = n.Name
		matched = append(matched, n.Name)
	}
	columns = slices.Clone(matched)
	for i := range source.Provides {
		a := &source.Provides[i]
		a.From = []string{a.Key.ID}
		columns = append(columns, a.Key.ID)
	}
	return static.New(static.Config{Table: s.rows.table(matched, columns), Needs: source.Needs, Provides: source.Provides, Match: match})
}

// listed puts what the cases know in place of the service that answers for one action
// whether a list allows it: they hold the lists, with the actions that each allows, and
// the gate compares.
func listed(sources []declaration) []declaration {
	var out []declaration
	for _, d := range sources {
		switch d.Name {
		case "access-list-action":
			continue
		case "access-list":
			d.Needs = slices.Clone(d.Needs[:2])
			d.Provides = slices.Clone(d.Provides)
			d.Provides[0].Attribute = attrListAction
		}
		out = append(out, d)
	}
	return out
}

// Every source of the profile that asks a service has a table here, or it would be left
// out of all cases.
func TestAltinnSources(t *testing.T) {
	data := &pipData{API: "external"}
	data.FeatureFlags.SystemUserPackages, data.FeatureFlags.UserPackages = true, true
	services := data.services()
	for _, d := range theProfile(t).Sources {
		if _, served := services[d.Name]; !served && d.Kind != "derive" {
			t.Errorf("source %q of the profile has no table", d.Name)
		}
		delete(services, d.Name)
	}
	for name := range services {
		t.Errorf("source %q is not in the profile", name)
	}
}
