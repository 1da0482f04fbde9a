package pap

import (
	"log/slog"
	"path/filepath"
	"strings"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// watcher turns events of the operating system into hints to look at the folder
// now. It may lose any of them: the regular look decides. A watcher that is nil
// never hints.
type watcher struct {
	dir    string
	logger *slog.Logger
	events *fsnotify.Watcher
	// hints holds one hint at most.
	hints   chan struct{}
	done    sync.WaitGroup
	watched map[string]stamp // by path below the folder
	deaf    bool             // some folder could not be watched, which was logged
}

// newWatcher starts to watch, or gives nil if the system cannot.
func newWatcher(dir string, logger *slog.Logger) *watcher {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		logger.Warn("policy folder is polled only, file events are not available", "folder", dir, "error", err)
		return nil
	}
	w := &watcher{
		dir: dir, logger: logger, events: events,
		hints: make(chan struct{}, 1), watched: map[string]stamp{},
	}
	w.done.Go(w.drain)
	return w
}

// close stops watching and waits until that is so.
func (w *watcher) close() {
	if w == nil {
		return
	}
	if err := w.events.Close(); err != nil {
		w.logger.Warn("file events did not end well", "error", err)
	}
	w.done.Wait()
}

// hint is the channel of hints.
func (w *watcher) hint() <-chan struct{} {
	if w == nil {
		return nil
	}
	return w.hints
}

// drain takes the events as fast as they come, so that the queue of the system
// does not fill up while a candidate is being loaded. A queue that does fill up
// comes as an error, which is a hint as well.
func (w *watcher) drain() {
	for {
		select {
		case event, ok := <-w.events.Events:
			if !ok {
				return
			}
			if !telling(event) {
				continue
			}
		case err, ok := <-w.events.Errors:
			if !ok {
				return
			}
			w.logger.Debug("file events were lost, looking at the policy folder instead", "error", err)
		}
		select {
		case w.hints <- struct{}{}:
		default:
		}
	}
}

// telling tells that an event may be about a policy. Names with two dots in
// front are ignored as policies, but the ..data link of a Kubernetes volume is
// how its files change.
func telling(event fsnotify.Event) bool {
	base := filepath.Base(event.Name)
	return !ignored(base) || strings.HasPrefix(base, "..")
}

// follow watches exactly these folders.
func (w *watcher) follow(folders []entry) {
	if w == nil {
		return
	}
	gone := make(map[string]bool, len(w.watched))
	for name := range w.watched {
		gone[name] = true
	}
	for _, f := range folders {
		delete(gone, f.name)
		// A folder that changed may be another one, even if it got the same inode.
		if known, ok := w.watched[f.name]; ok && known == f.stamp {
			continue
		}
		if err := w.events.Add(w.path(f.name)); err != nil {
			if !w.deaf {
				w.logger.Warn("folder is polled only, it cannot be watched", "folder", f.name, "error", err)
			}
			w.deaf = true
			continue
		}
		w.watched[f.name] = f.stamp
	}
	for name := range gone {
		// The watch of a folder that was removed is gone already.
		_ = w.events.Remove(w.path(name))
		delete(w.watched, name)
	}
}

func (w *watcher) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }
