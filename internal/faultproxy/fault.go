package faultproxy

import (
	"fmt"
	"time"
)

// Kind is what a [Proxy] does to connections.
type Kind int

// The kinds of faults. The server itself is never harmed: it hears everything
// that the client says.
const (
	// None lets everything pass. What [Hang], [Delay] and [Drip] held back arrives.
	None Kind = iota
	// Refuse closes the port and resets all connections.
	Refuse
	// Reset resets connections, at once or after a part of the answer.
	Reset
	// Delay holds each piece of the answer back for a while.
	Delay
	// Hang accepts connections, and keeps all answers back, or what follows a part.
	Hang
	// Drip lets the answer pass octet by octet.
	Drip
	// Garbage puts random octets in the place of the answer, as many as it has.
	Garbage
	// Truncate closes connections in good order, though the answer goes on.
	Truncate
	// Flap resets all connections once, and then every other new one, beginning
	// with the first.
	Flap
	// BreakTLS flips a bit at the start of each piece of the answer: handshakes
	// fail, and so do connections that are secured already.
	BreakTLS
)

// Kinds lists every kind, None first.
func Kinds() []Kind {
	return []Kind{None, Refuse, Reset, Delay, Hang, Drip, Garbage, Truncate, Flap, BreakTLS}
}

// String is the name of the kind, for the names of tests.
func (k Kind) String() string {
	names := []string{"none", "refuse", "reset", "delay", "hang", "drip", "garbage", "truncate", "flap", "break-tls"}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return names[k]
}

// Fault is what a [Proxy] does from now on.
type Fault struct {
	Kind Kind
	// After is how many octets of the answers of a connection pass before Reset,
	// Hang, Drip, Garbage, Truncate or BreakTLS begins. It counts from the moment
	// the fault was set. Zero and Reset: connections are not even served.
	After int
	// Pause is the time of Delay for each piece, and of Drip for each octet.
	Pause time.Duration
}
