package pap

import (
	"time"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

// Snapshot is a set of policies that is in force, or was. It never changes.
type Snapshot struct {
	// ID is the identity of the policies, see [ID].
	ID string
	// LoadedAt is when it came into force.
	LoadedAt time.Time
	// PDP decides on it.
	PDP *pdp.PDP
	// Files is the number of policy files, Policies that of the Policy elements
	// in them.
	Files, Policies int
	// Warnings are the problems that do not refuse it.
	Warnings policy.Problems

	digest digest
	again  *again // nil if documents cannot be had again
}

// State says how the folder relates to the snapshot in force.
type State string

// The states.
const (
	// StateCurrent: what the folder holds is in force.
	StateCurrent State = "current"
	// StateRefused: what the folder holds was refused; the last good snapshot,
	// if there is one, is in force.
	StateRefused State = "refused"
	// StateChanging: the folder changes at this moment; what was in force is.
	StateChanging State = "changing"
)

// Status tells how the policies are kept up to date, for details of health.
type Status struct {
	State State
	// Snapshot is the ID of the snapshot in force; empty if there is none.
	Snapshot string
	// Problems are those of the content of the folder that was judged last:
	// why it is refused, and warnings.
	Problems policy.Problems
	// LastLook is when the folder was looked at last, LastAttempt when the
	// content of it was judged, and LastSuccess when a judged content was found
	// to be valid. They are zero if that never happened.
	LastLook, LastAttempt, LastSuccess time.Time
	// ChangingSince is when a change was noticed that has not been judged yet;
	// zero if there is none.
	ChangingSince time.Time
}
