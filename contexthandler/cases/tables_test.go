package cases

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/forseti-pdp/forseti/pip/static"
)

// pipData is pip.json: what the services behind the platform know, and which
// of them the platform asked.
type pipData struct {
	API          string `json:"api"`
	FeatureFlags struct {
		SystemUserPackages bool `json:"SystemUserAccessPackageAuthorization"`
		UserPackages       bool `json:"UserAccessPackageAuthorization"`
	} `json:"featureFlags"`
	Instances map[string]struct {
		AppID       string `json:"appId"`
		CurrentTask string `json:"currentTask"`
		EndEvent    string `json:"endEvent"`
	} `json:"instances"`
	Roles []struct {
		UserID  int      `json:"userId"`
		PartyID int      `json:"partyId"`
		Roles   []string `json:"roles"`
	} `json:"roles"`
	Profiles []struct {
		UserID    int    `json:"userId"`
		SSN       string `json:"ssn"`
		PartyUUID string `json:"partyUuid"`
	} `json:"profiles"`
	Parties []struct {
		PartyID   int    `json:"partyId"`
		PartyUUID string `json:"partyUuid"`
		Type      string `json:"type"`
		OrgNumber string `json:"orgNumber"`
		SSN       string `json:"ssn"`
	} `json:"parties"`
	EstateRoles []struct {
		FromSSN string   `json:"fromSsn"`
		ToSSN   string   `json:"toSsn"`
		Roles   []string `json:"roles"`
	} `json:"oedRoles"`
	AccessPackages []struct {
		ToUUID   string   `json:"toUuid"`
		FromUUID string   `json:"fromUuid"`
		Packages []string `json:"packages"`
	} `json:"accessPackages"`
	AccessLists []struct {
		PartyUUID   string   `json:"partyUuid"`
		AccessLists []string `json:"accessLists"`
	} `json:"accessListsByMember"`
	Memberships []struct {
		OrgNumber   string `json:"orgNumber"`
		Resource    string `json:"resource"`
		Memberships []struct {
			ActionFilters []string `json:"actionFilters"` // null: there is no filter
		} `json:"memberships"`
	} `json:"accessListMemberships"`
	Resources []struct {
		Identifier     string `json:"identifier"`
		AccessListMode string `json:"accessListMode"`
	} `json:"resources"`
	Lookups []struct {
		Source string `json:"source"`
		Key    any    `json:"key"`
	} `json:"lookups"`
}

// rows are the cells of a table; "" and 0 are no value.
type rows []map[string]any

// table makes a table of these columns of the rows, without the rows that lack a
// value in a column that is matched.
func (r rows) table(matched, columns []string) static.Table {
	var t static.Table
	for _, cells := range r {
		row := static.Row{Cells: make(map[string][]string)}
		for _, column := range columns {
			row.Cells[column] = texts(cells[column])
		}
		if !slices.ContainsFunc(matched, func(column string) bool { return len(row.Cells[column]) == 0 }) {
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func texts(cell any) []string {
	switch cell := cell.(type) {
	case []string:
		return cell
	case int:
		if cell != 0 {
			return []string{strconv.Itoa(cell)}
		}
	case string:
		if cell != "" {
			return []string{cell}
		}
	}
	return nil
}

// instances are those of the storage. An instance that is in a task has not ended.
func (p *pipData) instances() (out rows) {
	for id, i := range p.Instances {
		party, guid, _ := strings.Cut(id, "/")
		end := i.EndEvent
		if i.CurrentTask != "" {
			end = ""
		}
		out = append(out, map[string]any{
			"party": party, "guid": guid, attrInstanceApp: i.AppID, attrTask: i.CurrentTask, attrEndEvent: end,
		})
	}
	return out
}

func (p *pipData) roles() (out rows) {
	for _, r := range p.Roles {
		out = append(out, map[string]any{"user": r.UserID, "party": r.PartyID, attrRole: r.Roles})
	}
	return out
}

func (p *pipData) profiles() (out rows) {
	for _, f := range p.Profiles {
		out = append(out, map[string]any{
			"user": f.UserID, "person": f.SSN, attrUser: f.UserID, attrPerson: f.SSN, attrPartyUUID: f.PartyUUID,
		})
	}
	return out
}

func (p *pipData) parties() (out rows) {
	for _, y := range p.Parties {
		out = append(out, map[string]any{
			"party": y.PartyID, "uuid": y.PartyUUID, "organization": y.OrgNumber, "person": y.SSN,
			attrParty: y.PartyID, attrNamedParty: y.PartyID, attrPartyUUID: y.PartyUUID, attrOrganization: y.OrgNumber, attrPerson: y.SSN, attrTypeCode: y.Type,
		})
	}
	return out
}

func (p *pipData) estateRoles() (out rows) {
	for _, e := range p.EstateRoles {
		out = append(out, map[string]any{"from": e.FromSSN, "to": e.ToSSN, attrEstateRole: e.Roles})
	}
	return out
}

func (p *pipData) accessPackages() (out rows) {
	for _, a := range p.AccessPackages {
		out = append(out, map[string]any{"to": a.ToUUID, "from": a.FromUUID, attrPackageURN: prefixed("urn:altinn:accesspackage:", a.Packages)})
	}
	return out
}

// partyURN is what the URN of a party begins with, before its uuid.
const partyURN = "urn:altinn:party:uuid:"

func (p *pipData) accessLists() (out rows) {
	for _, a := range p.AccessLists {
		out = append(out, map[string]any{"party": partyURN + a.PartyUUID, attrAccessList: a.AccessLists})
	}
	return out
}

func (p *pipData) resources() (out rows) {
	for _, r := range p.Resources {
		out = append(out, map[string]any{"resource": r.Identifier, attrListMode: r.AccessListMode})
	}
	return out
}

// memberships are those of access lists, with the actions that they allow: all of
// them if there is no filter.
func (p *pipData) memberships() (out rows) {
	for _, m := range p.Memberships {
		for _, list := range m.Memberships {
			actions := list.ActionFilters
			if actions == nil {
				actions = []string{"*"}
			}
			out = append(out, map[string]any{"organization": m.OrgNumber, "resource": m.Resource, attrListAction: actions})
		}
	}
	return out
}

func prefixed(prefix string, texts []string) (out []string) {
	for _, s := range texts {
		out = append(out, prefix+s)
	}
	return out
}

// recorded are the lookups that the platform made, each once.
func (p *pipData) recorded() map[string]bool {
	out := make(map[string]bool)
	for _, l := range p.Lookups {
		out[lookup(l.Source, scalars(l.Key))] = true
	}
	return out
}

// lookup is a question to a service, whatever the order of its parameters.
func lookup(service string, values []string) string {
	slices.Sort(values)
	return service + "(" + strings.Join(values, ", ") + ")"
}

// scalars are the scalars in a JSON value.
func scalars(v any) (out []string) {
	switch v := v.(type) {
	case nil:
	case []any:
		for _, e := range v {
			out = append(out, scalars(e)...)
		}
	case map[string]any:
		for _, e := range v {
			out = append(out, scalars(e)...)
		}
	case float64:
		out = append(out, strconv.FormatFloat(v, 'f', -1, 64))
	default:
		out = append(out, fmt.Sprint(v))
	}
	return out
}
