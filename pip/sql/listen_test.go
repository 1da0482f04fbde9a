package sql

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

func TestParseNotification(t *testing.T) {
	subject := func(id, v string) AttributeValue { return AttributeValue{xacml.CategoryAccessSubject, id, v} }
	for _, tt := range []struct {
		payload string
		want    Notification
		bad     bool
	}{
		{payload: `{}`},
		{payload: `{"source": "roles"}`, want: Notification{Source: "roles"}},
		{
			payload: `{"source" : "roles", "subject" : {"urn:altinn:userid" : "1"}}`,
			want:    Notification{Source: "roles", Values: []AttributeValue{subject("urn:altinn:userid", "1")}},
		},
		{
			payload: `{"subject": {"a": -7, "b": "x"}, "resource": {"c": "é"}, "urn:x:category": {"d": ""}}`,
			want: Notification{Values: []AttributeValue{
				subject("a", "-7"), subject("b", "x"), {xacml.CategoryResource, "c", "é"}, {"urn:x:category", "d", ""},
			}},
		},
		{payload: ``, bad: true},
		{payload: `null`, bad: true},
		{payload: `[]`, bad: true},
		{payload: `"roles"`, bad: true},
		{payload: `roles`, bad: true},
		{payload: `{"source": "roles"`, bad: true},
		{payload: `{"source": "roles"} {}`, bad: true},
		{payload: `{"source": "roles"}}`, bad: true},
		{payload: `{"source": ""}`, bad: true},
		{payload: `{"source": null}`, bad: true},
		{payload: `{"source": "a", "source": "b"}`, bad: true},
		{payload: `{"subject": {"a": "1", "a": "2"}}`, bad: true},
		{payload: `{"subject": {"a": "1"}, "subject": {}}`, bad: true},
		{payload: `{"subject": "a"}`, bad: true},
		{payload: `{"subject": {"a": null}}`, bad: true},
		{payload: `{"subject": {"a": true}}`, bad: true},
		{payload: `{"subject": {"a": 1.5}}`, bad: true},
		{payload: `{"subject": {"a": 1e3}}`, bad: true},
		{payload: `{"subject": {"a": ["1"]}}`, bad: true},
		{payload: `{"subjects": {"a": "1"}}`, bad: true},
		{payload: `{"Source": "roles"}`, bad: true},
	} {
		got, ok := parseNotification(tt.payload)
		if ok == tt.bad {
			t.Errorf("%s: got ok %t", tt.payload, ok)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.payload, diff)
		}
	}
}

// FuzzParseNotification: what is not understood says nothing, so that everything
// is forgotten.
func FuzzParseNotification(f *testing.F) {
	f.Add(`{"source": "roles", "subject": {"urn:altinn:userid": "1"}}`)
	f.Add(`{"subject": {"a": -7}}`)
	f.Fuzz(func(t *testing.T, payload string) {
		n, ok := parseNotification(payload)
		if !ok && (n.Source != "" || len(n.Values) > 0) {
			t.Errorf("got %v of what is not understood", n)
		}
	})
}

func TestNotificationMatch(t *testing.T) {
	user := pip.Need{Name: "user", Key: key("urn:altinn:userid", value.TypeString)}
	level := pip.Need{Name: "level", Key: key("level", value.TypeInteger)}
	dn := pip.Need{Name: "dn", Key: key("dn", value.TypeX500Name)}
	kari, err := value.Parse(value.TypeX500Name, "cn=kari,o=example")
	if err != nil {
		t.Fatal(err)
	}
	n := func(payload string) Notification {
		n, _ := parseNotification(payload)
		return n
	}
	for _, tt := range []struct {
		payload string
		needs   []pip.Need
		match   []pip.Question // nil: all questions are concerned
		other   []pip.Question
	}{
		{payload: `{}`, needs: []pip.Need{user}},
		{payload: `garbage`, needs: []pip.Need{user}},
		{payload: `{"subject": {"urn:altinn:partyid": "1"}}`, needs: []pip.Need{user}},
		{payload: `{"resource": {"urn:altinn:userid": "1"}}`, needs: []pip.Need{user}},
		{payload: `{"subject": {"level": "three"}}`, needs: []pip.Need{level}},
		{payload: `{"subject": {"urn:altinn:userid": 1}}`, needs: []pip.Need{user}, match: []pip.Question{ask("1")}, other: []pip.Question{ask("2"), ask("01"), ask("")}},
		{payload: `{"subject": {"urn:altinn:userid": "alice"}}`, needs: []pip.Need{user}, match: []pip.Question{ask("alice"), ask("ALICE"), ask("alice ")}, other: []pip.Question{ask("alic")}},
		{payload: `{"subject": {"dn": "OID.2.5.4.3=Kari; O=Example"}}`, needs: []pip.Need{dn}, match: []pip.Question{{kari}}, other: []pip.Question{{value.String("cn=ola")}}},
		{
			payload: `{"subject": {"urn:altinn:userid": "1", "level": "03", "other": "x"}}`, needs: []pip.Need{level, user},
			match: []pip.Question{{value.NewInteger(3), value.String("1")}},
			other: []pip.Question{{value.NewInteger(3), value.String("2")}, {value.NewInteger(4), value.String("1")}},
		},
	} {
		match := n(tt.payload).Match(tt.needs)
		if (match == nil) != (tt.match == nil) {
			t.Errorf("%s: got a match %t, want %t", tt.payload, match != nil, tt.match != nil)
			continue
		}
		for _, q := range tt.match {
			if !match(q) {
				t.Errorf("%s: %v is not concerned", tt.payload, q)
			}
		}
		for _, q := range tt.other {
			if match(q) {
				t.Errorf("%s: %v is concerned", tt.payload, q)
			}
		}
	}
	two := Notification{Values: []AttributeValue{{user.Key.Category, user.Key.ID, "u1"}, {user.Key.Category, user.Key.ID, "1"}}}.Match([]pip.Need{user})
	if !two(ask("u1")) || !two(ask("1")) || two(ask("2")) {
		t.Error("written in two ways: the wrong questions are concerned")
	}
	if roles := n(`{"source": "roles"}`); !roles.Concerns("roles") || roles.Concerns("Roles") || !n(`{}`).Concerns("roles") {
		t.Error("the wrong sources are concerned")
	}
}

// heard is a notification and when it came.
type heard struct {
	Notification
	at time.Time
}

// listen runs Listen until the test ends.
func listen(t *testing.T, cfg ListenConfig) <-chan heard {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	said := make(chan heard, 1000)
	done := make(chan error)
	go func() {
		done <- Listen(ctx, cfg, func(n Notification) { said <- heard{n, time.Now()} })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that the context is done", err)
		}
	})
	return said
}

// hear is the next notification.
func hear(t *testing.T, said <-chan heard) heard {
	t.Helper()
	select {
	case n := <-said:
		return n
	case <-time.After(5 * time.Second):
		t.Fatal("no notification")
		return heard{}
	}
}

func TestListen(t *testing.T) {
	database := server.Database(t, "")
	conn, err := pgconn.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // the test is over
	said := listen(t, ListenConfig{Postgres: PostgresConfig{URL: database}, Channels: []string{"forseti", `od"d; select 1`}, Heartbeat: 30 * time.Millisecond})
	if n := hear(t, said); n.Source != "" || n.Values != nil {
		t.Errorf("got %v first, want that everything may have changed", n)
	}

	var times []time.Duration
	for i := range 100 {
		if i%10 == 0 {
			time.Sleep(50 * time.Millisecond) // some in and after a heartbeat
		}
		start := time.Now()
		if err := conn.ExecParams(t.Context(), `select pg_notify($1, $2)`,
			[][]byte{[]byte([]string{"forseti", `od"d; select 1`}[i%2]), []byte(`{"source": "roles", "subject": {"a": "` + strings.Repeat("x", i) + `"}}`)}, nil, nil, nil).Read().Err; err != nil {
			t.Fatal(err)
		}
		n := hear(t, said)
		if n.Source != "roles" || n.Values[0].Value != strings.Repeat("x", i) {
			t.Errorf("got %v, want notification %d", n, i)
		}
		times = append(times, n.at.Sub(start))
	}
	slices.Sort(times)
	t.Logf("from NOTIFY to the callback: median %v, worst %v", times[50], times[99])
	if times[50] > 100*time.Millisecond {
		t.Errorf("the median is %v, want less than 100 ms", times[50])
	}
	server.Exec(t, database, "notify forseti; notify forseti, 'garbage'; notify other, '{\"source\": \"a\"}'")
	for range 2 {
		if n := hear(t, said); n.Source != "" || n.Values != nil {
			t.Errorf("got %v, want that everything may have changed", n)
		}
	}
}

// The trigger of the documentation.
func TestListenToTrigger(t *testing.T) {
	database := server.Database(t, `create table roles (user_id text, role text);
create function roles_changed() returns trigger language plpgsql as $$
begin
  if tg_op = 'TRUNCATE' then
    perform pg_notify('forseti', json_build_object('source', 'roles')::text);
    return null;
  end if;
  if tg_op <> 'INSERT' then
    perform pg_notify('forseti', json_build_object('source', 'roles',
      'subject', json_build_object('urn:altinn:userid', old.user_id))::text);
  end if;
  if tg_op <> 'DELETE' then
    perform pg_notify('forseti', json_build_object('source', 'roles',
      'subject', json_build_object('urn:altinn:userid', new.user_id))::text);
  end if;
  return null;
end $$;
create trigger roles_changed after insert or update or delete on roles
  for each row execute function roles_changed();
create trigger roles_emptied after truncate on roles
  for each statement execute function roles_changed();`)
	said := listen(t, ListenConfig{Postgres: PostgresConfig{URL: database}, Channels: []string{"forseti"}})
	hear(t, said)
	of := func(user string) Notification {
		return Notification{Source: "roles", Values: []AttributeValue{{xacml.CategoryAccessSubject, "urn:altinn:userid", user}}}
	}
	for _, tt := range []struct {
		statement string
		want      []Notification
	}{
		{"insert into roles values ('1', 'a'), ('1', 'b'), ('o''neil \"', 'c')", []Notification{of("1"), of(`o'neil "`)}},
		{"update roles set user_id = '2' where role = 'a'", []Notification{of("1"), of("2")}},
		{"delete from roles where user_id = '2'", []Notification{of("2")}},
		{"truncate roles", []Notification{{Source: "roles"}}},
	} {
		server.Exec(t, database, tt.statement)
		for _, want := range tt.want {
			if diff := cmp.Diff(want, hear(t, said).Notification); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.statement, diff)
			}
		}
	}
}

// After a connection was lost, in whatever way, everything may have changed.
func TestListenAgain(t *testing.T) {
	database := server.Database(t, "")
	proxy := newProxy(t, database)
	said := listen(t, ListenConfig{Postgres: PostgresConfig{URL: proxy.url}, Channels: []string{"forseti"}})
	everything := func() {
		t.Helper()
		if diff := cmp.Diff(Notification{}, hear(t, said).Notification); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	everything()
	proxy.refuse(true)
	before := proxy.attempts.Load()
	time.Sleep(500 * time.Millisecond)
	if n := proxy.attempts.Load() - before; n < 1 || n > 20 {
		t.Errorf("got %d attempts in half a second, want some", n)
	}
	server.Exec(t, database, `notify forseti, '{"source": "lost"}'`)
	proxy.refuse(false)
	everything()
	server.Exec(t, database, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'forseti'")
	everything()
	server.Exec(t, database, `notify forseti, '{"source": "a"}'`)
	if n := hear(t, said); n.Source != "a" {
		t.Errorf("got %v, want source a", n)
	}
}

// A server that is there no more, and does not say so.
func TestListenHeartbeat(t *testing.T) {
	mute := fakeListener(t)
	said := listen(t, ListenConfig{
		Postgres: PostgresConfig{URL: mute, ConnectTimeout: 100 * time.Millisecond}, Channels: []string{"forseti"}, Heartbeat: 50 * time.Millisecond,
	})
	for range 3 { // connections, each of which falls silent
		hear(t, said)
	}
}

func TestListenRefuses(t *testing.T) {
	good := PostgresConfig{URL: "postgres://u@127.0.0.1/db"}
	for name, cfg := range map[string]ListenConfig{
		"no channel": {Postgres: good},
		"a file":     {Postgres: PostgresConfig{URL: "demo.db"}, Channels: []string{"a"}},
		"pooler":     {Postgres: PostgresConfig{URL: good.URL, Pooler: true}, Channels: []string{"a"}},
		"heartbeat":  {Postgres: good, Channels: []string{"a"}, Heartbeat: -1},
	} {
		if err := Listen(t.Context(), cfg, func(Notification) { t.Error("got a notification") }); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
