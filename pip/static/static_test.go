package static

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// key is a subject attribute.
func key(id string, t value.Type) xacml.AttributeKey {
	return xacml.AttributeKey{Category: xacml.CategoryAccessSubject, ID: id, Type: t}
}

// roles is a source of roles and levels by user and party.
func roles(table Table) Config {
	return Config{
		Table: table,
		Needs: []pip.Need{
			{Name: "user", Key: key("urn:altinn:userid", value.TypeString)},
			{Name: "party", Key: key("urn:altinn:partyid", value.TypeInteger)},
		},
		Provides: []pip.Provided{
			{Key: key("urn:altinn:rolecode", value.TypeString), From: []string{"role", "extra"}},
			{Key: key("urn:altinn:level", value.TypeInteger), From: []string{"level"}},
		},
		Match: map[string]string{"user": "uid", "party": "pid"},
	}
}

// fetched asks for a user and party and gives the values of each bag.
func fetched(t *testing.T, p pip.Provider, user, party string) [][]string {
	t.Helper()
	v, err := value.Parse(value.TypeInteger, party)
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Fetch(t.Context(), pip.Question{value.String(user), v})
	if err != nil {
		t.Fatal(err)
	}
	var bags [][]string
	for _, b := range a.Bags {
		var values []string
		for _, v := range b.Values() {
			values = append(values, v.String())
		}
		bags = append(bags, values)
	}
	return bags
}

const rolesYAML = `# who is what
columns: [uid, pid, role, extra, level, note]
rows:
  - {uid: 1, pid: 1000, role: [regna, dagl], extra: priv, level: 3}
  - uid: "1"
    pid: 001000
    role: [dagl, apiadm, null]
    note: once more
  - {uid: 0012, pid: [7, 8], role: a}
  - {uid: [x, y], pid: 7, role: "b "}
  - {uid: true, pid: 7, role: 1e3, level: null}
`

const rolesJSON = `{
  "columns": ["uid", "pid", "role", "extra", "level", "note"],
  "rows": [
    {"uid": 1, "pid": 1000, "role": ["regna", "dagl"], "extra": "priv", "level": 3},
    {"uid": "1", "pid": "001000", "role": ["dagl", "apiadm", null], "note": "once more"},
    {"uid": "0012", "pid": [7, 8], "role": "a"},
    {"uid": ["x", "y"], "pid": 7, "role": "b "},
    {"uid": true, "pid": 7, "role": 1e3, "level": null}
  ]
}`

func TestStatic(t *testing.T) {
	tests := []struct {
		user, party string
		want        [][]string
	}{
		{"1", "1000", [][]string{{"regna", "dagl", "priv", "apiadm"}, {"3"}}},
		{"1", "1001", [][]string{nil, nil}},
		{"0012", "7", [][]string{{"a"}, nil}},
		{"0012", "8", [][]string{{"a"}, nil}},
		{"12", "7", [][]string{nil, nil}},
		{"10", "7", [][]string{nil, nil}},
		{"x", "7", [][]string{{"b "}, nil}},
		{"y", "7", [][]string{{"b "}, nil}},
		{"X", "7", [][]string{nil, nil}},
		{"x ", "7", [][]string{nil, nil}},
		{"true", "7", [][]string{{"1e3"}, nil}},
	}
	for name, data := range map[string]string{"roles.yaml": rolesYAML, "roles.json": rolesJSON} {
		table, err := Parse(name, []byte(data))
		if err != nil {
			t.Fatal(err)
		}
		p, err := New(roles(table))
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%s/%q,%s", name, tt.user, tt.party), func(t *testing.T) {
				if diff := cmp.Diff(tt.want, fetched(t, p, tt.user, tt.party)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestReadFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "roles.yml")
	if err := os.WriteFile(name, []byte("- {uid: 1, pid: 2, role: a}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want := Table{File: name, Rows: []Row{{Line: 1, Cells: map[string][]string{"uid": {"1"}, "pid": {"2"}, "role": {"a"}}}}}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := ReadFile(name + ".none"); err == nil {
		t.Error("got no error for a file that is not there")
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{"t.yaml", "", "t.yaml:1: the document is empty"},
		{"t.yaml", "rows: []\nrow: []\n", `t.yaml:2: unknown key "row"`},
		{"t.yaml", "columns: [a]\n", "the key rows is missing"},
		{"t.yaml", "rows: 7\n", "t.yaml:1: rows are a list"},
		{"t.yaml", "- {a: 1}\n- 7\n", "t.yaml:2: a map is expected"},
		{"t.yaml", "- {a: 1}\n- a: {b: 1}\n", "t.yaml:2: a scalar is expected"},
		{"t.yaml", "- a: [[1]]\n", "t.yaml:1: a scalar is expected"},
		{"t.yaml", "- a: &x 1\n- a: *x\n", "t.yaml:1: a scalar is expected"},
		{"t.yaml", "- a: !!str 1\n", "t.yaml:1: a scalar is expected"},
		{"t.yaml", "- a: 1\n  a: 2\n", "t.yaml:2: "},
		{"t.yaml", "- {a: 1\n", "t.yaml:"},
		{"t.yaml", "- {a: 1}\n---\n- {a: 2}\n", "a table is one document"},
		{"t.yaml", "- {a: \xff}\n", "not UTF-8"},
		{"t.json", ``, "t.json:1: the text is not JSON"},
		{"t.json", `7`, "t.json:1: an object is expected"},
		{"t.json", "[\n{\"a\": 1},\n7]", "t.json:3: an object is expected"},
		{"t.json", `[{"a": 1, "a": 2}]`, `t.json:1: the key "a" occurs twice`},
		{"t.json", `[{"a": {}}]`, "t.json:1: a scalar"},
		{"t.json", `[{"a": [[]]}]`, "t.json:1: a scalar"},
		{"t.json", "{\"rows\": [],\n\"row\": []}", `t.json:2: unknown key "row"`},
		{"t.json", `{"columns": []}`, "the key rows is missing"},
		{"t.json", `{"rows": 7}`, "rows are a list"},
		{"t.json", `[] []`, "text follows"},
		{"t.json", `[] x`, "text follows"},
		{"t.json", `[{"a": 1}`, "not JSON"},
		{"t.txt", "a,b", "t.txt: a table is a .yaml, .yml, .json or .csv file"},
		{"t.csv", "", "t.csv:1: the names of the columns are missing"},
		{"t.csv", "a,b\n1\n", "t.csv:2: wrong number of fields"},
		{"t.csv", "a,b\n1,\"2\n", "t.csv:2: extraneous or missing \" in quoted-field"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s/%q", tt.name, tt.data), func(t *testing.T) {
			if _, err := Parse(tt.name, []byte(tt.data)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	row := func(cells map[string][]string) func(*Config) {
		return func(c *Config) { c.Table.Rows = append(c.Table.Rows, Row{Cells: cells}) }
	}
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	tests := []struct {
		name   string
		change func(c *Config)
		want   string
	}{
		{"bad provided value", row(map[string][]string{"uid": {"1"}, "pid": {"1"}, "level": {"three"}}), `row 2: column "level": a value is not a lexical form of the data type integer`},
		{"bad matched value", row(map[string][]string{"uid": {"1"}, "pid": {"1e3"}}), `row 2: column "pid"`},
		{"missing matched value", row(map[string][]string{"uid": {"1"}}), `row 2: column "pid": a value is missing`},
		{"unknown column in a row", row(map[string][]string{"uid": {"1"}, "pid": {"1"}, "rol": {"a"}}), `row 2: unknown column "rol"`},
		{"too many combinations", row(map[string][]string{"uid": many, "pid": many}), "more than 10000 combinations"},
		{"need without match", func(c *Config) { delete(c.Match, "user") }, `need "user"`},
		{"match without need", func(c *Config) { c.Match["org"] = "uid" }, `unknown need "org"`},
		{"match of undeclared column", func(c *Config) { c.Table.Columns = []string{"pid", "role", "extra", "level"} }, `unknown column "uid"`},
		{"provided undeclared column", func(c *Config) { c.Table.Columns = []string{"uid", "pid", "extra", "level"} }, `unknown column "role"`},
		{"column twice", func(c *Config) { c.Table.Columns = []string{"uid", "pid", "role", "extra", "level", "uid"} }, "declared twice"},
		{"provided without column", func(c *Config) { c.Provides[0].From = nil }, "has no column"},
		{"declaration", func(c *Config) { c.Needs[0].Name = "" }, "need 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := roles(Table{Rows: []Row{{Cells: map[string][]string{"uid": {"1"}, "pid": {"2"}, "role": {"a"}}}}})
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

func TestNewNamesEveryBadRow(t *testing.T) {
	table, err := Parse("roles.yaml", []byte("- {uid: 1, pid: x}\n- {uid: 1, pid: 1}\n- {uid: 1, pid: 1, level: x}\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(roles(table))
	for _, want := range []string{"roles.yaml:1: ", "roles.yaml:3: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// A source without needs answers with the whole table.
func TestStaticWithoutNeeds(t *testing.T) {
	p, err := New(Config{
		Table:    Table{Rows: []Row{{Cells: map[string][]string{"level": {"3"}}}, {Cells: map[string][]string{"level": {"4", "03"}}}}},
		Provides: []pip.Provided{{Key: key("level", value.TypeInteger), From: []string{"level"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Fetch(t.Context(), pip.Question{})
	if err != nil || a.Bags[0].Len() != 2 {
		t.Errorf("got %v, %v, want 3 and 4", a, err)
	}
}

// FuzzParse: a table is read or refused, in both syntaxes.
func FuzzParse(f *testing.F) {
	f.Add(rolesYAML)
	f.Add(rolesJSON)
	f.Add("- a: &x [1]\n- a: *x\n")
	f.Add("rows:\n- ? a\n  : 1\n")
	f.Fuzz(func(t *testing.T, data string) {
		defer bounds.Check(t)()
		for _, name := range []string{"t.yaml", "t.json"} {
			table, err := Parse(name, []byte(data))
			if err != nil {
				continue
			}
			_, _ = New(roles(table))
		}
	})
}

// A letter in two characters is the one in one, as it is to policies, in the table and in
// the question.
func TestNormalForm(t *testing.T) {
	const composed, decomposed = "\u00c5se", "A\u030ase"
	for _, written := range []string{composed, decomposed} {
		p, err := New(roles(Table{Rows: []Row{{Cells: map[string][]string{"uid": {written}, "pid": {"7"}, "role": {"locked"}}}}}))
		if err != nil {
			t.Fatal(err)
		}
		for _, asked := range []string{composed, decomposed} {
			if got := fetched(t, p, asked, "7"); len(got[0]) != 1 {
				t.Errorf("table %q, question %q: got %v, want the role", written, asked, got)
			}
		}
	}
}
