package pap

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/forseti-pdp/forseti/pdp/policy"
)

// folder is where policies come from.
type folder struct {
	dir           string
	limits        Limits
	rootAlgorithm string // part of the digest
	rest          time.Duration
	open          opener
}

// defaultRest is how long a file must not have been touched for its stamp to
// stand for its content. Two changes within one tick of the clock of a file
// system can leave equal stamps; the coarsest clock ticks every two seconds.
const defaultRest = 3 * time.Second

// file is a policy file as looks at the folder saw it.
type file struct {
	entry
	digest digest // of the content
	group  byte   // of the identity
	read   bool   // otherwise it could not be, and has no digest
	fresh  bool   // another look has to see this content before it counts
	// What became of this content. It is known if held, and of broken files.
	outcome Outcome
	held    bool // the candidate that follows the looks holds it, see draft
}

// sight is what one look at the folder sees.
type sight struct {
	began    time.Time
	listing  time.Duration // how long the listing took
	folders  []entry
	files    []file // sorted by name; none if a problem of the listing is an error
	problems policy.Problems
	looked   bool   // into the files, as far as they changed: digest is set
	digest   digest // of the files, or of the problems if one is an error
	groups   groups // of the files, if no problem is an error
	// dropped names files that were held and are not any more.
	dropped []string
}

// valid tells that nothing keeps the files from being compiled.
func (s *sight) valid() bool { return len(s.problems.Errors()) == 0 }

// count is the number of files.
func (s *sight) count() int {
	if s == nil {
		return 0
	}
	return len(s.files)
}

// reading says what a look reads.
type reading struct {
	// known is what is known; nil for nothing. Only files that it does not hold
	// with an equal stamp are read.
	known *sight
	// unlessSame leaves everything alone if the listing is the same as known.
	unlessSame bool
	// all reads all files.
	all bool
	// alone reads with one worker instead of one for each processor.
	alone bool
	// must says which of the known files are read in any case; may be nil.
	must func(known *file) bool
	// take gets each file that is read, with what is known of it (or nil), and
	// data that it must not keep. Several goroutines call it. May be nil.
	take func(now, known *file, data []byte)
}

// look lists the folder and reads its policy files, as far as they can have
// changed. The error is that of the context.
func (f folder) look(ctx context.Context, r reading) (*sight, error) {
	s := &sight{began: time.Now()}
	var found listing
	// The folder is opened for each look, because it may have been replaced.
	t, err := f.open(f.dir)
	if err != nil {
		found.problems = policy.Problems{problem(".", policy.ReasonIO, "policy folder %q cannot be opened: %v", f.dir, cause(err))}
	} else {
		defer func() { _ = t.Close() }() // nothing was written
		found = list(t, f.limits, r.known.count())
	}
	s.listing = time.Since(s.began)
	s.folders, s.problems = found.folders, found.problems
	if r.unlessSame && r.known != nil && r.known.lists(found) {
		return s, ctx.Err()
	}
	s.looked = true
	if s.valid() {
		if err := f.fill(ctx, t, s, found.files, r); err != nil {
			return nil, err
		}
	}
	if !s.valid() {
		s.digest = hashProblems(s.problems)
	}
	return s, ctx.Err()
}

// lists tells that a listing is that of s. Folders do not matter by themselves.
func (s *sight) lists(l listing) bool {
	return slices.EqualFunc(s.files, l.files, func(f file, e entry) bool { return f.entry == e }) &&
		slices.Equal(s.problems, l.problems)
}

// fill reads what is listed, or takes it from what is known.
func (f folder) fill(ctx context.Context, t tree, s *sight, listed []entry, r reading) error {
	known := r.known
	stale := new(groupSet)
	if known == nil || !known.valid() {
		stale = everyGroup()
	} else {
		s.groups = known.groups
	}
	drop := func(gone *file) {
		stale[gone.group] = true
		if gone.held {
			s.dropped = append(s.dropped, gone.name)
		}
	}
	s.files = make([]file, len(listed))
	var tasks []task
	unread := f.limits.TotalBytes // what is left for the files that are read
	rest := known.olds()
	for i, e := range listed {
		now := &s.files[i]
		now.entry = e
		before := rest.upTo(e.name, drop)
		switch {
		case before == nil:
			now.group, now.fresh = groupOf(e.name), !f.rested(e, s.began)
			tasks = append(tasks, task{now: now})
		case r.all || !f.trusts(before, e, known.began) || r.must != nil && r.must(before):
			now.name, now.group = before.name, before.group
			tasks = append(tasks, task{now: now, known: before})
		default:
			*now = *before
			unread -= e.size
		}
	}
	rest.drain(drop)
	problems, err := f.readAll(ctx, t, tasks, unread, r)
	if err != nil {
		return err
	}
	s.problems = append(s.problems, problems...)
	for _, w := range tasks {
		if w.known == nil || w.known.digest != w.now.digest {
			stale[w.now.group] = true
		}
		if w.known != nil && w.known.held && !w.now.held {
			s.dropped = append(s.dropped, w.now.name)
		}
	}
	if s.valid() {
		s.groups.update(s.files, stale)
		s.digest = s.groups.digest(f.rootAlgorithm)
	}
	return nil
}

// trusts tells that a file need not be read to know that it holds what it held
// in a look that began then.
func (f folder) trusts(before *file, now entry, began time.Time) bool {
	return before.read && !before.fresh && before.stamp == now.stamp && f.rested(now, began)
}

// rested tells that a file was not touched for a while at some time, so that
// every later change gives it another stamp.
func (f folder) rested(e entry, at time.Time) bool { return e.touched() < at.Add(-f.rest).UnixNano() }

// olds is an iterator over files that are sorted by name.
type olds []file

func (s *sight) olds() *olds {
	if s == nil {
		return new(olds)
	}
	o := olds(s.files)
	return &o
}

// upTo gives the file of that name, or nil, after those of smaller names, which
// are gone.
func (o *olds) upTo(name string, gone func(*file)) *file {
	for len(*o) > 0 {
		first := &(*o)[0]
		order := strings.Compare(first.name, name)
		if order > 0 {
			return nil
		}
		*o = (*o)[1:]
		if order == 0 {
			return first
		}
		gone(first)
	}
	return nil
}

// drain gives all files that are left.
func (o *olds) drain(gone func(*file)) {
	for i := range *o {
		gone(&(*o)[i])
	}
	*o = nil
}

// File is a policy file.
type File struct {
	Name string // slash path below the policy folder
	Data []byte
}

// ReadFolder reads the policy files of a folder once, sorted by name, as a
// [Store] would see them. The problems tell what makes a store refuse the
// folder, and warnings; no file is given if one is an error. The error is that
// of the context.
func ReadFolder(ctx context.Context, dir string, limits Limits) ([]File, policy.Problems, error) {
	source := folder{dir: dir, limits: limits.orDefault(), open: openRoot}
	var mu sync.Mutex
	var files []File
	seen, err := source.look(ctx, reading{take: func(now, _ *file, data []byte) {
		mu.Lock()
		defer mu.Unlock()
		files = append(files, File{Name: now.name, Data: slices.Clone(data)})
	}})
	if err != nil || !seen.valid() {
		files = nil
	}
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, seen.problems, nil
}
