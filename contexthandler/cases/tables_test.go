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

// instances are those of the storage. The party is that of the id; an instance
// that is in a task has not ended.
func (p *pipData) instances() (out rows) {
	for id, i := range p.Instances {
		party, _, _ := strings.Cut(id, "/")
		org, app, _ := strings.Cut(i.AppID, "/")
		end := i.EndEvent
		if i.CurrentTask != "" {
			end = ""
		}
		out = append(out, map[string]any{"instance": id, "party": party, "org": org, "app": app, "task": i.CurrentTask, "end": end})
	}
	return out
}

func (p *pipData) roles() (out rows) {
	for _, r := range p.Roles {
		out = append(out, map[string]any{"user": r.UserID, "party": r.PartyID, "role": r.Roles})
	}
	return out
}

func (p *pipData) profiles() (out rows) {
	for _, f := range p.Profiles {
		out = append(out, map[string]any{"user": f.UserID, "person": f.SSN, "uuid": f.PartyUUID})
	}
	return out
}

func (p *pipData) parties() (out rows) {
	kinds := map[string]string{"Organisation": "organization", "Person": "person"}
	for _, y := range p.Parties {
		out = append(out, map[string]any{
			"party": y.PartyID, "uuid": y.PartyUUID, "kind": kinds[y.Type], "organization": y.OrgNumber, "person": y.SSN,
		})
	}
	return out
}

func (p *pipData) estateRoles() (out rows) {
	for _, e := range p.EstateRoles {
		out = append(out, map[string]any{"from": e.FromSSN, "to": e.ToSSN, "role": e.Roles})
	}
	return out
}

func (p *pipData) accessPackages() (out rows) {
	for _, a := range p.AccessPackages {
		out = append(out, map[string]any{"to": a.ToUUID, "from": a.FromUUID, "package": a.Packages})
	}
	return out
}

func (p *pipData) accessLists() (out rows) {
	for _, a := range p.AccessLists {
		out = append(out, map[string]any{"member": a.PartyUUID, "list": a.AccessLists})
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
