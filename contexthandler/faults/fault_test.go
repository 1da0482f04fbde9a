package faults

import (
	"maps"
	"slices"
	"time"

	"github.com/forseti-pdp/forseti/internal/faultproxy"
	"github.com/forseti-pdp/forseti/pip"
)

// sourceTimeout is how long a source may take.
const sourceTimeout = 200 * time.Millisecond * slack

// fault is what is done to a backend. It fits the kinds that it says something of.
type fault struct {
	name string
	// How to switch it on; the first one that is set. See lane.strike.
	network     faultproxy.Fault // of connections
	mode        mode             // of what the backend says
	dns         bool             // of its name
	certificate bool             // of its certificate
	// says is what the source may say meanwhile, by kind.
	says map[string]says
}

// mode is how a backend answers.
type mode string

// The modes. A kind has those that the table of faults has for it.
const (
	good      mode = ""
	notNow    mode = "not now"    // 503, and what others have in its place
	denied    mode = "denied"     // 401, and what others have in its place
	page      mode = "page"       // 200 with HTML
	garbage   mode = "garbage"    // nothing of the protocol
	wrongType mode = "wrong type" // of a level
	wrongRow  mode = "wrong row"  // of somebody else
	twice     mode = "twice"      // each row
	twiceKeys mode = "twice keys" // each member of an object, each bag of an answer
	huge      mode = "huge"
	bomb      mode = "bomb" // huge, compressed
	partial   mode = "partial"
	elsewhere mode = "elsewhere" // a redirect, a referral
	stuck     mode = "stuck"     // the backend works for ever
	locked    mode = "locked"
	broken    mode = "broken"
	vanished  mode = "vanished"
)

// says is what a source may say while a fault is on, apart from what its cache
// knows.
type says struct {
	values bool // the truth
	nobody bool // the truth about users of whom the backend has nothing to say
	errors []pip.Outcome
}

func fails(outcomes ...pip.Outcome) says  { return says{errors: outcomes} }
func either(outcomes ...pip.Outcome) says { return says{values: true, errors: outcomes} }

// spoils is for faults of rows, which users without rows do not have.
func spoils(outcomes ...pip.Outcome) says { return says{nobody: true, errors: outcomes} }

// answers is for faults that do no harm.
func answers() says { return says{values: true} }

// The kinds that are asked over a network, each behind a proxy that harms.
func networked(s says) map[string]says {
	return map[string]says{"http": s, "http2": s, "postgres": s, "grpc": s, "ldap": s}
}

// but is all with some of them replaced.
func but(all map[string]says, some map[string]says) map[string]says {
	all = maps.Clone(all)
	maps.Copy(all, some)
	return all
}

// faults is the table of faults.
func faults() []fault {
	const (
		unavailable = pip.OutcomeUnavailable
		invalid     = pip.OutcomeInvalid
		timeout     = pip.OutcomeTimeout
		failed      = pip.OutcomeError
	)
	over := func(kind faultproxy.Kind, after int, pause time.Duration) faultproxy.Fault {
		return faultproxy.Fault{Kind: kind, After: after, Pause: pause}
	}
	return []fault{
		// Of the way to the backend.
		{name: "refuse", network: over(faultproxy.Refuse, 0, 0), says: networked(fails(unavailable))},
		{name: "reset", network: over(faultproxy.Reset, 0, 0), says: networked(fails(unavailable))},
		{name: "reset in the answer", network: over(faultproxy.Reset, 10, 0), says: networked(fails(unavailable))},
		{name: "delay", network: over(faultproxy.Delay, 0, 2*sourceTimeout), says: but(networked(fails(timeout)), map[string]says{
			// A connection that is being made when its question ends may serve the next.
			"http": either(timeout), "http2": either(timeout), "postgres": either(timeout, unavailable), "grpc": either(timeout),
		})},
		{name: "hang", network: over(faultproxy.Hang, 0, 0), says: but(networked(fails(timeout)), map[string]says{"postgres": fails(timeout, unavailable)})},
		{name: "hang in the answer", network: over(faultproxy.Hang, 30, 0), says: but(networked(fails(timeout)), map[string]says{"postgres": fails(timeout, unavailable)})},
		{name: "drip", network: over(faultproxy.Drip, 0, 20*time.Millisecond), says: but(networked(fails(timeout)), map[string]says{"postgres": fails(timeout, unavailable)})},
		{name: "garbage octets", network: over(faultproxy.Garbage, 0, 0), says: networked(fails(unavailable, invalid))},
		{name: "truncated", network: over(faultproxy.Truncate, 30, 0), says: networked(fails(unavailable, invalid))},
		{name: "flap", network: over(faultproxy.Flap, 0, 0), says: networked(either(unavailable))},
		{name: "broken TLS", network: over(faultproxy.BreakTLS, 0, 0), says: networked(fails(unavailable, invalid))},
		{name: "another certificate", certificate: true, says: map[string]says{
			"http": fails(unavailable), "http2": fails(unavailable), "grpc": fails(unavailable), "ldap": fails(unavailable),
		}},
		{name: "no name", dns: true, says: but(networked(fails(unavailable)), map[string]says{
			"grpc": either(unavailable), // it keeps the addresses that it knows
		})},

		// Of what the backend says.
		{name: "not now", mode: notNow, says: networked(fails(unavailable))},
		{name: "denied", mode: denied, says: networked(fails(failed))},
		{name: "stuck", mode: stuck, says: map[string]says{"http": fails(timeout), "http2": fails(timeout), "postgres": fails(timeout), "grpc": fails(timeout)}},
		{name: "page", mode: page, says: map[string]says{"http": fails(invalid)}},
		{name: "garbage", mode: garbage, says: map[string]says{"http": fails(invalid), "grpc": fails(invalid)}},
		{name: "wrong type", mode: wrongType, says: map[string]says{
			"http": fails(invalid), "grpc": fails(invalid),
			"postgres": spoils(invalid, unavailable), "ldap": spoils(invalid), "sqlite": spoils(invalid), "file": answers(),
		}},
		{name: "wrong row", mode: wrongRow, says: but(networked(fails(invalid)), map[string]says{
			// A connection with rows left is closed, and the next question may find it so.
			"postgres": fails(invalid, unavailable), "sqlite": fails(invalid),
		})},
		{name: "duplicate", mode: twice, says: but(networked(answers()), map[string]says{
			"grpc": fails(invalid), "sqlite": answers(), "file": answers(),
		})},
		{name: "duplicate keys", mode: twiceKeys, says: map[string]says{"http": fails(invalid), "grpc": fails(invalid), "ldap": spoils(invalid)}},
		{name: "huge", mode: huge, says: map[string]says{
			"http": fails(invalid), "grpc": fails(invalid),
			"postgres": spoils(invalid, unavailable), "ldap": spoils(invalid), "sqlite": spoils(invalid), "file": answers(),
		}},
		{name: "bomb", mode: bomb, says: map[string]says{"http": fails(invalid), "grpc": fails(invalid)}},
		{name: "partial", mode: partial, says: map[string]says{
			"http": fails(unavailable), "http2": fails(unavailable), "grpc": fails(invalid), "file": answers(),
		}},
		{name: "elsewhere", mode: elsewhere, says: map[string]says{"http": fails(invalid), "ldap": fails(invalid)}},

		// Of files. The table that was read last is good for a minute; a database that
		// is open stays so.
		{name: "locked", mode: locked, says: map[string]says{"sqlite": fails(timeout, unavailable)}},
		{name: "broken", mode: broken, says: map[string]says{"sqlite": fails(unavailable, failed, invalid), "file": answers()}},
		{name: "vanished", mode: vanished, says: map[string]says{"sqlite": either(unavailable, failed), "file": answers()}},
	}
}

// kinds is the table of kinds.
func kinds() []kind {
	return []kind{
		{"http", startHTTP},
		{"http2", startHTTP2},
		{"postgres", startPostgres},
		{"grpc", startGRPC},
		{"ldap", startLDAP},
		{"sqlite", startSQLite},
		{"file", startFile},
	}
}

// fitting are the faults that fit a kind.
func (k kind) fitting() []fault {
	return slices.DeleteFunc(faults(), func(f fault) bool {
		_, fits := f.says[k.name]
		return !fits
	})
}
