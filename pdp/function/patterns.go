package function

import (
	"strings"
	"sync"

	"github.com/forseti-pdp/forseti/pdp/internal/regex"
)

// patterns holds compiled regular expressions, so that an expression in a
// policy is not compiled for each value that it is matched with. It is safe for
// concurrent use, and its zero value is ready.
//
// It is no state of the library: an expression compiles to the same whenever it
// is, so that results, errors and costs are those of a library without it.
//
// It holds two generations. The recent one takes new expressions until it is
// full; then it becomes the older one, and the older one is dropped. An
// expression of the older one that is used is recent again.
type patterns struct {
	mu            sync.Mutex
	recent, older map[string]*regex.Regexp
	// weight is that of the recent generation.
	weight int
}

const (
	// maxPatternsWeight is the weight of a generation, before its last
	// expression: some megabytes.
	maxPatternsWeight = 1 << 16
	// patternWeight is the weight of an expression in addition to its size.
	patternWeight = 64
)

// compile gives the expression of a pattern. Errors are not kept.
func (p *patterns) compile(pattern string) (*regex.Regexp, error) {
	if re := p.find(pattern); re != nil {
		return re, nil
	}
	re, err := regex.Compile(pattern)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	// The pattern may be a part of a large text, which it would keep.
	p.add(strings.Clone(pattern), re)
	return re, nil
}

// find gives the expression of a pattern if it is here, and otherwise nil.
func (p *patterns) find(pattern string) *regex.Regexp {
	p.mu.Lock()
	defer p.mu.Unlock()
	if re := p.recent[pattern]; re != nil {
		return re
	}
	re := p.older[pattern]
	if re != nil {
		p.add(pattern, re)
	}
	return re
}

// add makes an expression recent. The caller holds the lock.
func (p *patterns) add(pattern string, re *regex.Regexp) {
	if p.recent[pattern] != nil {
		return
	}
	if p.recent == nil || p.weight > maxPatternsWeight {
		p.recent, p.older, p.weight = make(map[string]*regex.Regexp), p.recent, 0
	}
	p.recent[pattern] = re
	p.weight += patternWeight + re.Size()
}
