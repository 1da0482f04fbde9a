package faults

import (
	"fmt"
	"net"
	"net/url"
	"testing"

	pipsql "github.com/forseti-pdp/forseti/pip/sql"
)

// postgresSeed makes a function that tells the truth about users, unless the lane
// that it is asked for has another mode.
const postgresSeed = `
	create table modes (lane text primary key, mode text not null);
	create table roles (sort text, role text, level text);
	insert into roles values ('admin', 'admin', '3'), ('blocked', 'blocked', '1'), ('both', 'admin', '3'), ('both', 'blocked', '3');
	create function answers(asked_lane text, asked text[]) returns table (user_id text, role text, level text)
	language plpgsql as $$
	declare m text := coalesce((select mode from modes where lane = asked_lane), '');
	begin
		case m
			when 'stuck' then perform pg_sleep(60);
			when 'not now' then raise exception 'not now' using errcode = 'cannot_connect_now';
			when 'denied' then raise exception 'denied' using errcode = 'insufficient_privilege';
			else
		end case;
		return query
			select case m when 'wrong row' then 'admin-other' else a end, case m when 'huge' then repeat('a', 1200000) else r.role end, case m when 'wrong type' then 'high' else r.level end
			from unnest(asked) as a join roles r on r.sort = split_part(case m when 'wrong row' then 'admin-other' else a end, '-', 1),
				generate_series(1, case m when 'twice' then 2 else 1 end);
	end $$;
`

// startPostgres uses the server that all lanes share.
func startPostgres(t testing.TB, lane lane) *backend {
	t.Helper()
	u, err := url.Parse(lane.database)
	must(t, err)
	server, err := net.ResolveTCPAddr("tcp", u.Host)
	must(t, err)
	b := &backend{set: func(m mode) error {
		lane.postgres.Exec(t, lane.database, fmt.Sprintf(
			"insert into modes values ('%s', '%s') on conflict (lane) do update set mode = excluded.mode", lane.name, m))
		return nil
	}}
	u.Host = lane.host() + ":" + b.proxied(t, server)
	// The server's certificate has no name of the tests.
	u.RawQuery = url.Values{"sslmode": {"verify-ca"}, "sslrootcert": {lane.postgres.CA(t)}}.Encode()
	db, err := pipsql.OpenPostgres(t.Context(), pipsql.PostgresConfig{URL: u.String(), MaxConnections: 4})
	must(t, err)
	needs, provides := declaration([]string{"role"}, []string{"level"})
	p, err := pipsql.New(t.Context(), pipsql.Config{
		DB:    db,
		Query: "select user_id, role, level from answers('" + lane.name + "', array[:user::text])",
		Bulk:  "select user_id, role, level from answers('" + lane.name + "', :user::text[])",
		Needs: needs, Provides: provides,
		Echo: map[string]string{"user": "user_id"},
	})
	must(t, err)
	b.declare(p, needs, provides)
	b.close = closeBoth(p, db)
	return b
}
