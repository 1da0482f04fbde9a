package token

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/forseti-pdp/forseti/token/internal/strictjson"
)

// Claims are what a token says. They are immutable, and come from
// [Verifier.Verify] only: the issuer said so.
type Claims struct {
	issuer, subject string
	audience        []string
	expires         time.Time
	notBefore       time.Time // zero if there is none
	issued          time.Time // zero if there is none
	all             map[string]any
}

// Issuer is the claim iss.
func (c Claims) Issuer() string { return c.issuer }

// Subject is the claim sub; empty if there is none.
func (c Claims) Subject() string { return c.subject }

// Expires is when the token is not good any more: the claim exp, or earlier where
// the age of tokens is bounded. The leeway is not in it.
func (c Claims) Expires() time.Time { return c.expires }

// Map is a copy of all claims, as encoding/json gives them, with numbers as
// json.Number.
func (c Claims) Map() map[string]any {
	if c.all == nil {
		return map[string]any{}
	}
	return clone(c.all).(map[string]any)
}

// clone copies objects and lists.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		members := make(map[string]any, len(v))
		for name, member := range v {
			members[name] = clone(member)
		}
		return members
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = clone(item)
		}
		return items
	default:
		return v
	}
}

// Unpacked is the claims in which each of the named ones is an object or a list,
// if it is the text of one: some issuers write {"a":1} as "{\"a\":1}". A text that
// begins like one and is none is an error, which does not hold the text.
func (c Claims) Unpacked(names ...string) (Claims, error) {
	var all map[string]any
	for _, name := range names {
		text, ok := c.all[name].(string)
		if !ok || text == "" || text[0] != '{' && text[0] != '[' {
			continue
		}
		v, err := strictjson.Value([]byte(text))
		if err != nil {
			return Claims{}, err
		}
		if all == nil {
			all = maps.Clone(c.all)
			c.all = all
		}
		all[name] = v
	}
	return c, nil
}

// parseClaims reads the registered claims (RFC 7519 §4.1).
func parseClaims(all map[string]any) (c Claims, ok bool) {
	c.all = all
	if c.issuer, ok = all["iss"].(string); !ok {
		return Claims{}, false
	}
	if sub, has := all["sub"]; has {
		if c.subject, ok = sub.(string); !ok {
			return Claims{}, false
		}
	}
	if c.audience, ok = parseAudience(all["aud"]); !ok {
		return Claims{}, false
	}
	if c.expires, ok = parseTime(all["exp"]); !ok {
		return Claims{}, false
	}
	if nbf, has := all["nbf"]; has {
		if c.notBefore, ok = parseTime(nbf); !ok {
			return Claims{}, false
		}
	}
	if iat, has := all["iat"]; has {
		if c.issued, ok = parseTime(iat); !ok {
			return Claims{}, false
		}
	}
	return c, true
}

// parseAudience reads a text or a list of texts; nil is no audience.
func parseAudience(v any) (audience []string, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case string:
		return []string{v}, true
	case []any:
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, false
			}
			audience = append(audience, text)
		}
		return audience, true
	default:
		return nil, false
	}
}

// lastSecond is the end of the year 9999, after which there are no dates.
const lastSecond = 253402300799

// parseTime reads a NumericDate (RFC 7519 §2): seconds since 1970, which may have
// a fraction.
func parseTime(v any) (time.Time, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseFloat(number.String(), 64)
	if err != nil || seconds < 0 || seconds > lastSecond {
		return time.Time{}, false
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)), true
}

// inTime tells what is wrong with the times of the claims, if anything is.
func (c Claims) inTime(now time.Time, leeway time.Duration) Reason {
	switch {
	case !now.Before(c.expires.Add(leeway)): // RFC 7519 §4.1.4: on or after
		return ReasonExpired
	case now.Add(leeway).Before(c.notBefore), now.Add(leeway).Before(c.issued):
		return ReasonNotYetValid
	default:
		return ""
	}
}

// isFor reports whether one of these is in the audience.
func (c Claims) isFor(audiences []string) bool {
	return slices.ContainsFunc(c.audience, func(a string) bool { return slices.Contains(audiences, a) })
}
