package sql

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

func TestPostgresTypes(t *testing.T) {
	db := postgresDatabase(t)
	for _, tt := range []struct {
		sql  string
		typ  value.Type
		want []string // nil: refused at the start
	}{
		{"'a'::text", value.TypeString, []string{"a"}},
		{"'a'::varchar(3)", value.TypeString, []string{"a"}},
		{"'a'::name", value.TypeString, []string{"a"}},
		{"'B0E5A6F0-0000-4000-8000-000000000001'::uuid", value.TypeString, []string{"b0e5a6f0-0000-4000-8000-000000000001"}},
		{"7::int2", value.TypeInteger, []string{"7"}},
		{"-7::int4", value.TypeString, []string{"-7"}},
		{"9223372036854775807::int8", value.TypeInteger, []string{"9223372036854775807"}},
		{"12345678901234567890::numeric", value.TypeInteger, []string{"12345678901234567890"}},
		{"'07'::text", value.TypeInteger, []string{"7"}},
		{"true", value.TypeBoolean, []string{"true"}},
		{"false", value.TypeBoolean, []string{"false"}},
		{"0.1::float8", value.TypeDouble, []string{"0.1"}},
		{"'-infinity'::float4", value.TypeDouble, []string{"-INF"}},
		{"'2026-01-02'::date", value.TypeDate, []string{"2026-01-02"}},
		{"'10:00:00.5'::time", value.TypeTime, []string{"10:00:00.5"}},
		{"'10:00:00+02'::timetz", value.TypeTime, []string{"10:00:00+02:00"}},
		{"'2026-01-02 03:04:05.678+02'::timestamptz", value.TypeDateTime, []string{"2026-01-02T01:04:05.678Z"}},
		{"'2026-01-02 03:04:05'::timestamp", value.TypeDateTime, []string{"2026-01-02T03:04:05"}},
		{`'\x00fF'::bytea`, value.TypeHexBinary, []string{"00FF"}},
		{`'\x00fF'::bytea`, value.TypeBase64Binary, []string{"AP8="}},
		{"'P1DT2H'::text", value.TypeDayTimeDuration, []string{"P1DT2H"}},
		{"'https://a.example/b'::text", value.TypeAnyURI, []string{"https://a.example/b"}},
		{"null::text", value.TypeString, []string{}},
		{`array['b', null, 'c"\,{}', '', 'b']`, value.TypeString, []string{"b", `c"\,{}`, ""}},
		{"array[[1, 2], [3, null]]", value.TypeInteger, []string{"1", "2", "3"}},
		{"array[true, false]", value.TypeBoolean, []string{"true", "false"}},
		{"array['2026-01-02 03:04:05+00'::timestamptz]", value.TypeDateTime, []string{"2026-01-02T03:04:05Z"}},
		{"'{}'::text[]", value.TypeString, []string{}},
		{"null::text[]", value.TypeString, []string{}},

		{"'a'::char(3)", value.TypeString, nil},
		{"true", value.TypeString, nil},
		{"7", value.TypeBoolean, nil},
		{"1.5::float8", value.TypeInteger, nil},
		{"now()", value.TypeString, nil},
		{"now()", value.TypeDate, nil},
		{"'{}'::jsonb", value.TypeString, nil},
		{"'1 day'::interval", value.TypeDayTimeDuration, nil},
		{"'10.0.0.1'::inet", value.TypeIPAddress, nil},
		{"row(1, 2)", value.TypeString, nil},
	} {
		t.Run(tt.sql+"/"+tt.typ.String(), func(t *testing.T) {
			cfg := byUser(db, "select "+tt.sql+" as role where :user <> ''", false)
			cfg.Provides[0].Key.Type = tt.typ
			if tt.want == nil {
				p, err := New(t.Context(), cfg)
				if err == nil || !strings.Contains(err.Error(), "select it as text") {
					t.Errorf("got %v, %v, want an error", p, err)
				}
				return
			}
			a, err := provider(t, cfg).Fetch(t.Context(), ask("1"))
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, text := range tt.want {
				v, err := value.Parse(tt.typ, text)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, v.String())
			}
			if diff := cmp.Diff(want, texts(a)[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	// Columns of the right type with values that XACML does not have.
	for sql, typ := range map[string]value.Type{
		"'infinity'::date":              value.TypeDate,
		"'0044-03-15 BC'::date":         value.TypeDate,
		"'infinity'::timestamptz":       value.TypeDateTime,
		"1.5::numeric":                  value.TypeInteger,
		"'NaN'::numeric":                value.TypeInteger,
		"array['1', 'x']":               value.TypeInteger,
		"'abc'::text":                   value.TypeHexBinary,
		"array['2026-01-02', 'x']":      value.TypeDate,
		"array[['1', '2'], ['3', 'x']]": value.TypeInteger,
	} {
		cfg := byUser(db, "select "+sql+" as role where :user <> ''", false)
		cfg.Provides[0].Key.Type = typ
		_, err := provider(t, cfg).Fetch(t.Context(), ask("1"))
		wantOutcome(t, err, pip.OutcomeInvalid)
	}
}

// The other form of bytea could be taken for digits.
func TestPostgresEscapedBytes(t *testing.T) {
	for typ, text := range map[value.Type]string{value.TypeHexBinary: "abcd", value.TypeBase64Binary: "abcd"} {
		if v, err := pip.Parse(typ, lexicalBytes(text, typ)); err == nil {
			t.Errorf("got %v, want an error", v)
		}
	}
}

func TestPostgresParameters(t *testing.T) {
	db := postgresDatabase(t)
	parse := func(typ value.Type, text string) value.Value {
		v, err := value.Parse(typ, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct {
		sql  string
		v    value.Value
		want pip.Outcome // empty: it finds the row
		bad  bool        // refused at the start
	}{
		{sql: "7::int4 = :user", v: parse(value.TypeInteger, "07")},
		{sql: "7::int8 = :user", v: value.String("7")},
		{sql: "7::numeric = :user", v: parse(value.TypeInteger, "7")},
		{sql: "true = :user", v: parse(value.TypeBoolean, "1")},
		{sql: "'infinity'::float8 = :user", v: parse(value.TypeDouble, "INF")},
		{sql: "'2026-01-02 03:04:05+00'::timestamptz = :user", v: parse(value.TypeDateTime, "2026-01-02T04:04:05+01:00")},
		{sql: "'b0e5a6f0-0000-4000-8000-000000000001'::uuid = :user", v: value.String("b0e5a6f0-0000-4000-8000-000000000001")},
		{sql: "'2026-01-02' = :user::text", v: parse(value.TypeDate, "2026-01-02")},
		{sql: "7::int4 = :user", v: value.String("seven"), want: pip.OutcomeError},
		{sql: "7::int4 = :user", v: parse(value.TypeInteger, "12345678901234567890"), want: pip.OutcomeError},
		{sql: "7::int8 = :user", v: value.String("07"), want: pip.OutcomeError},
		{sql: "7::int8 = :user", v: value.String("+7"), want: pip.OutcomeError},
		{sql: "7::int2 = :user", v: value.String("32768"), want: pip.OutcomeError},
		{sql: "'b0e5a6f0-0000-4000-8000-000000000001'::uuid = :user", v: value.String("{b0e5a6f0-0000-4000-8000-000000000001}"), want: pip.OutcomeError},
		{sql: "'b0e5a6f0-0000-4000-8000-000000000001'::uuid = :user", v: value.String("B0E5A6F0-0000-4000-8000-000000000001"), want: pip.OutcomeError},
		{sql: "repeat('a', 63)::name = :user", v: value.String(strings.Repeat("a", 63))},
		{sql: "repeat('a', 63)::name = :user", v: value.String(strings.Repeat("a", 63) + "b"), want: pip.OutcomeError},
		{sql: "now() = :user", v: parse(value.TypeDateTime, "1000000-01-02T03:04:05Z"), want: pip.OutcomeError},
		{sql: "7 / (length(:user) - 5) > 0", v: value.String("seven"), want: pip.OutcomeError},
		{sql: "now() > :user", v: value.String("x"), bad: true},
		{sql: "'2026-01-02'::date = :user", v: parse(value.TypeDate, "2026-01-02"), bad: true},
		{sql: "true = :user", v: value.String("true"), bad: true},
		{sql: "'x' = any (:user)", v: value.String("x"), bad: true},
	} {
		t.Run(tt.sql, func(t *testing.T) {
			cfg := byUser(db, "select 'x' as role where "+tt.sql, false)
			cfg.Needs[0].Key.Type = tt.v.Type()
			if tt.bad {
				if _, err := New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), `the parameter ":user" is a `) {
					t.Errorf("got %v, want an error", err)
				}
				return
			}
			a, err := provider(t, cfg).Fetch(t.Context(), pip.Question{tt.v})
			if tt.want != "" {
				wantOutcome(t, err, tt.want, "seven", "123456")
			} else if err != nil || a.Empty() {
				t.Errorf("got %v, %v, want a row", a, err)
			}
		})
	}
}
