package faults

import (
	"net"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/jimlambrt/gldap"

	pipldap "github.com/forseti-pdp/forseti/pip/ldap"
)

const people = "ou=people,dc=example,dc=org"

// directory tells the truth about users, or worse.
type directory struct{ mode atomic.Value }

// search answers a search for one user or several.
func (d *directory) search(w *gldap.ResponseWriter, r *gldap.Request) {
	now, _ := d.mode.Load().(mode)
	code := gldap.ResultSuccess
	switch now {
	case notNow:
		code = gldap.ResultBusy
	case denied:
		code = gldap.ResultInsufficientAccessRights
	case elsewhere:
		code = gldap.ResultReferral
	default:
	}
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(code))
	m, err := r.GetSearchMessage()
	if err != nil {
		return
	}
	times := 1
	switch now {
	case notNow, denied, elsewhere:
		times = 0
	case twice:
		times = 2
	default:
	}
	for _, uid := range regexp.MustCompile(`\(uid=([^)]*)\)`).FindAllStringSubmatch(m.Filter, -1) {
		for range times {
			writeEntry(w, r, now, uid[1])
		}
	}
	_ = w.Write(done)
}

// writeEntry writes the entry of a user, if there is one.
func writeEntry(w *gldap.ResponseWriter, r *gldap.Request, now mode, uid string) {
	if now == wrongRow {
		uid = "admin-other"
	}
	roles, levels := truth(uid)
	if roles == nil {
		return
	}
	if now == wrongType {
		levels = []string{"high"}
	}
	entry := r.NewSearchResponseEntry("uid="+uid+","+people, gldap.WithAttributes(map[string][]string{"uid": {uid}, "role": roles, "level": levels}))
	if now == huge {
		entry.AddAttribute("role;x-huge", []string{strings.Repeat("a", 5<<18)}) // the bound is 1 MiB
	}
	if now == twiceKeys {
		entry.AddAttribute("ROLE", []string{"admin"})
	}
	_ = w.Write(entry)
}

// startLDAP starts a directory.
func startLDAP(t testing.TB, lane lane) *backend {
	t.Helper()
	b := &backend{identity: newIdentity(t)}
	d := new(directory)
	b.set = func(m mode) error {
		d.mode.Store(m)
		return nil
	}
	needs, provides := declaration([]string{"role"}, []string{"level"})
	p, err := pipldap.New(pipldap.Config{
		URLs:   []string{"ldaps://" + lane.host() + ":" + b.proxied(t, serveLDAP(t, d, b.identity))},
		TLS:    pipldap.TLS{CAFile: b.identity.caFile},
		Base:   people,
		Filter: "(uid={user})",
		Needs:  needs, Provides: provides,
		Echo:     map[string]string{"user": "uid"},
		MaxBatch: 100,
	})
	must(t, err)
	b.declare(p, needs, provides)
	return b
}

// serveLDAP serves at an address that is free at the moment. Somebody else may
// take it first: then at another one.
func serveLDAP(t testing.TB, d *directory, id *identity) net.Addr {
	t.Helper()
	for range 10 {
		s, err := gldap.NewServer(gldap.WithLogger(hclog.NewNullLogger()))
		must(t, err)
		mux, err := gldap.NewMux()
		must(t, err)
		must(t, mux.Search(d.search))
		must(t, s.Router(mux))
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		must(t, l.Close())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = s.Run(l.Addr().String(), gldap.WithTLSConfig(id.config())) // fails if the address was taken
		}()
		if !listens(l.Addr(), ended) {
			continue
		}
		t.Cleanup(func() {
			must(t, s.Stop())
			<-ended
		})
		return l.Addr()
	}
	t.Fatal("the directory does not start")
	return nil
}

// listens waits for a server to listen, or to end.
func listens(address net.Addr, ended <-chan struct{}) bool {
	for {
		select {
		case <-ended:
			return false
		case <-time.After(time.Millisecond):
		}
		if c, err := net.Dial("tcp", address.String()); err == nil {
			_ = c.Close()
			return true
		}
	}
}
