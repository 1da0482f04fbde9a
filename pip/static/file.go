package static

import (
	"context"
	"maps"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

const (
	// recheck is the time between two looks at the file, and so for how long an
	// answer may be used.
	recheck = time.Second
	// settled is how old the stamp of a file must be for an equal stamp to mean
	// equal content: file systems keep times coarsely.
	settled = 3 * time.Second
	// grace is how long the last good table stays in use when the file cannot be used.
	grace = time.Minute
)

// File answers from the table in a file, which may change: once a second the file
// is looked at, and a table that is valid takes the place of the other as a whole.
// A change counts when two looks in a row find the same, so that what is half
// written is not taken for a table; who replaces the file by renaming is safe in any
// case.
// When the file cannot be used, the last table answers for a minute, and then
// nobody knows anything: what was taken out of a table must not stay in force
// because of a typing error.
type File struct {
	name   string
	config Config
	told   func(error)
	now    func() time.Time

	current atomic.Pointer[served]
	stop    context.CancelFunc
	done    chan struct{}
}

// served is the table in force.
type served struct {
	table *Provider
	until time.Time // when it must not be used any more, zero while the file is good
}

// Open reads the table of the file, whose Config has no Table. told, which may be nil,
// is called with nil when another table comes into force, and with an error, which
// holds no values, when the file cannot be used any more. Close ends it.
func Open(name string, config Config, told func(error)) (*File, error) {
	return open(name, config, told, time.Now, recheck)
}

func open(name string, config Config, told func(error), now func() time.Time, every time.Duration) (*File, error) {
	if told == nil {
		told = func(error) {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &File{name: name, config: config, told: told, now: now, stop: cancel, done: make(chan struct{})}
	stamp, _ := f.stamp()
	table, err := f.read()
	if err != nil {
		cancel()
		return nil, err
	}
	f.current.Store(&served{table: table})
	go f.watch(ctx, stamp, every)
	return f, nil
}

// Close ends the watch.
func (f *File) Close() error {
	f.stop()
	<-f.done
	return nil
}

// Fetch answers from the table in force.
func (f *File) Fetch(ctx context.Context, q pip.Question) (pip.Answer, error) {
	s := f.current.Load()
	if !s.until.IsZero() && !f.now().Before(s.until) {
		return pip.Answer{}, &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the file of the table cannot be used"}
	}
	a, err := s.table.Fetch(ctx, q)
	a.ValidFor = recheck
	return a, err
}

// stamp is what tells that a file changed without reading it.
type stamp struct {
	size    int64
	changed time.Time
	read    time.Time // when
}

func (f *File) stamp() (stamp, error) {
	info, err := os.Stat(f.name)
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.Size(), info.ModTime(), f.now()}, nil
}

// like reports whether the stamps look the same.
func (s stamp) like(o stamp) bool { return s.size == o.size && s.changed.Equal(o.changed) }

// same reports whether a file with this stamp has the content that it had when it
// was read under the other.
func (s stamp) same(read stamp) bool { return s.like(read) && read.read.Sub(read.changed) > settled }

func (f *File) read() (*Provider, error) {
	table, err := ReadFile(f.name)
	if err != nil {
		return nil, err
	}
	config := f.config
	config.Table = table
	return New(config)
}

// watch looks at the file until ctx ends. last is its stamp when it was read.
func (f *File) watch(ctx context.Context, last stamp, every time.Duration) {
	defer close(f.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	seen, failing := last, ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := f.stamp()
		if err == nil && failing == "" && now.same(last) {
			continue
		}
		if err == nil && !now.like(seen) {
			seen = now
			continue
		}
		if err == nil {
			err = f.load()
		}
		if err != nil {
			f.expire()
			if failing != err.Error() {
				failing = err.Error()
				f.told(err)
			}
			continue
		}
		if failing != "" {
			f.told(nil)
		}
		last, failing = now, ""
	}
}

// load brings the table of the file into force.
func (f *File) load() error {
	table, err := f.read()
	if err != nil {
		return err
	}
	before := f.current.Swap(&served{table: table})
	if before.until.IsZero() && !table.equal(before.table) {
		f.told(nil)
	}
	return nil
}

// expire lets the table in force end, if it does not already.
func (f *File) expire() {
	if s := f.current.Load(); s.until.IsZero() {
		f.current.Store(&served{s.table, f.now().Add(grace)})
	}
}

// equal reports whether the tables give the same answers.
func (p *Provider) equal(o *Provider) bool {
	return maps.EqualFunc(p.answers, o.answers, func(a, b pip.Answer) bool {
		return slices.EqualFunc(a.Bags, b.Bags, func(x, y value.Bag) bool {
			return slices.EqualFunc(x.Values(), y.Values(), func(v, w value.Value) bool { return v.String() == w.String() })
		})
	})
}
