package ldap

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/hashicorp/go-hclog"
	"github.com/jimlambrt/gldap"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// entry is an entry of the directory of the tests.
type entry struct {
	dn         string
	attributes map[string][]string // by names as in canonical
}

// people is what the directory holds unless a test needs something else.
func people() []entry {
	e := func(dn string, attributes ...string) entry {
		made := entry{dn: dn, attributes: map[string][]string{"objectclass": {"top"}}}
		for _, a := range attributes {
			name, text, _ := strings.Cut(a, "=")
			made.attributes[name] = append(made.attributes[name], text)
		}
		return made
	}
	return []entry{
		e("dc=example,dc=org"),
		e("ou=people,dc=example,dc=org"),
		e("uid=alice,ou=people,dc=example,dc=org", "uid=alice", "role=admin", "role=clerk", "level=3", "cn=Alice", "cn;lang-no=Alise"),
		e("uid=bob,ou=people,dc=example,dc=org", "uid=bob", "role=clerk", "level=2"),
		e("uid=carol,ou=people,dc=example,dc=org", "uid=carol"),
		e(`uid=d\2cave,ou=people,dc=example,dc=org`, "uid=d,ave", "role=odd"),
		e("uid=bad,ou=people,dc=example,dc=org", "uid=bad", "role=x", "level=three"),
		e("uid=bin,ou=people,dc=example,dc=org", "uid=bin", "role=\xff"),
		e("uid=star*,ou=people,dc=example,dc=org", "uid=star*", "role=star"),
		e("ou=groups,dc=example,dc=org"),
		e("cn=one,ou=groups,dc=example,dc=org", "cn=one", "member=alice", "member=bob", "role=g1"),
		e("cn=two,ou=groups,dc=example,dc=org", "cn=two", "member=alice", "role=g2"),
	}
}

// directory is an LDAP server that keeps what it was asked.
type directory struct {
	entries  []entry
	password string // of cn=forseti; empty: nobody has to bind
	answer   func(w *gldap.ResponseWriter, r *gldap.Request, m *gldap.SearchMessage) (done bool)

	url string

	mu       sync.Mutex
	searches []gldap.SearchMessage
	binds    int
	bound    map[int]bool
	conns    map[int]bool
}

// start runs the server until the test ends, or stop is called.
func (d *directory) start(t testing.TB, secured, startTLS *tls.Config) (stop func()) {
	t.Helper()
	d.bound, d.conns = make(map[int]bool), make(map[int]bool)
	for range 10 {
		if stop, ok := d.try(t, freeAddress(t), secured, startTLS); ok {
			return stop
		}
	}
	t.Fatal("the directory does not start")
	return nil
}

// freeAddress is an address that is free at the moment.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// try runs the server at an address, if nobody else took it.
func (d *directory) try(t testing.TB, address string, secured, startTLS *tls.Config) (stop func(), ok bool) {
	t.Helper()
	over := make(chan struct{}, 1) // has an item when a connection is over
	s, err := gldap.NewServer(gldap.WithLogger(hclog.NewNullLogger()), gldap.WithDisablePanicRecovery(), gldap.WithOnClose(func(int) {
		select {
		case over <- struct{}{}:
		default:
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	mux, err := gldap.NewMux()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		mux.Bind(d.bind),
		mux.Search(d.search),
		mux.ExtendedOperation(func(w *gldap.ResponseWriter, r *gldap.Request) { upgrade(w, r, startTLS) }, gldap.ExtendedOperationStartTLS),
		s.Router(mux),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var options []gldap.Option
	d.url = "ldap://" + address
	if secured != nil {
		options = append(options, gldap.WithTLSConfig(secured))
		d.url = "ldaps://" + address
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// It fails if somebody else took the address.
		_ = s.Run(address, options...)
	}()
	dial := func() net.Conn {
		for {
			select {
			case <-ended:
				return nil
			default:
			}
			if c, err := net.Dial("tcp", address); err == nil {
				return c
			}
			time.Sleep(time.Millisecond)
		}
	}
	// The server counts its connections in a sync.WaitGroup, which must not go from
	// zero to one while Stop waits for it. So one is there from now on until no more
	// are accepted; that it has been counted is known when the next is over.
	held, next := dial(), net.Conn(nil)
	if held != nil {
		next = dial()
	}
	if next == nil {
		return nil, false
	}
	_ = next.Close()
	<-over
	stop = sync.OnceFunc(func() {
		stopped := make(chan error, 1)
		go func() { stopped <- s.Stop() }()
		<-ended
		_ = held.Close()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop, true
}

// upgrade answers a request for TLS.
func upgrade(w *gldap.ResponseWriter, r *gldap.Request, config *tls.Config) {
	code := gldap.ResultSuccess
	if config == nil {
		code = gldap.ResultProtocolError
	}
	response := r.NewExtendedResponse(gldap.WithResponseCode(code))
	response.SetResponseName(gldap.ExtendedOperationStartTLS)
	_ = w.Write(response)
	if config != nil {
		_ = r.StartTLS(config)
	}
}

// bind checks a password.
func (d *directory) bind(w *gldap.ResponseWriter, r *gldap.Request) {
	response := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultInvalidCredentials))
	defer func() { _ = w.Write(response) }()
	m, err := r.GetSimpleBindMessage()
	if err != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.binds++
	if m.UserName == "cn=forseti" && string(m.Password) == d.password {
		d.bound[r.ConnectionID()] = true
		response.SetResultCode(gldap.ResultSuccess)
	}
}

// search answers as a directory does: what compares equal does so without case.
func (d *directory) search(w *gldap.ResponseWriter, r *gldap.Request) {
	m, err := r.GetSearchMessage()
	if err != nil {
		return
	}
	d.mu.Lock()
	d.searches = append(d.searches, *m)
	d.conns[r.ConnectionID()] = true
	allowed := d.password == "" || d.bound[r.ConnectionID()]
	answer := d.answer
	d.mu.Unlock()
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	defer func() {
		if done != nil {
			_ = w.Write(done)
		}
	}()
	if !allowed {
		done.SetResultCode(gldap.ResultInsufficientAccessRights)
		return
	}
	if answer != nil && answer(w, r, m) {
		done = nil
		return
	}
	base, err := ldap.ParseDN(m.BaseDN)
	if err != nil {
		done.SetResultCode(gldap.ResultInvalidDNSyntax)
		return
	}
	if !slices.ContainsFunc(d.entries, func(e entry) bool { return within(base, ScopeBase, e.dn) }) {
		done.SetResultCode(gldap.ResultNoSuchObject)
		return
	}
	filter, err := ldap.CompileFilter(m.Filter)
	if err != nil {
		done.SetResultCode(gldap.ResultProtocolError)
		return
	}
	scope := []Scope{ScopeBase, ScopeOneLevel, ScopeSubtree}[m.Scope]
	sent := 0
	for _, e := range d.entries {
		if !within(base, scope, e.dn) || !matches(filter, e.attributes) {
			continue
		}
		if sent++; int64(sent) > m.SizeLimit {
			done.SetResultCode(gldap.ResultSizeLimitExceeded)
			return
		}
		selected := maps.Clone(e.attributes)
		maps.DeleteFunc(selected, func(name string, _ []string) bool {
			base, _, _ := strings.Cut(name, ";")
			return !slices.Contains(m.Attributes, name) && !slices.Contains(m.Attributes, base)
		})
		_ = w.Write(r.NewSearchResponseEntry(e.dn, gldap.WithAttributes(selected)))
	}
}

// matches evaluates a filter.
func matches(f *ber.Packet, attributes map[string][]string) bool {
	switch f.Tag {
	case ldap.FilterAnd:
		return !slices.ContainsFunc(f.Children, func(c *ber.Packet) bool { return !matches(c, attributes) })
	case ldap.FilterOr:
		return slices.ContainsFunc(f.Children, func(c *ber.Packet) bool { return matches(c, attributes) })
	case ldap.FilterNot:
		return !matches(f.Children[0], attributes)
	case ldap.FilterPresent:
		return len(attributes[canonical(f.Data.String())]) > 0
	default:
		name, text := canonical(f.Children[0].Data.String()), f.Children[1].Data.String()
		return f.Tag == ldap.FilterEqualityMatch && slices.ContainsFunc(attributes[name], func(v string) bool {
			return strings.EqualFold(strings.TrimSpace(v), strings.TrimSpace(text))
		})
	}
}

// asked gives the searches so far, and how many connections they came by.
func (d *directory) asked() (searches []gldap.SearchMessage, conns int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.searches), len(d.conns)
}

// setAnswer makes the server answer in a way of its own from now on.
func (d *directory) setAnswer(answer func(w *gldap.ResponseWriter, r *gldap.Request, m *gldap.SearchMessage) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = answer
}

// running is a directory of people that needs no password.
func running(t *testing.T) *directory {
	t.Helper()
	d := &directory{entries: people()}
	d.start(t, nil, nil)
	return d
}

// many are so many entries of people with the same role.
func many(count int) []entry {
	entries := people()[:2]
	for i := range count {
		uid := fmt.Sprintf("u%d", i)
		entries = append(entries, entry{
			dn:         "uid=" + uid + ",ou=people,dc=example,dc=org",
			attributes: map[string][]string{"uid": {uid}, "role": {"r" + uid}, "kind": {"same"}},
		})
	}
	return entries
}
