package rpc

// Memory tells how much memory is left.
type Memory uint8

// While memory is short, what may take much of it is refused: batches, Evaluate, and
// explanations. When it is out, everything is but what has to go on: health, and making
// sources forget.
const (
	MemoryEnough Memory = iota
	MemoryShort
	MemoryOut
)

// supply is where to ask how much is left; nil if nobody knows.
type supply func() Memory

// lacking refuses a call for which there is not enough; nil if there is. A big one may
// take much.
func (s supply) lacking(big bool) *failure {
	if s == nil {
		return nil
	}
	switch left := s(); {
	case left >= MemoryOut:
		return errOverloaded(shedMemory)
	case left == MemoryShort && big:
		return errOverloaded(shedBig)
	default:
		return nil
	}
}
