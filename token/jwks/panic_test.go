package jwks

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forseti-pdp/forseti/token/tokentest"
)

// faulty panics after it answered once.
type faulty struct{ *host }

func (f faulty) RoundTrip(request *http.Request) (*http.Response, error) {
	if f.count() > 0 {
		panic("about ann")
	}
	return f.host.RoundTrip(request)
}

// TestCachePanic: a fault of the reading, which has a goroutine of its own, is a reading
// that failed: the keys of the last good one count.
func TestCachePanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{body: tokentest.Set(tokentest.NewKey("a", "ES256"))}
		c := open(t, h, func(cfg *Config) { cfg.Transport = faulty{h} })
		synctest.Wait()
		time.Sleep(time.Hour)
		if status := c.Status(); !has(c, "a") || status.Failures == 0 {
			t.Errorf("got %+v and key %t, want failures, and the key all the same", status, has(c, "a"))
		}
	})
}
