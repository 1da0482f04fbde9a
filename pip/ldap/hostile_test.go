package ldap

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/forseti-pdp/forseti/internal/faultproxy"
	"github.com/forseti-pdp/forseti/pip"
)

// reference is a part of an answer that is at another server.
func reference() *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultReference, nil, "")
	p.AppendChild(text("ldap://elsewhere/dc=org"))
	return p
}

// Entries that are not an answer to the question.
func TestWrongEntries(t *testing.T) {
	role := []string{"role", "admin"}
	tests := []struct {
		name       string
		operations []*ber.Packet
	}{
		{"another's entry", []*ber.Packet{found("uid=bob,ou=people,dc=example,dc=org", []string{"uid", "bob"}, role), success()}},
		{"her entry, and another's", []*ber.Packet{alice(role), found("uid=bob,ou=people,dc=example,dc=org", []string{"uid", "bob"}, role), success()}},
		{"her entry in other letters", []*ber.Packet{found("uid=alice,ou=people,dc=example,dc=org", []string{"uid", "Alice"}, role), success()}},
		{"no echo", []*ber.Packet{found("uid=alice,ou=people,dc=example,dc=org", role), success()}},
		{"echo without values", []*ber.Packet{found("uid=alice,ou=people,dc=example,dc=org", []string{"uid"}, role), success()}},
		{"echo with an option", []*ber.Packet{found("uid=alice,ou=people,dc=example,dc=org", []string{"uid;x-a", "alice"}, role), success()}},
		{"echo that is longer", []*ber.Packet{found("uid=alice,ou=people,dc=example,dc=org", []string{"uid", "alice "}, role), success()}},
		{"an entry elsewhere", []*ber.Packet{found("uid=alice,ou=people,dc=example,dc=com", []string{"uid", "alice"}, role), success()}},
		{"an entry above", []*ber.Packet{found("dc=example,dc=org", []string{"uid", "alice"}, role), success()}},
		{"an entry without a name", []*ber.Packet{found("", []string{"uid", "alice"}, role), success()}},
		{"an entry with nonsense for a name", []*ber.Packet{found("alice", []string{"uid", "alice"}, role), success()}},
		{"an entry whose name is not UTF-8", []*ber.Packet{found("uid=\xff,ou=people,dc=example,dc=org", []string{"uid", "alice"}, role), success()}},
		{"an attribute twice", []*ber.Packet{alice(role, []string{"ROLE", "clerk"}), success()}},
		{"a part of the values", []*ber.Packet{alice([]string{"role"}, []string{"role;range=0-1499", "admin"}), success()}},
		{"the last part of the values", []*ber.Packet{alice([]string{"Role;Range=1500-*", "admin"}), success()}},
		{"a value that is not UTF-8", []*ber.Packet{alice([]string{"role", "a\xff"}), success()}},
		{"a value of another type", []*ber.Packet{alice([]string{"level", "many"}), success()}},
		{"a reference", []*ber.Packet{alice(role), reference(), success()}},
		{"only a reference", []*ber.Packet{reference(), success()}},
		{"an entry without attributes", []*ber.Packet{{}, success()}},
		{"a result without content", []*ber.Packet{ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultDone, nil, "")}},
		{"a result code that is text", []*ber.Packet{func() *ber.Packet {
			p := success()
			p.Children[0] = text("0")
			bare := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultDone, nil, "")
			for _, c := range p.Children {
				bare.AppendChild(c)
			}
			return bare
		}()}},
		{"an attribute by another of its names", []*ber.Packet{alice([]string{"employeeType", "admin"}, []string{"level", "3"}), success()}},
		{"a result code of 65536", []*ber.Packet{result(ldap.ApplicationSearchResultDone, 65536)}},
	}
	bare := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	bare.AppendChild(text("uid=alice,ou=people,dc=example,dc=org"))
	for i := range tests {
		if tests[i].name == "an entry without attributes" {
			tests[i].operations[0] = bare
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := provider(t, roles(scripted(t, answers(tt.operations...))))
			_, err := p.Fetch(t.Context(), ask("alice"))
			wantOutcome(t, err, pip.OutcomeInvalid, "alice", "admin", "bob", "many")
		})
	}
}

// A server that does not keep to the size limit gives no answer.
func TestMoreEntriesThanAskedFor(t *testing.T) {
	role := []string{"role", "admin"}
	for limit, want := range map[int]pip.Outcome{3: "", 2: pip.OutcomeInvalid} {
		cfg := roles(scripted(t, answers(alice(role), alice(role), alice(role), success())))
		cfg.MaxEntries = limit
		p := provider(t, cfg)
		if want == "" {
			wantTexts(t, p, ask("alice"), []string{"admin"}, nil)
			continue
		}
		_, err := p.Fetch(t.Context(), ask("alice"))
		wantOutcome(t, err, want)
	}
}

// What is certainly wrong stays so when the connection breaks right after it.
func TestWrongEntryAndGone(t *testing.T) {
	bare := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	p := provider(t, roles(scripted(t, func(c net.Conn) {
		if r, ok := next(c); ok {
			_, _ = c.Write(message(r.id, bare))
		}
	})))
	for range 20 {
		_, err := p.Fetch(t.Context(), ask("alice"))
		wantOutcome(t, err, pip.OutcomeInvalid)
	}
}

// What is unusual and still an answer.
func TestUnusualEntries(t *testing.T) {
	role := []string{"role", "admin"}
	tests := []struct {
		name       string
		operations []*ber.Packet
		want       []string
	}{
		{"an entry twice", []*ber.Packet{alice(role), alice(role), success()}, []string{"admin"}},
		{"values twice", []*ber.Packet{alice([]string{"role", "admin", "admin", "b"}), success()}, []string{"admin", "b"}},
		{"what was not asked for", []*ber.Packet{alice(role, []string{"level"}, []string{"role;lang-no", "x"}, []string{"photo", "\xff"}, []string{"member;range=0-1", "x"}), success()}, []string{"admin"}},
		{"other letters in the name", []*ber.Packet{found("UID=alice, OU=people,DC=Example,dc=org", []string{"UID", "alice"}, []string{"Role", "admin"}), success()}, []string{"admin"}},
		{"an attribute without values", []*ber.Packet{alice([]string{"role"}), success()}, nil},
		{"an empty value", []*ber.Packet{alice([]string{"role", ""}), success()}, []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := provider(t, roles(scripted(t, answers(tt.operations...))))
			wantTexts(t, p, ask("alice"), tt.want, nil)
		})
	}
}

// A server that follows aliases may give entries from anywhere.
func TestAliases(t *testing.T) {
	cfg := roles(scripted(t, answers(found("uid=alice,dc=elsewhere", []string{"uid", "alice"}, []string{"role", "admin"}), success())))
	cfg.Aliases = AliasesAlways
	wantTexts(t, provider(t, cfg), ask("alice"), []string{"admin"}, nil)
}

// Octets that are not LDAP, or too many.
func TestGarbage(t *testing.T) {
	random := make([]byte, 1000)
	source := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte(source.Uint32())
	}
	whole := message(1, alice([]string{"role", "admin"}))
	flood := bytes.Repeat(whole, 1+DefaultMaxBytes/len(whole))
	tiny := bytes.Repeat([]byte{4, 0}, 200_000)
	tests := map[string][]byte{
		"random":          random,
		"HTTP":            []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"zeros":           make([]byte, 100),
		"huge length":     {0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF, 2, 1, 1},
		"endless length":  {0x30, 0x80, 2, 1, 1, 0x64, 0x80},
		"deep":            bytes.Repeat([]byte{0x30, 0x7F}, 60),
		"end of contents": {0x30, 9, 2, 1, 1, 0x64, 4, 0, 0, 4, 0},
		"entries without": flood,
		// Two octets each, and hundreds of octets in memory.
		"tiny elements": slices.Concat([]byte{0x30, 0x83, 6, 0x1A, 0x80 + 8, 2, 1, 1, 0x64, 0x83, 6, 0x1A, 0x80}, tiny),
	}
	for name, octets := range tests {
		t.Run(name, func(t *testing.T) {
			p := provider(t, roles(scripted(t, says(octets))))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := p.Fetch(t.Context(), ask("alice"))
			runtime.ReadMemStats(&after)
			wantOutcome(t, err, pip.OutcomeInvalid, "alice", "admin")
			if took := after.TotalAlloc - before.TotalAlloc; took > 128<<20 {
				t.Errorf("got %d MiB allocated", took>>20)
			}
		})
	}
}

// A server that answers another message, or speaks out of turn, is waited for no
// longer than there is time, and does no harm to the next question.
func TestOtherMessages(t *testing.T) {
	notice := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationExtendedResponse, nil, "")
	for name, octets := range map[string][]byte{
		"another number": message(77, success()),
		"no number":      message(0, notice),
		"an operation":   message(1, result(ldap.ApplicationBindResponse, 0)),
	} {
		t.Run(name, func(t *testing.T) {
			p := provider(t, roles(scripted(t, says(octets))))
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := p.Fetch(ctx, ask("alice"))
			wantOutcome(t, err, pip.OutcomeTimeout)
		})
	}
	// A server that answers before it is asked.
	p := provider(t, roles(scripted(t, func(c net.Conn) {
		for id := range int64(5) {
			_, _ = c.Write(message(id, alice([]string{"role", "admin"})))
			_, _ = c.Write(message(id, success()))
		}
		answers(alice([]string{"role", "clerk"}), success())(c)
	})))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	// Which of its words has the number of the question depends on the pace of both:
	// the end of an answer may be all of it.
	if a, err := p.Fetch(ctx, ask("alice")); err == nil && !slices.Contains([]string{"admin", "clerk", ""}, strings.Join(texts(a)[0], ",")) {
		t.Errorf("got %q", texts(a))
	}
}

// Each fault of the network gives the outcome that fits, soon after the time is
// up, and is over when it is over.
func TestNetworkFaults(t *testing.T) {
	d := running(t)
	proxy, err := faultproxy.New(strings.TrimPrefix(d.url, "ldap://"), 7)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() })
	set := func(f faultproxy.Fault) {
		t.Helper()
		if err := proxy.Set(f); err != nil {
			t.Fatal(err)
		}
	}
	p := provider(t, roles("ldap://"+proxy.Addr()))
	tests := []struct {
		name  string
		fault faultproxy.Fault
		want  []pip.Outcome
	}{
		{"refuse", faultproxy.Fault{Kind: faultproxy.Refuse}, []pip.Outcome{pip.OutcomeUnavailable}},
		{"reset", faultproxy.Fault{Kind: faultproxy.Reset}, []pip.Outcome{pip.OutcomeUnavailable}},
		{"reset in the answer", faultproxy.Fault{Kind: faultproxy.Reset, After: 20}, []pip.Outcome{pip.OutcomeUnavailable}},
		{"truncate", faultproxy.Fault{Kind: faultproxy.Truncate}, []pip.Outcome{pip.OutcomeUnavailable}},
		{"truncate in the answer", faultproxy.Fault{Kind: faultproxy.Truncate, After: 30}, []pip.Outcome{pip.OutcomeUnavailable}},
		{"hang", faultproxy.Fault{Kind: faultproxy.Hang}, []pip.Outcome{pip.OutcomeTimeout}},
		{"hang in the answer", faultproxy.Fault{Kind: faultproxy.Hang, After: 10}, []pip.Outcome{pip.OutcomeTimeout}},
		{"drip", faultproxy.Fault{Kind: faultproxy.Drip, Pause: 20 * time.Millisecond}, []pip.Outcome{pip.OutcomeTimeout}},
		{"slow", faultproxy.Fault{Kind: faultproxy.Delay, Pause: time.Second}, []pip.Outcome{pip.OutcomeTimeout}},
		{"garbage", faultproxy.Fault{Kind: faultproxy.Garbage}, []pip.Outcome{pip.OutcomeInvalid}},
		// Random octets in the place of values may be values.
		{"garbage in the answer", faultproxy.Fault{Kind: faultproxy.Garbage, After: 9}, []pip.Outcome{pip.OutcomeInvalid, pip.OutcomeTimeout}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // on a connection that was used before, and on a new one
				set(tt.fault)
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				start := time.Now()
				_, err := p.Fetch(ctx, ask("alice"))
				cancel()
				if took := time.Since(start); took > 2*time.Second {
					t.Errorf("it took %v", took)
				}
				e, ok := err.(*pip.Error) //nolint:errorlint // Fetch gives nothing else
				if !ok || !slices.Contains(tt.want, e.Outcome) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				set(faultproxy.Fault{})
			}
			wantTexts(t, p, ask("alice"), []string{"admin", "clerk"}, []string{"3"})
		})
	}

	// Slow but in time.
	set(faultproxy.Fault{Kind: faultproxy.Drip, Pause: 100 * time.Microsecond})
	wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
	set(faultproxy.Fault{Kind: faultproxy.Delay, Pause: 20 * time.Millisecond})
	wantTexts(t, p, ask("alice"), []string{"admin", "clerk"}, []string{"3"})
}

// A question that is cancelled at any moment gives its own answer or an error,
// and disturbs nobody.
func TestCancelAtAnyMoment(t *testing.T) {
	d := running(t)
	cfg := roles(d.url)
	cfg.MaxConnections = 2
	p := provider(t, cfg)
	for i := range 300 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*4*time.Microsecond)
		a, err := p.Fetch(ctx, ask("alice"))
		cancel()
		if err == nil && strings.Join(texts(a)[0], ",") != "admin,clerk" {
			t.Fatalf("got %q", texts(a))
		}
		if err != nil {
			wantOutcome(t, err, pip.OutcomeTimeout)
		}
	}
	wantTexts(t, p, ask("bob"), []string{"clerk"}, []string{"2"})
}
