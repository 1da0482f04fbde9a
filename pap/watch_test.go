package pap

import (
	"log/slog"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func TestTelling(t *testing.T) {
	for name, want := range map[string]bool{
		"/p/a.xml": true, "/p/b": true, "/p/..data": true, "/p/..2026_01": true,
		"/p/.a.xml.swp": false, "/p/a.xml~": false, "/p/a.xml.tmp": false,
	} {
		if got := telling(fsnotify.Event{Name: name}); got != want {
			t.Errorf("event of %q tells: got %t, want %t", name, got, want)
		}
	}
}

// TestWatcher follows folders that come, go and come back.
func TestWatcher(t *testing.T) {
	f := newFixture(t, "b/c.xml", "1")
	w := newWatcher(f.dir, slog.New(slog.NewTextHandler(f.log, nil)))
	if w == nil {
		t.Skip("file events are not available here")
	}
	defer w.close()
	follow := func() {
		t.Helper()
		root, err := openRoot(f.dir)
		f.must(err)
		w.follow(list(root, DefaultLimits(), 0).folders)
		f.must(root.Close())
	}
	hinted := func(what string) {
		t.Helper()
		select {
		case <-w.hint():
		case <-time.After(within):
			t.Errorf("%s: got no hint", what)
		}
		for drained := false; !drained; { // the events that follow
			select {
			case <-w.hint():
			case <-time.After(20 * time.Millisecond):
				drained = true
			}
		}
	}
	follow()
	f.write("b/c.xml", "2")
	hinted("change in a folder")
	f.remove("b")
	hinted("removed folder")
	follow()
	f.write("b/c.xml", "3")
	hinted("folder that is back")
	follow()
	f.write("b/c.xml", "4")
	hinted("change in a folder that is back")
	// Removed and back between two looks.
	f.remove("b")
	f.write("b/c.xml", "5")
	hinted("new folder")
	follow()
	f.write("b/c.xml", "6")
	hinted("change in a new folder of the same name")
	// A lost event is a hint.
	w.events.Errors <- fsnotify.ErrEventOverflow
	hinted("overflow")
	// What cannot be watched is said once.
	w.follow([]entry{{name: "."}, {name: "no"}, {name: "nothing"}})
	w.follow([]entry{{name: "."}, {name: "no"}})
	if !w.deaf || len(w.watched) != 1 {
		t.Errorf("watched: got %v, deaf %t, want only the folder itself", w.watched, w.deaf)
	}
}

func TestNoWatcher(t *testing.T) {
	var w *watcher
	w.follow([]entry{{name: "."}})
	if w.hint() != nil {
		t.Error("hints of no watcher: got a channel, want none")
	}
	w.close()
}
