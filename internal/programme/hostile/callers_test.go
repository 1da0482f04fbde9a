package hostile

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// callers are attacks by those whom nobody knows, where callers are told apart. The
// rate is in calls.
func callers() []attack {
	message := question()
	return []attack{
		{name: "no token", rate: 5000, secured: true, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.call(authorize, message) })
		}},
		{name: "tokens that are too long", rate: 1000, secured: true, run: func(a *attacker) {
			long := "Bearer " + strings.Repeat("a", 8<<10-2) + ".b.c"
			a.flood(nil, func(w *wire) { w.call(authorize, message, "authorization", long) })
		}},
		{name: "tokens that are as long as may be", rate: 1000, secured: true, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				w.call(authorize, message, "authorization", "Bearer "+forged(6<<10))
			})
		}},
		{name: "other tokens each time", rate: 2000, secured: true, run: func(a *attacker) {
			a.flood(nil, func(w *wire) { w.call(authorize, message, "authorization", "Bearer "+forged(100)) })
		}},
		{name: "other tokens, and no message", rate: 2000, secured: true, run: func(a *attacker) {
			a.flood(nil, func(w *wire) {
				w.open(false, fields(authorize, "authorization", "Bearer "+forged(100), "grpc-timeout", "9S"))
			})
		}},
		{name: "large messages of nobody", rate: 500, secured: true, run: func(a *attacker) {
			large := echoed(60 << 10)
			a.flood(nil, func(w *wire) { w.call(authorize, large) })
		}},
	}
}

// forged is a token that looks right: only its signature tells that it is not.
func forged(octets int) string {
	claims := `{"iss":"issuer","aud":"forseti","sub":"` + rand.Text() + strings.Repeat("x", octets) + `","exp":4102444800}`
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return encode(`{"alg":"ES256","kid":"known","typ":"JWT"}`) + "." + encode(claims) + "." + encode(rand.Text() + rand.Text() + rand.Text())[:86]
}
