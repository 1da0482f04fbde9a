package contexthandler

import "context"

// Place is what a call holds while it is worked on, of which there are few: about
// as many as processors can serve. A call that waits for a source gives it back
// meanwhile, because waiting takes no processor. The context of a call may have one,
// by [PlaceKey]; without, nobody bounds the calls.
type Place interface {
	// Rest gives the place back while one goroutine of the call waits. Without ok too
	// many calls wait already, and the place is kept.
	Rest() (ok bool)
	// Resume takes it again, after a Rest that was ok.
	Resume()
	// Refuse tells that the call will not be decided, because it cannot wait.
	Refuse()
	// Refused reports whether it was called.
	Refused() bool
}

// PlaceKey is the key of the [Place] in the context of a call.
type PlaceKey struct{}

func placeOf(ctx context.Context) Place {
	p, _ := ctx.Value(PlaceKey{}).(Place)
	return p
}

// rest gives the place of a call back until resume, if there is one and it can. It is
// for what is mostly done at once: what cannot rest waits where it is.
func rest(ctx context.Context) (resume Place) {
	if p := placeOf(ctx); p != nil && p.Rest() {
		return p
	}
	return nil
}

func resume(p Place) {
	if p != nil {
		p.Resume()
	}
}

// over is why what was decided is no answer, or nil: the time of the call is over,
// or it had to wait and could not.
func over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return gaveUp(err)
	}
	if p := placeOf(ctx); p != nil && p.Refused() {
		return errorf(ReasonOverloaded, "too many calls wait for sources")
	}
	return nil
}
