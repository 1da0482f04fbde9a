package lab

import (
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Trouble is what is wrong with the service that knows roles.
type Trouble int32

// The troubles.
const (
	None    Trouble = iota
	Failing         // it answers 503
	Slow            // it takes 60 ms
)

// source is a service that knows the roles of users, over HTTP.
type source struct {
	url     string
	server  *http.Server
	served  sync.WaitGroup
	trouble atomic.Int32
}

// rolesOf are the roles that a user has for a party in the demo data.
func rolesOf(user, party string) []string {
	switch user + "/" + party {
	case "1337/50001":
		return []string{"dagl", "regna"}
	case "1338/50001":
		return []string{"regna"}
	case "1339/50001":
		return []string{"dagl", "revi"}
	case "1340/50001":
		return []string{"revi"}
	case "1342/50001":
		return []string{"lede"}
	case "1343/50002":
		return []string{"dagl"}
	}
	return []string{}
}

func newSource() (*source, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return nil, err
	}
	s := &source{url: "http://" + listener.Addr().String() + "/"}
	s.server = &http.Server{Handler: http.HandlerFunc(s.answer), ReadHeaderTimeout: time.Second}
	s.served.Go(func() { _ = s.server.Serve(listener) })
	return s, nil
}

func (s *source) close() {
	_ = s.server.Close()
	s.served.Wait()
}

func (s *source) answer(w http.ResponseWriter, r *http.Request) {
	switch Trouble(s.trouble.Load()) {
	case None:
		time.Sleep(2 * time.Millisecond)
	case Failing:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case Slow:
		time.Sleep(60 * time.Millisecond)
	}
	query := r.URL.Query()
	user, party := query.Get("user"), query.Get("party")
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"user": user, "party": party, "roles": rolesOf(user, party)})
}

// Trouble makes trouble with the service that knows roles, or ends it.
func (l *Lab) Trouble(t Trouble) { l.source.trouble.Store(int32(t)) }
