package pip

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// TestAssemble_TellsOfPanicsOnce: a panic of a provider is an error for all who wait, and
// is told once, without what it says in the error.
func TestAssemble_TellsOfPanicsOnce(t *testing.T) {
	for _, local := range []bool{false, true} {
		t.Run(fmt.Sprintf("local=%t", local), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testPanic(t, local) })
		})
	}
}

// testPanic has several wait for the answer of a provider that panics.
func testPanic(t *testing.T, local bool) {
	const waiting = 8
	var told atomic.Int64
	var all sync.WaitGroup
	come := make(chan struct{})
	s, err := Assemble(Source{
		Name: "broken", Provides: []Provided{{Key: xacml.AttributeKey{Category: "c", ID: "a", Type: value.TypeString}}},
		Provider: ProviderFunc(func(context.Context, Question) (Answer, error) {
			<-come
			panic("about ann")
		}),
	}, Config{Local: local, OnPanic: func(p *Panic) {
		told.Add(1)
		if p.Recovered != "about ann" || !strings.Contains(string(p.Stack), "panic_test.go") {
			t.Errorf("told of %v and a stack of %d bytes", p.Recovered, len(p.Stack))
		}
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range waiting {
		all.Go(func() {
			_, err := s.Provider.Fetch(t.Context(), Question{})
			e, ok := errors.AsType[*Error](err)
			cause, contained := errors.AsType[*Panic](err)
			if !ok || e.Outcome != OutcomeError || !contained || strings.Contains(err.Error()+cause.Error(), "ann") {
				t.Errorf("got %v", err)
			}
		})
	}
	synctest.Wait()
	close(come)
	all.Wait()
	want := int64(1) // they waited for one question
	if local {
		want = waiting
	}
	if told.Load() != want {
		t.Errorf("told %d times, want %d", told.Load(), want)
	}
}
