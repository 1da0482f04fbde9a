package http

import (
	"context"
	"slices"
	"sync"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// Provider answers from a service.
type Provider struct {
	cfg      Config
	exchange *exchange
	shape    *shape
}

// Close ends what is under way for nobody, and lets go of the connections.
func (p *Provider) Close() error {
	if p.exchange.auth != nil {
		p.exchange.auth.close()
	}
	if p.exchange.dialer != nil {
		p.exchange.dialer.close()
	}
	return nil
}

// Fetch puts the question in a request of its own.
func (p *Provider) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	if err := p.check(q); err != nil {
		return pip.Answer{}, err
	}
	r := p.fetch(ctx, []pip.Question{q})
	return r[0].Answer, r[0].Err
}

// Bulk gives the provider for several questions at once; ok is false if the
// configuration has no [Config].Bulk.
func (p *Provider) Bulk() (b pip.BulkProvider, ok bool) {
	if p.cfg.Bulk == nil {
		return nil, false
	}
	return bulkProvider{p}, true
}

// bulkProvider is a provider whose service takes a list.
type bulkProvider struct{ *Provider }

// FetchAll puts those questions together that differ in the need that is put as
// a list, and in nothing else; what does not go together is asked side by side.
func (b bulkProvider) FetchAll(ctx context.Context, qs []pip.Question) []pip.Reply {
	replies := make([]pip.Reply, len(qs))
	groups := make(map[string][]int) // by the values of the other needs
	for i, q := range qs {
		if err := b.check(q); err != nil {
			replies[i].Err = err
			continue
		}
		others := slices.Clone(q)
		others[b.shape.list] = nil
		key := others.Key()
		groups[key] = append(groups[key], i)
	}
	var work sync.WaitGroup
	for _, members := range groups {
		work.Go(func() {
			group := make([]pip.Question, len(members))
			for j, i := range members {
				group[j] = qs[i]
			}
			for j, r := range b.fetchRecovered(ctx, group) {
				replies[members[j]] = r
			}
		})
	}
	work.Wait()
	return replies
}

// fetchRecovered is fetch in a goroutine of its own, where nobody else recovers.
func (p *Provider) fetchRecovered(ctx context.Context, group []pip.Question) (replies []pip.Reply) {
	defer func() {
		if err := pip.Panicked(recover()); err != nil {
			replies = slices.Repeat([]pip.Reply{{Err: err}}, len(group))
		}
	}()
	return p.fetch(ctx, group)
}

// check compares a question with the declaration.
func (p *Provider) check(q pip.Question) error {
	if len(q) != len(p.cfg.Needs) {
		return pip.Invalidf("the question has %d values for %d needs", len(q), len(p.cfg.Needs))
	}
	for i, v := range q {
		if v == nil {
			return pip.Invalidf("the need %q has no value", p.cfg.Needs[i].Name)
		}
	}
	return nil
}

// fetch puts questions in one request, which differ in nothing but the need that
// is put as a list.
func (p *Provider) fetch(ctx context.Context, group []pip.Question) []pip.Reply {
	replies := make([]pip.Reply, len(group))
	var sent []int
	for i, q := range group {
		// What cannot be sent is an error of this question alone.
		if _, err := p.exchange.prepare(texts(q)); err != nil {
			replies[i].Err = err
			continue
		}
		sent = append(sent, i)
	}
	if len(sent) == 0 {
		return replies
	}
	in := texts(group[sent[0]])
	for _, i := range sent[1:] {
		in[p.shape.list] = append(in[p.shape.list], group[i][p.shape.list].String())
	}
	said, err := p.exchange.ask(ctx, in)
	if err == nil && said.doc == nil && len(sent) > 1 {
		p.fetchHalves(ctx, group, sent, replies)
		return replies
	}
	var bags map[string][]value.Bag
	if err == nil {
		bags, err = p.shape.read(said.doc, in)
	}
	keys := p.shape.keys(in)
	for n, i := range sent {
		if err != nil {
			replies[i].Err = err
			continue
		}
		replies[i].Answer = pip.Answer{Bags: bags[keys[n]], ValidFor: said.validFor}
	}
	return replies
}

// fetchHalves asks again what the service, asked about all together, said that
// there is none of: it may say so because it does not know one of them.
func (p *Provider) fetchHalves(ctx context.Context, group []pip.Question, sent []int, replies []pip.Reply) {
	for half := range slices.Chunk(sent, (len(sent)+1)/2) {
		qs := make([]pip.Question, len(half))
		for j, i := range half {
			qs[j] = group[i]
		}
		for j, r := range p.fetch(ctx, qs) {
			replies[half[j]] = r
		}
	}
}

// texts are the values of each need in one question.
func texts(q pip.Question) [][]string {
	in := make([][]string, len(q))
	for i, v := range q {
		in[i] = []string{v.String()}
	}
	return in
}
