// Package pgtest gives tests a PostgreSQL server of their own: a new cluster in
// a temporary folder, made with the programs of the distribution, without a
// container or a network beyond the loopback. Only tests import it.
//
// The tests of a package share one [Server], because making a cluster takes a
// second or two, and each test takes a database of its own from it:
//
//	var server pgtest.Server
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		server.Close()
//		os.Exit(code)
//	}
//
//	func TestRoles(t *testing.T) {
//		url := server.Database(t, "create table roles (user_id text, role text)")
//		...
//	}
//
// The server is started by the first test that asks for a database. Where there
// are no programs of PostgreSQL, that test is skipped, or fails if the
// environment says CI=true. The server ends and its folder goes with the test
// program, also if that is killed.
package pgtest
