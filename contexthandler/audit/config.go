package audit

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// SyncRule says when what is written is put on disk.
type SyncRule string

const (
	// SyncAlways is before a decision is given. What was acknowledged survives a loss
	// of power.
	SyncAlways SyncRule = "always"
	// SyncInterval is each second, or every 8 MiB. What was acknowledged survives the
	// end of the process; a loss of power takes the last second.
	SyncInterval SyncRule = "interval"
)

// ErrorRule says what becomes of a decision whose records cannot be written.
type ErrorRule string

const (
	// Refuse is that it is refused if they are not written before its deadline.
	Refuse ErrorRule = "refuse"
	// Spill is that its records go to a file until they can be. If that is full, Refuse.
	Spill ErrorRule = "spill"
)

// Config says where records go.
type Config struct {
	// Folder is for the files; it is made. Empty: there are none.
	Folder string
	// MaxBytes and MaxAge are when a new file begins. MaxAge zero: never for its age.
	MaxBytes int64
	MaxAge   time.Duration
	// Keep is how many files there are; the oldest are removed.
	Keep int
	// Stdout gets the lines too, when they are in the file. Nil: nobody does. Without
	// a Folder each process has a chain of its own.
	Stdout io.Writer
	// Sync is when files are synced.
	Sync SyncRule
	// WhenBlocked is for when records cannot be written.
	WhenBlocked ErrorRule
	// SpillFile is where they then wait, and SpillMaxBytes how large it gets. It is
	// best on another disk.
	SpillFile     string
	SpillMaxBytes int64
	// Masking hides private values.
	Masking Masking
	// Logger gets a warning when writing begins to fail, without values. It may be nil.
	Logger *slog.Logger
	// Registerer gets the metrics; it may be nil.
	Registerer prometheus.Registerer

	timing timing
}

// timing is how long things take; tests have shorter ones.
type timing struct {
	interval time.Duration // between syncs
	patience time.Duration // before records spill
	retry    time.Duration // before the next attempt, which doubles up to 5 s
	now      func() time.Time
}

const maxRetry = 5 * time.Second

func (t timing) filled() timing {
	if t.interval == 0 {
		t.interval = time.Second
	}
	if t.patience == 0 {
		t.patience = 100 * time.Millisecond
	}
	if t.retry == 0 {
		t.retry = 50 * time.Millisecond
	}
	if t.now == nil {
		t.now = time.Now
	}
	return t
}

// check tells everything that is wrong.
func (c *Config) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Folder == "" && c.Stdout == nil {
		fail("there is nowhere to write audit records to")
	}
	if c.Folder != "" && (c.MaxBytes < 1 || c.Keep < 1 || c.MaxAge < 0) {
		fail("the largest size of audit files and their number must be positive")
	}
	if c.Sync != SyncAlways && c.Sync != SyncInterval {
		fail("unknown rule %q for syncing", c.Sync)
	}
	switch c.WhenBlocked {
	case Refuse:
	case Spill:
		if c.SpillFile == "" || c.SpillMaxBytes < 1 {
			fail("the spill file needs a name and a size")
		} else if name := filepath.Base(c.SpillFile); isChainFile(name) || name == lockName || name == headName {
			fail("the spill file has the name of an audit file, %q", name)
		}
	default:
		fail("unknown rule %q for records that cannot be written", c.WhenBlocked)
	}
	if n := len(c.Masking.Key); n > 0 && n < minKey {
		fail("the key for private values has %d bytes; it takes %d", n, minKey)
	}
	return errors.Join(errs...)
}

// minKey is the length of the key for pseudonyms at least, in bytes.
const minKey = 32

func isChainFile(name string) bool {
	_, ok := fileNumber(name)
	return ok
}
