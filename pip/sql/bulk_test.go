package sql

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// The bulk queries of the table roles, for each kind of database.
const (
	sqliteBulk = `select r.user_id, r.party_id, r.role, r.level from json_each(:user) u join json_each(:party) p on p.key = u.key
		join roles r on r.user_id = u.value and r.party_id = p.value order by r.rowid`
	postgresBulk = `select r.user_id, r.party_id, r.role, r.level from unnest(:user::text[], :party::text[]) as k (u, p)
		join roles r on r.user_id = k.u and r.party_id = k.p order by r.id`
)

// bulkRoles is a configuration of each kind of database.
func bulkRoles(t *testing.T, kind string) Config {
	t.Helper()
	var cfg Config
	if kind == "sqlite" {
		cfg = roles(database(t))
		cfg.Bulk = sqliteBulk
	} else {
		cfg = roles(postgresDatabase(t))
		cfg.Bulk = postgresBulk
	}
	cfg.Query = "select user_id, party_id, role, level from roles where user_id = :user and party_id = :party"
	cfg.Echo = map[string]string{"user": "user_id", "party": "party_id"}
	return cfg
}

// bulk is New with a good configuration.
func bulk(t *testing.T, cfg Config) pip.BulkProvider {
	t.Helper()
	b, ok := provider(t, cfg).Bulk()
	if !ok {
		t.Fatal("the provider has no bulk query")
	}
	return b
}

func TestFetchAll(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			b := bulk(t, bulkRoles(t, kind))
			qs := []pip.Question{
				ask("1", "1000"), ask("1", "1001"), ask("o'neil", "7"), ask("bad", "7"), ask("nobody", "7"),
				ask(`a"b\c,{}`, "7"), ask("", ""), ask("NULL", "7"),
			}
			want := [][][]string{
				{{"regna", "dagl"}, {"3", "4"}},
				{nil, nil},
				{{"o"}, {"1"}},
				nil,
				{nil, nil},
				{{"quote"}, nil},
				{nil, nil},
				{nil, nil},
			}
			replies := b.FetchAll(t.Context(), qs)
			if len(replies) != len(qs) {
				t.Fatalf("got %d replies, want %d", len(replies), len(qs))
			}
			for i, r := range replies {
				if want[i] == nil {
					// One row that is garbage is the trouble of one question.
					wantOutcome(t, r.Err, pip.OutcomeInvalid, "three")
					continue
				}
				if diff := cmp.Diff(want[i], texts(r.Answer)); r.Err != nil || diff != "" {
					t.Errorf("question %d: error %v (-want +got):\n%s", i, r.Err, diff)
				}
				// One at a time gives the same.
				if a, err := b.Fetch(t.Context(), qs[i]); err != nil || !cmp.Equal(texts(a), texts(r.Answer)) {
					t.Errorf("question %d alone: got %q, %v, want %q", i, texts(a), err, texts(r.Answer))
				}
			}
		})
	}
}

// More questions than one query takes.
func TestFetchAllInParts(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			qs := slices.Repeat([]pip.Question{ask("2", "2")}, maxKeys)
			qs = append(qs, ask("1", "1000"))
			replies := bulk(t, bulkRoles(t, kind)).FetchAll(t.Context(), qs)
			if len(replies) != len(qs) || replies[0].Err != nil || !replies[0].Answer.Empty() {
				t.Fatalf("got %d replies, the first %v, want %d", len(replies), replies[0], len(qs))
			}
			if got := texts(replies[maxKeys].Answer); len(got) == 0 || len(got[0]) != 2 {
				t.Errorf("got %q, want two roles", got)
			}
		})
	}
}

// A row about somebody who was not asked for means that the query is not what we
// think it is: nobody gets an answer.
func TestFetchAllOfSomebodyElse(t *testing.T) {
	queries := map[string]string{
		"sqlite":   "select 'x' as user_id, '7' as party_id, 'r' as role, 1 as level where json_array_length(:user) > 0 and :party is not null",
		"postgres": "select 'x' as user_id, '7' as party_id, 'r' as role, 1 as level where cardinality(:user::text[]) > 0 and :party::text[] is not null",
	}
	for kind, query := range queries {
		t.Run(kind, func(t *testing.T) {
			cfg := bulkRoles(t, kind)
			cfg.Bulk = query
			b := bulk(t, cfg)
			if r := b.FetchAll(t.Context(), []pip.Question{ask("x", "7")}); r[0].Err != nil {
				t.Error(r[0].Err)
			}
			for _, r := range b.FetchAll(t.Context(), []pip.Question{ask("1", "1000"), ask("X", "7")}) {
				wantOutcome(t, r.Err, pip.OutcomeInvalid, "x")
			}
		})
	}
}

func TestFetchAllOfIntegers(t *testing.T) {
	queries := map[string]string{
		"sqlite":   "select u.value as echo, 'r' || u.value as role from json_each(:user) u where typeof(u.value) = 'integer'",
		"postgres": "select u as echo, 'r' || u as role from unnest(:user::int8[]) u",
	}
	for kind, query := range queries {
		t.Run(kind, func(t *testing.T) {
			cfg := bulkRoles(t, kind)
			cfg = byUser(cfg.DB, "select 0 as echo, '' as role where :user is null", true)
			if kind == "postgres" {
				cfg.Query = "select 0 as echo, '' as role where :user::int8 is null"
			}
			cfg.Needs[0].Key.Type = value.TypeInteger
			cfg.Bulk = query
			replies := bulk(t, cfg).FetchAll(t.Context(), []pip.Question{{value.NewInteger(7)}, {value.NewInteger(-8)}})
			for i, want := range []string{"r7", "r-8"} {
				if got := texts(replies[i].Answer); replies[i].Err != nil || got[0][0] != want {
					t.Errorf("got %q, %v, want %s", got, replies[i].Err, want)
				}
			}
		})
	}
}

// A value that the database refuses is the trouble of one question.
func TestFetchAllWithGarbage(t *testing.T) {
	cfg := byUser(postgresDatabase(t), "select :user::int8 as echo, '' as role where false", true)
	cfg.Bulk = "select u as echo, 'r' || u as role from unnest(:user::int8[]) u"
	replies := bulk(t, cfg).FetchAll(t.Context(), []pip.Question{ask("seven"), ask("7"), ask("9223372036854775808"), ask("\x00"), ask("8")})
	for i, want := range []string{"", "r7", "", "", "r8"} {
		if want == "" {
			wantOutcome(t, replies[i].Err, pip.OutcomeError, "seven", "9223")
		} else if got := texts(replies[i].Answer); replies[i].Err != nil || got[0][0] != want {
			t.Errorf("got %q, %v, want %s", got, replies[i].Err, want)
		}
	}
}

// A text that JSON cannot carry to the query as it is must not spoil the replies to
// the questions that it is asked with.
func TestFetchAll_TextThatJSONChanges(t *testing.T) {
	b := bulk(t, bulkRoles(t, "sqlite"))
	for _, bad := range []string{"1\x00", "1\x00x", "\xff", "o'neil\x00"} {
		replies := b.FetchAll(t.Context(), []pip.Question{ask("1", "1000"), ask(bad, "1000"), ask(bad, "7")})
		if replies[0].Err != nil {
			t.Errorf("%q: got %v for another question", bad, replies[0].Err)
		} else if diff := cmp.Diff([][]string{{"regna", "dagl"}, {"3", "4"}}, texts(replies[0].Answer)); diff != "" {
			t.Errorf("%q: another question: %s", bad, diff)
		}
	}
}
