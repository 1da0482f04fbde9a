package static

import (
	"context"
	"errors"
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
	// grace is how long a table stays in use after the last look that found its file
	// to be good.
	grace = time.Minute
)

// File answers from the table in a file, which may change: once a second the file
// is looked at, and a table that is valid takes the place of the other as a whole.
// A change counts when two looks in a row find the same, so that what is half
// written is not taken for a table; who replaces the file by renaming is safe in any
// case.
// When the file cannot be used, never comes to rest, or is where nobody can look,
// the last table answers for a minute, and then nobody knows anything: what was
// taken out of a table must not stay in force because of a typing error.
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
	until time.Time // when it must not be used any more, unless a look finds the file good
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
	f.serve(table)
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
	left := s.until.Sub(f.now())
	if left <= 0 {
		return pip.Answer{}, &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the file of the table cannot be used"}
	}
	a, err := s.table.Fetch(ctx, q)
	a.ValidFor = min(left, recheck)
	return a, err
}

// stamp is what tells that a file changed without reading it.
type stamp struct {
	file    os.FileInfo
	changed time.Time
	read    time.Time // when
}

func (f *File) stamp() (stamp, error) {
	info, err := os.Stat(f.name)
	if err != nil {
		return stamp{}, err
	}
	return stamp{info, info.ModTime(), f.now()}, nil
}

// like reports whether the stamps look the same. Another file may have the same
// size and time: those that a build made reproducible all have the same time.
func (s stamp) like(o stamp) bool {
	return s.file != nil && o.file != nil && os.SameFile(s.file, o.file) &&
		s.file.Size() == o.file.Size() && s.changed.Equal(o.changed)
}

// same reports whether a file with this stamp has the content that it had when it
// was read under the other.
func (s stamp) same(read stamp) bool { return s.like(read) && read.read.Sub(read.changed) > settled }

// read makes a provider of the file. The watch has nobody else who would recover.
func (f *File) read() (made *Provider, err error) {
	defer func() {
		if e := pip.Panicked(recover()); e != nil {
			made, err = nil, errors.New(f.name+": the table cannot be read: internal fault")
		}
	}()
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
			f.serve(f.current.Load().table)
			continue
		}
		if err == nil && !now.like(seen) {
			seen = now
			continue
		}
		var table *Provider
		if err == nil {
			table, err = f.read()
			if after, e := f.stamp(); e == nil && !after.like(now) { // it changed under the reading
				seen = after
				continue
			}
		}
		if err != nil {
			if failing != err.Error() {
				failing = err.Error()
				f.told(err)
			}
			continue
		}
		if before := f.serve(table); failing != "" || !table.equal(before) {
			f.told(nil)
		}
		last, failing = now, ""
	}
}

// serve brings a table whose file is good into force, and gives the one before.
func (f *File) serve(table *Provider) *Provider {
	before := f.current.Swap(&served{table, f.now().Add(grace)})
	if before == nil {
		return nil
	}
	return before.table
}

// equal reports whether the tables give the same answers.
func (p *Provider) equal(o *Provider) bool {
	return maps.EqualFunc(p.answers, o.answers, func(a, b pip.Answer) bool {
		return slices.EqualFunc(a.Bags, b.Bags, func(x, y value.Bag) bool {
			return slices.EqualFunc(x.Values(), y.Values(), func(v, w value.Value) bool { return value.Identity(v) == value.Identity(w) })
		})
	})
}
