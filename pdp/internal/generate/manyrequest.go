package generate

import (
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// request makes a request that is mostly aimed at one rule of the case. Half of
// the requests have one value of each attribute, and nothing fails.
func (m *many) request(c *Case) {
	c.Request = &xacml.Request{ReturnPolicyIDList: m.chance(50)}
	var aim []hint
	if m.rows != nil && m.chance(35) {
		aim = pick(m.draw, m.rows)
	}
	clean := m.chance(45)
	for _, key := range m.keys {
		_, isClock := clock(key.Type)
		isClock = isClock && key.Category == xacml.CategoryEnvironment
		n := m.IntN(100)
		switch {
		case isClock && n < 50:
		case clean && n < 85, n < 65:
			m.put(c.Request, key, m.someValues(key, aim, clean))
		case clean, n < 92:
			for _, v := range m.someValues(key, aim, clean) {
				c.Found = append(c.Found, Found{key, v})
			}
		case n < 96:
			if name := (Name{key.Category, key.ID}); !slices.Contains(c.Failing, name) {
				c.Failing = append(c.Failing, name)
			}
		}
	}
	m.Shuffle(len(c.Request.Attributes), func(i, j int) {
		as := c.Request.Attributes
		as[i], as[j] = as[j], as[i]
	})
}

// someValues is one value, or any number of them.
func (m *many) someValues(key xacml.AttributeKey, aim []hint, clean bool) []value.Value {
	n := 1
	if !clean {
		switch k := m.IntN(20); {
		case k < 3:
			n = 0
		case k < 9:
			n = 2 + m.upTo(2)
		case k < 10:
			n = 12
		}
	}
	var out []value.Value
	for range n {
		out = append(out, m.aimed(key, aim))
	}
	if n > 1 && m.chance(30) { // twice
		out[n-1] = out[0]
	}
	return out
}

// aimed is a value that the aim is about, or any.
func (m *many) aimed(key xacml.AttributeKey, aim []hint) value.Value {
	if m.chance(85) {
		var of []value.Value
		for _, h := range aim {
			if h.key == key {
				of = append(of, h.value)
			}
		}
		if of != nil {
			return m.otherForm(pick(m.draw, of))
		}
	}
	if key.Type == value.TypeString && m.chance(40) {
		return value.String(pick(m.draw, []string{"none", "s", "s99", "zzz", "ab\u0301c", "q\u0301"})) // no literal
	}
	return m.manyValue(key.Type)
}

// otherForm is, at times, another value that is equal.
func (m *many) otherForm(v value.Value) value.Value {
	for _, pair := range [][2]string{{"\u00e9t\u00e9", "e\u0301te\u0301"}, {"abc\u0301", "ab\u0107"}} {
		if i := slices.Index(pair[:], v.String()); i >= 0 && m.chance(50) {
			return value.String(pair[1-i])
		}
	}
	return v
}

// put puts values into the request, in one attribute or in several, with values
// of another data type or not.
func (m *many) put(r *xacml.Request, key xacml.AttributeKey, values []value.Value) {
	if values == nil {
		return
	}
	attrs := category(r, key.Category)
	issuer := key.Issuer
	if issuer == "" && m.chance(15) {
		issuer = "me"
	}
	if m.chance(10) {
		values = append(slices.Clip(values), value.Boolean(true))
	}
	for len(values) > 0 {
		n := len(values)
		if m.chance(25) {
			n = 1
		}
		attrs.Attributes = append(attrs.Attributes, xacml.Attribute{
			ID: key.ID, Issuer: issuer, IncludeInResult: m.chance(5), Values: slices.Clip(values[:n]),
		})
		values = values[n:]
	}
}

// comparisons are the functions of order, without their type.
func comparisons() []string {
	return []string{"less-than", "less-than-or-equal", "greater-than", "greater-than-or-equal"}
}

// manyValue is a literal of the data type: there are some tens of each, so that
// children differ, and some of them say the same.
func (m *many) manyValue(t value.Type) value.Value {
	zone := pick(m.draw, []string{"", "Z", "Z", "+01:00", "-14:00", "+14:00"})
	switch t {
	case value.TypeString:
		if m.chance(15) {
			return value.String(pick(m.draw, []string{"abc", "abcd", "ab", "abc\u0301", "ab\u0107", "\u00e9t\u00e9", "e\u0301te\u0301", "", "none"}))
		}
		return value.String(fmt.Sprintf("s%d", m.upTo(24)))
	case value.TypeAnyURI:
		return value.AnyURI(pick(m.draw, []string{"urn:", "s", "S"}) + fmt.Sprint(m.upTo(8)))
	case value.TypeInteger:
		if m.chance(6) {
			return parse(t, pick(m.draw, []string{"9223372036854775807", "-9223372036854775808", "9223372036854775808", "123456789012345678901234567890", "-123456789012345678901234567890"}))
		}
		return value.NewInteger(int64(m.upTo(40) - 5))
	case value.TypeDouble:
		if m.chance(15) {
			return parse(t, pick(m.draw, []string{"NaN", "INF", "-INF", "-0", "0", "1e300", "-1e-300", "0.5"}))
		}
		return value.Double(m.upTo(40) - 5)
	case value.TypeDate:
		return parse(t, fmt.Sprintf("2026-11-%02d%s", 1+m.upTo(29), zone))
	case value.TypeDateTime:
		fraction := pick(m.draw, []string{"", "", ".25", ".5"})
		return parse(t, fmt.Sprintf("2026-11-21T%02d:%02d:00%s%s", m.upTo(23), 30*m.upTo(1), fraction, zone))
	default: // times
		if m.chance(10) {
			return parse(t, pick(m.draw, []string{"00:00:00Z", "23:59:59.5Z", "23:59:59.75Z", "00:00:00", "12:30:00.25Z", "12:30:00.5Z", "12:30:00Z"}))
		}
		return parse(t, fmt.Sprintf("%02d:%02d:00%s", m.upTo(23), 30*m.upTo(1), zone))
	}
}
