package eval

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// What is written as code is read again, for policies of all sizes.
func TestLayOut_IsReadAgain(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	words := func(n int) code {
		c := make(code, n)
		for i := range c {
			c[i] = word(rng.Uint32())
		}
		return c
	}
	number := func() int32 {
		if rng.IntN(2) == 0 {
			return none
		}
		return rng.Int32N(1 << 20)
	}
	for range 2000 {
		own := words(rng.IntN(20))
		rules := make([]rule, rng.IntN(20))
		for i := range rules {
			rules[i] = rule{words(rng.IntN(40)), number(), number(), xacml.Effect(rng.IntN(2))}
		}
		var sieve code
		if len(rules) > 0 {
			sieve = words(rng.IntN(50))
		}
		p := newPolicy(layOut(own, rules, sieve))
		p.target, p.count = uint32(len(own)), uint32(len(rules))
		if diff := cmp.Diff(own, p.own()); diff != "" {
			t.Fatalf("own target: -want +got\n%s", diff)
		}
		if diff := cmp.Diff(append(code{}, sieve...), append(code{}, p.sieve()...)); diff != "" {
			t.Fatalf("sieve: -want +got\n%s", diff)
		}
		for i, want := range rules {
			if diff := cmp.Diff(want, p.rule(p.begins(i)), cmp.AllowUnexported(rule{})); diff != "" {
				t.Fatalf("rule %d of %d: -want +got\n%s", i, len(rules), diff)
			}
		}
	}
}

// What each decision reads of a bag and of a policy is in one cache line.
func TestLayout_OfCacheLines(t *testing.T) {
	const line = 64
	if n := unsafe.Sizeof(bag{}); n != line {
		t.Errorf("a bag takes %d octets, want %d", n, line)
	}
	if n := unsafe.Offsetof(Policy{}.id); n > line {
		t.Errorf("what is read of a policy takes %d octets, want at most %d", n, line)
	}
}

// A short code follows its policy in memory.
func TestNewPolicy_IsOnePieceOfMemory(t *testing.T) {
	for n := range 500 {
		p := newPolicy(make(code, n))
		if len(p.code) != n {
			t.Fatalf("got code of %d words, want %d", len(p.code), n)
		}
		if n == 0 || n > 486 {
			continue
		}
		if gap := uintptr(unsafe.Pointer(&p.code[0])) - uintptr(unsafe.Pointer(p)); gap != unsafe.Sizeof(*p) {
			t.Fatalf("code of %d words begins %d octets behind the policy, want %d", n, gap, unsafe.Sizeof(*p))
		}
	}
}
