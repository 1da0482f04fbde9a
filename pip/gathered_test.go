package pip

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bulk is a backend that records the questions of its calls. Each call takes a
// second.
type bulk struct {
	mu    sync.Mutex
	calls [][]string
	reply func(ctx context.Context, qs []Question) []Reply // nil: each question is its answer
}

func (b *bulk) Fetch(ctx context.Context, q Question) (Answer, error) {
	r := b.FetchAll(ctx, []Question{q})[0]
	return r.Answer, r.Err
}

func (b *bulk) FetchAll(ctx context.Context, qs []Question) []Reply {
	var texts []string
	for _, q := range qs {
		texts = append(texts, q[0].String())
	}
	b.mu.Lock()
	b.calls = append(b.calls, texts)
	b.mu.Unlock()
	if _, err := after(time.Second, Answer{})(ctx, nil); err != nil {
		return refused(len(qs), err)
	}
	if b.reply != nil {
		return b.reply(ctx, qs)
	}
	var replies []Reply
	for _, text := range texts {
		replies = append(replies, Reply{Answer: answer(text)})
	}
	return replies
}

// sizes are the numbers of questions of the calls.
func (b *bulk) sizes() []int {
	var n []int
	for _, c := range b.calls {
		n = append(n, len(c))
	}
	return n
}

// asking fetches the answers to questions at the same time.
func asking(t *testing.T, wg *sync.WaitGroup, p Provider, questions ...string) {
	for _, text := range questions {
		wg.Go(func() {
			a, err := p.Fetch(t.Context(), ask(text))
			if err != nil || !cmp.Equal(texts(a), []string{text}) {
				t.Errorf("got %v, error %v, want %s", a.Bags, err, text)
			}
		})
		synctest.Wait()
	}
}

func TestGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bulk{}
		p := Gathered(b, GatherConfig{MaxBatch: 3, Calls: 2})
		start := time.Now()
		var wg sync.WaitGroup
		asking(t, &wg, p, "a", "b", "c", "d", "e", "f", "g", "h", "i")
		wg.Wait()
		// Two go out at once; the others wait for them, and go out three at a time.
		want := [][]string{{"a"}, {"b"}, {"c", "d", "e"}, {"f", "g", "h"}, {"i"}}
		if diff := cmp.Diff(want, b.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		if got := time.Since(start); got != 3*time.Second {
			t.Errorf("got %v, want 3s", got)
		}
		asking(t, &wg, p, "j") // nobody waits for company
		start = time.Now()
		if wg.Wait(); time.Since(start) != time.Second {
			t.Errorf("one alone: got %v, want 1s", time.Since(start))
		}
	})
}

// The same question of two callers who were not coalesced goes out once.
func TestGatheredAsksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bulk{}
		var wg sync.WaitGroup
		asking(t, &wg, Gathered(b, GatherConfig{MaxBatch: 2, Calls: 1}), "a", "b", "c", "b", "c", "d", "b")
		wg.Wait()
		want := [][]string{{"a"}, {"b", "c"}, {"d", "b"}}
		if diff := cmp.Diff(want, b.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestGatheredReplies(t *testing.T) {
	tests := []struct {
		name  string
		reply func(ctx context.Context, qs []Question) []Reply
		want  Outcome
	}{
		{"none", func(context.Context, []Question) []Reply { return nil }, OutcomeInvalid},
		{"too few", func(_ context.Context, qs []Question) []Reply { return make([]Reply, len(qs)-1) }, OutcomeInvalid},
		{"too many", func(_ context.Context, qs []Question) []Reply { return make([]Reply, len(qs)+1) }, OutcomeInvalid},
		{"panic", func(context.Context, []Question) []Reply { panic("what") }, OutcomeError},
		{"unavailable", func(_ context.Context, qs []Question) []Reply { return refused(len(qs), unavailable()) }, OutcomeUnavailable},
		{"context", func(_ context.Context, qs []Question) []Reply { return refused(len(qs), context.DeadlineExceeded) }, OutcomeTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := Gathered(&bulk{reply: tt.reply}, GatherConfig{MaxBatch: 10, Calls: 1})
				var wg sync.WaitGroup
				for i := range 5 {
					wg.Go(func() {
						_, err := p.Fetch(t.Context(), ask(fmt.Sprint(i)))
						wantOutcome(t, err, tt.want)
					})
				}
				wg.Wait()
			})
		})
	}
}

// Each reply goes to its own question, errors too, and each is held to the
// declaration.
func TestGatheredAnswersOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bulk{reply: func(_ context.Context, qs []Question) []Reply {
			var replies []Reply
			for _, q := range qs {
				switch text := q[0].String(); text {
				case "bad":
					replies = append(replies, Reply{Answer: Answer{}})
				case "gone":
					replies = append(replies, Reply{Err: unavailable()})
				default:
					replies = append(replies, Reply{Answer: answer(text)})
				}
			}
			return replies
		}}
		s, err := Assemble(roles(b), Config{Gather: GatherConfig{MaxBatch: 10, Calls: 1}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		asking(t, &wg, s.Provider, "first", "a")
		for text, want := range map[string]Outcome{"bad": OutcomeInvalid, "gone": OutcomeUnavailable} {
			wg.Go(func() {
				_, err := s.Provider.Fetch(t.Context(), ask(text))
				wantOutcome(t, err, want)
			})
		}
		asking(t, &wg, s.Provider, "b")
		wg.Wait()
		if got := b.sizes(); !slices.Equal(got, []int{1, 4}) {
			t.Errorf("got calls of %v questions, want 1 and 4", got)
		}
	})
}

// A question leaves as it pleases; the others of its call go on, and when all
// have left, so does the call.
func TestGatheredCallersLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bulk{}
		p := Gathered(b, GatherConfig{MaxBatch: 10, Calls: 1})
		var wg sync.WaitGroup
		leaving := func(text string, ctx context.Context, want Outcome) {
			wg.Go(func() {
				_, err := p.Fetch(ctx, ask(text))
				wantOutcome(t, err, want)
			})
			synctest.Wait()
		}
		ctx, leave := context.WithCancel(t.Context())
		short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		asking(t, &wg, p, "a")
		leaving("b", short, OutcomeTimeout) // waits, and is not asked
		asking(t, &wg, p, "c")
		leaving("d", ctx, OutcomeCanceled)
		time.Sleep(1500 * time.Millisecond)
		leave()
		wg.Wait()
		if diff := cmp.Diff([][]string{{"a"}, {"c", "d"}}, b.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}

		ctx, leave = context.WithCancel(t.Context())
		short, cancelShort := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancelShort()
		asking(t, &wg, p, "e")
		leaving("f", ctx, OutcomeCanceled)
		leaving("g", short, OutcomeTimeout)
		time.Sleep(1600 * time.Millisecond)
		leave() // the last of the call of f and g
		synctest.Wait()
		start := time.Now()
		asking(t, &wg, p, "h")
		if wg.Wait(); time.Since(start) != time.Second {
			t.Errorf("waited %v behind a call that nobody wanted", time.Since(start)-time.Second)
		}
	})
}

// The call has the latest deadline of its questions.
func TestGatheredDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bulk{}
		var left []time.Duration
		b.reply = func(ctx context.Context, qs []Question) []Reply {
			deadline, _ := ctx.Deadline()
			left = append(left, time.Until(deadline))
			return make([]Reply, len(qs))
		}
		p := Gathered(b, GatherConfig{MaxBatch: 10, Calls: 1})
		var wg sync.WaitGroup
		for _, d := range []time.Duration{5 * time.Second, 4 * time.Second, 9 * time.Second, 3 * time.Second} {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), d)
				defer cancel()
				_, _ = p.Fetch(ctx, ask(d.String()))
			})
			synctest.Wait()
		}
		wg.Wait()
		if want := []time.Duration{4 * time.Second, 7 * time.Second}; !slices.Equal(left, want) {
			t.Errorf("got %v left, want %v", left, want)
		}
	})
}

// One call that fails is one failure, however many questions it has; a breaker
// that is open keeps nobody waiting behind calls that hang.
func TestGatheredAndBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bulk{reply: func(_ context.Context, qs []Question) []Reply { return refused(len(qs), unavailable()) }}
		cfg := Config{Timeout: 10 * time.Second, Gather: GatherConfig{MaxBatch: 10, Calls: 1}, Breaker: BreakerConfig{Enabled: true, Failures: 3}}
		s, err := Assemble(roles(b), cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		failing := func(n int, want Outcome) {
			for i := range n {
				wg.Go(func() {
					_, err := s.Provider.Fetch(t.Context(), ask(fmt.Sprint(i)))
					wantOutcome(t, err, want)
				})
				synctest.Wait()
			}
		}
		failing(11, OutcomeUnavailable) // one, and the ten behind it
		wg.Wait()
		failing(1, OutcomeUnavailable) // the third
		wg.Wait()
		failing(5, OutcomeOpen)
		wg.Wait()
		if got := b.sizes(); !slices.Equal(got, []int{1, 10, 1}) {
			t.Errorf("got calls of %v questions, want 1, 10 and 1", got)
		}
	})
}

func TestGatherNeedsABulkProvider(t *testing.T) {
	for _, cfg := range []GatherConfig{{MaxBatch: 2}, {MaxBatch: -1}, {Calls: -1}} {
		if _, err := Assemble(roles(after(0, answer())), Config{Gather: cfg}, nil); err == nil {
			t.Errorf("got no error for %+v", cfg)
		}
	}
}
