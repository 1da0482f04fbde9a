package caller

import (
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/token"
)

// Whatever headers are, what comes out is nothing or what a token can be, and it was in
// one of them.
func FuzzAuthenticator_Token(f *testing.F) {
	f.Add("Bearer abc", "", "a=b")
	f.Add("", "abc", "AltinnStudioRuntime=abc; AltinnStudioRuntime=abc")
	f.Add("bearer", "", "AltinnStudioRuntime; ;=;")
	f.Add("Basic abc", "a b", "AltinnStudioRuntime==")
	i := newIssuer()
	a := newAuthenticator(f, i.byToken(f))
	f.Fuzz(func(t *testing.T, authorization, header, cookie string) {
		got, err := a.Token(map[string][]string{"authorization": {authorization}, "platformaccesstoken": {header}, "cookie": {cookie}})
		if (got == "") != (err != nil) {
			t.Fatalf("got %q and %v", got, err)
		}
		if len(got) > token.MaxBytes || strings.ContainsAny(got, " \t\r\n\x00") || !strings.Contains(authorization+"\x00"+header+"\x00"+cookie, got) {
			t.Errorf("got %q of %q, %q, %q", got, authorization, header, cookie)
		}
	})
}
