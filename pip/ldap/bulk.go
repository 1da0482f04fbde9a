package ldap

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/forseti-pdp/forseti/pip"
)

// Bulk gives the provider for several questions at once; ok is false if
// [Config].MaxBatch asks each by itself.
func (p *Provider) Bulk() (b pip.BulkProvider, ok bool) {
	if p.cfg.MaxBatch <= 1 {
		return nil, false
	}
	return bulkProvider{p}, true
}

// bulkProvider is a provider with batches.
type bulkProvider struct{ *Provider }

// FetchAll gives one reply for each question, in order. Up to [Config].MaxBatch
// questions share a search for the entries of any of them, and the echo tells
// which entry answers which question.
func (p bulkProvider) FetchAll(ctx context.Context, qs []pip.Question) []pip.Reply {
	replies := make([]pip.Reply, len(qs))
	var batches [][]int
	for batch := range slices.Chunk(p.askable(qs, replies), p.cfg.MaxBatch) {
		batches = append(batches, batch)
	}
	p.sideBySide(len(batches), func(i int) { p.fetchBatch(ctx, qs, batches[i], replies) })
	return replies
}

// askable lists the questions that can be asked; the others get their reply.
func (p bulkProvider) askable(qs []pip.Question, replies []pip.Reply) []int {
	var askable []int
	for i, q := range qs {
		if _, err := values(q, p.cfg.Needs); err != nil {
			replies[i] = pip.Reply{Err: err}
			continue
		}
		askable = append(askable, i)
	}
	return askable
}

// sideBySide calls do for each number below count, as many at a time as there
// are connections. A panic of do becomes one of the caller, who can recover.
func (p bulkProvider) sideBySide(count int, do func(i int)) {
	var workers sync.WaitGroup
	var fault atomic.Pointer[pip.Panic]
	contained := func(i int) {
		defer func() {
			if cause, ok := errors.AsType[*pip.Panic](pip.Panicked(recover())); ok {
				fault.Store(cause)
			}
		}()
		do(i)
	}
	next := make(chan int)
	for range min(count, p.cfg.MaxConnections) {
		workers.Go(func() {
			for i := range next {
				contained(i)
			}
		})
	}
	for i := range count {
		next <- i
	}
	close(next)
	workers.Wait()
	if cause := fault.Load(); cause != nil {
		panic(cause)
	}
}

// fetchBatch answers the questions of a batch.
func (p bulkProvider) fetchBatch(ctx context.Context, qs []pip.Question, batch []int, replies []pip.Reply) {
	for len(batch) > 1 {
		open, err := p.searchBatch(ctx, qs, batch, replies)
		if err == nil {
			batch = open
			continue
		}
		if outcome := pip.Failure(ctx, err).Outcome; outcome != pip.OutcomeInvalid && outcome != pip.OutcomeError {
			for _, i := range batch {
				replies[i] = pip.Reply{Err: err}
			}
			return
		}
		// One question must not spoil the replies of the others: each of them is
		// asked by itself.
		break
	}
	for _, i := range batch {
		a, err := p.Fetch(ctx, qs[i])
		replies[i] = pip.Reply{Answer: a, Err: err}
	}
}

// searchBatch answers the questions of a batch by one search. The questions that
// stay open are fewer: those without an entry, if others have one. Among the
// entries of the others may be one that the directory takes for an answer to
// them, as alice is to ALICE. A search for them alone tells whether there is
// none.
func (p bulkProvider) searchBatch(ctx context.Context, qs []pip.Question, batch []int, replies []pip.Reply) (open []int, err error) {
	texts := make([][]string, len(batch))
	var filter strings.Builder
	filter.WriteString("(|")
	for i, q := range batch {
		if texts[i], err = values(qs[q], p.cfg.Needs); err != nil {
			return nil, err
		}
		filter.WriteString(p.query.filter.fill(texts[i]))
	}
	filter.WriteString(")")
	rows, err := p.search(ctx, p.query.base.fill(nil), filter.String())
	if err != nil {
		return nil, err
	}
	collected := make([]*collector, len(batch))
	for _, r := range rows {
		answers := false
		for i := range batch {
			if _, ok := p.echoes(r, texts[i]); !ok {
				continue
			}
			answers = true
			if collected[i] == nil {
				collected[i] = p.collector()
			}
			if err := collected[i].add(r); err != nil {
				return nil, err
			}
		}
		if !answers {
			return nil, pip.Invalidf("an entry holds the values of no question that was asked")
		}
	}
	for i, q := range batch {
		switch {
		case collected[i] != nil:
			replies[q] = pip.Reply{Answer: collected[i].answer()}
		case len(rows) == 0:
			replies[q] = pip.Reply{Answer: p.collector().answer()}
		default:
			open = append(open, q)
		}
	}
	return open, nil
}
