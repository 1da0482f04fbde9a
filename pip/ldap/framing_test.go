package ldap

import (
	"bytes"
	"errors"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/forseti-pdp/forseti/internal/bounds"
)

// plenty is a budget for small messages.
func plenty() budget { return budget{octets: 1 << 16, elements: 1 << 13} }

// message is an LDAP message.
func message(id int64, operation *ber.Packet) []byte {
	p := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	p.AppendChild(operation)
	return p.Bytes()
}

// result is an operation that gives a result code.
func result(tag ber.Tag, code int) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	p.AppendChild(text(""))
	p.AppendChild(text(""))
	return p
}

// text is an octet string.
func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

// found is an entry; each attribute is its name and its values.
func found(dn string, attributes ...[]string) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	p.AppendChild(text(dn))
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	for _, a := range attributes {
		one := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
		one.AppendChild(text(a[0]))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range a[1:] {
			set.AppendChild(text(v))
		}
		one.AppendChild(set)
		list.AppendChild(one)
	}
	p.AppendChild(list)
	return p
}

func TestFraming(t *testing.T) {
	done := message(1, result(ldap.ApplicationSearchResultDone, 0))
	long := message(2, found("dc=org", []string{"a", string(make([]byte, 300))}, []string{"b"}))
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, nil},
		{"a result", done, nil},
		{"two messages", append(bytes.Clone(long), done...), nil},
		{"a part", long[:100], nil},
		{"text", []byte("HTTP/1.1 200 OK\r\n"), errFraming},
		{"TLS", []byte{0x16, 3, 1, 0, 1}, errFraming},
		{"zeros", make([]byte, 10), errFraming},
		{"empty message", []byte{0x30, 0}, errFraming},
		{"only a number", []byte{0x30, 3, 2, 1, 1}, errFraming},
		{"no number", []byte{0x30, 5, 0x64, 3, 4, 1, 1}, errFraming},
		{"long number", []byte{0x30, 9, 2, 5, 1, 1, 1, 1, 1, 0x42, 0}, errFraming},
		{"no operation", []byte{0x30, 6, 2, 1, 1, 4, 1, 1}, errFraming},
		{"no controls", []byte{0x30, 7, 2, 1, 1, 0x65, 0, 4, 0}, errFraming},
		{"controls", []byte{0x30, 7, 2, 1, 1, 0x65, 0, 0xA0, 0}, nil},
		{"a fourth part", []byte{0x30, 9, 2, 1, 1, 0x65, 0, 0xA0, 0, 0xA0, 0}, errFraming},
		{"indefinite length", []byte{0x30, 0x80, 2, 1, 1}, errFraming},
		{"length of the future", []byte{0x30, 0xFF}, errFraming},
		{"length of 64 bits", []byte{0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 5}, errFraming},
		{"huge length", []byte{0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF}, errTooLarge},
		{"huge length inside", []byte{0x30, 20, 2, 1, 1, 0x64, 0x84, 0x7F, 0xFF, 0xFF, 0xFF}, errFraming},
		{"longer than its parent", []byte{0x30, 6, 2, 1, 1, 0x64, 2, 4, 0}, errFraming},
		{"tag of two octets", []byte{0x30, 6, 2, 1, 1, 0x7F, 0x81, 0}, errFraming},
		{"too deep", append([]byte{0x30, 100, 2, 1, 1, 0x64, 90}, bytes.Repeat([]byte{0x30, 60, 4, 0}, 10)...), errFraming},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var whole, single framing
			rest := plenty()
			if err := whole.advance(tt.data, &rest); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			rest = plenty()
			var err error
			for i := range tt.data {
				if err = single.advance(tt.data[i:i+1], &rest); err != nil {
					break
				}
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("octet by octet: got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestFramingBudget(t *testing.T) {
	one := message(1, found("dc=org", []string{"a", "b", "c"}))
	for _, rest := range []budget{
		{octets: uint64(len(one)) - 1, elements: 100},
		{octets: 1 << 20, elements: 9},
	} {
		if err := new(framing).advance(one, &rest); !errors.Is(err, errTooLarge) {
			t.Errorf("got %v with %+v left, want %v", err, rest, errTooLarge)
		}
	}
	rest := budget{octets: uint64(len(one)), elements: 10}
	if err := new(framing).advance(one, &rest); err != nil || rest != (budget{}) {
		t.Errorf("got %v with %+v left, want that it fits exactly", err, rest)
	}
}

// FuzzFraming: it makes no difference in how many pieces a stream arrives, and
// what passes is read by the library without harm.
func FuzzFraming(f *testing.F) {
	f.Add(message(1, result(ldap.ApplicationSearchResultDone, 0)), uint(3))
	f.Add(message(300, found("dc=org", []string{"a", "b"})), uint(7))
	f.Add([]byte{0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF}, uint(1))
	f.Add([]byte{0x30, 0x82, 0, 5, 2, 1, 1, 0x65, 0}, uint(2))
	f.Fuzz(func(t *testing.T, data []byte, size uint) {
		defer bounds.Check(t)()
		var whole, pieces framing
		a, b := plenty(), plenty()
		wantErr := whole.advance(data, &a)
		var gotErr error
		step := int(size%64) + 1
		for rest := data; len(rest) > 0 && gotErr == nil; rest = rest[min(step, len(rest)):] {
			gotErr = pieces.advance(rest[:min(step, len(rest))], &b)
		}
		if (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("in pieces of %d: got %v, want %v, input %x", step, gotErr, wantErr, data)
		}
		if wantErr != nil {
			return
		}
		for in := bytes.NewReader(data); in.Len() > 0; {
			p, err := ber.ReadPacket(in)
			if err != nil {
				return
			}
			if len(p.Children) < 2 {
				t.Fatalf("a message of %d parts passed: %x", len(p.Children), data)
			}
		}
	})
}
