package reload

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/forseti-pdp/forseti/pip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// disk is a disk that can be told to answer no more. It is changed while nobody looks, or
// while who looks is stuck.
type disk struct {
	stuck chan struct{} // nil: it answers at once
	asked atomic.Int32
	text  string
	err   error
}

func (d *disk) read(string) ([]byte, error) {
	d.asked.Add(1)
	text, err := d.text, d.err
	if d.stuck != nil {
		<-d.stuck
	}
	return []byte(text), err
}

// secret is the text on the disk; the names of what it dropped are in gone.
func secret(d *disk, gone *[]string) *Files[string] {
	f := Secret("file", func(text string) error {
		if strings.HasPrefix(text, "half") {
			return errors.New("is cut off")
		}
		return nil
	})
	f.Read, f.Drop = d.read, func(text string) { *gone = append(*gone, text) }
	return f
}

// patient asks for as long as the bubble lets time go on, but no longer than ten seconds.
func patient(t *testing.T, f *Files[string]) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return f.Get(ctx)
}

// expect is what the next one who asks gets; with problem it is an error that holds it.
func expect(t *testing.T, f *Files[string], want, problem string) {
	t.Helper()
	got, err := patient(t, f)
	if problem == "" && (got != want || err != nil) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if problem != "" && (got != "" || err == nil || !strings.Contains(err.Error(), problem)) {
		t.Errorf("got %q, %v, want an error with %q", got, err, problem)
	}
}

// A disk that does not answer holds up only the one who looked, and him only for as
// long as he can wait; one looks at a time, and after a minute nobody knows.
func TestFiles_DiskThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{text: "first"}
		f := secret(d, new([]string))
		expect(t, f, "first", "")

		d.stuck, d.text = make(chan struct{}), "second"
		time.Sleep(Interval)
		began := time.Now()
		expect(t, f, "first", "")
		if waited := time.Since(began); waited != 10*time.Second {
			t.Errorf("who looked waited %v, want as long as he can", waited)
		}
		began = time.Now()
		for range 10 {
			expect(t, f, "first", "")
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("others waited %v for the disk", waited)
		}
		if n := d.asked.Load(); n != 2 {
			t.Errorf("the disk was asked %d times, want twice", n)
		}

		time.Sleep(Grace)
		got, err := patient(t, f)
		if e, ok := errors.AsType[*pip.Error](err); got != "" || !ok || e.Outcome != pip.OutcomeTimeout {
			t.Errorf("after a minute: got %q, %v, want a timeout", got, err)
		}
		close(d.stuck)
		synctest.Wait()
		d.stuck, d.text = nil, "third"
		expect(t, f, "third", "")
	})
}

// While a strict look does not end, the others go on with what there is; the one who looks
// does not know.
func TestFiles_StrictOnADiskThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{text: "first"}
		f := secret(d, new([]string))
		f.Strict = true
		expect(t, f, "first", "")
		d.stuck = make(chan struct{})
		time.Sleep(Interval)
		expect(t, f, "", "timeout")
		expect(t, f, "first", "")
		close(d.stuck)
	})
}

// The disk is looked at once a second, and only by those who ask.
func TestFiles_LookedAtOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{text: "first"}
		f := secret(d, new([]string))
		for range 11 {
			expect(t, f, "first", "")
			time.Sleep(Interval / 5)
		}
		if n := d.asked.Load(); n != 3 {
			t.Errorf("the disk was asked %d times in two seconds, want 3", n)
		}
		time.Sleep(time.Hour)
		expect(t, f, "first", "")
		if n := d.asked.Load(); n != 4 {
			t.Errorf("the disk was asked %d times, want none of them by nobody", n)
		}
	})
}

// What is new is in use within a second, and what it replaced is dropped, once.
func TestFiles_Rotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gone []string
		d := &disk{text: "first\n"}
		f := secret(d, &gone)
		expect(t, f, "first", "")
		d.text = "second\r\n"
		expect(t, f, "first", "")
		time.Sleep(Interval)
		expect(t, f, "second", "")
		time.Sleep(Interval)
		expect(t, f, "second", "")
		if len(gone) != 1 || gone[0] != "first" {
			t.Errorf("dropped %q, want the first, once", gone)
		}
		if last, ok := f.Last(); last != "second" || !ok {
			t.Errorf("last: got %q, %v", last, ok)
		}
	})
}

// Files that cannot be used leave the value in use for a minute, and not for longer; if
// the files are strict, for no longer than the next look. They can be used again at once.
func TestFiles_ThatCannotBeUsed(t *testing.T) {
	for _, tt := range []struct {
		name    string
		spoil   func(d *disk)
		problem string
	}{
		{"removed", func(d *disk) { d.err = errors.New("no such file") }, "no such file"},
		{"half written", func(d *disk) { d.text = "half of a s" }, "file: it is cut off"},
		{"empty", func(d *disk) { d.text = "\n" }, "file: it is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var gone []string
				d := &disk{text: "first"}
				f := secret(d, &gone)
				expect(t, f, "first", "")
				tt.spoil(d)
				for range Grace/Interval - 1 {
					time.Sleep(Interval)
					expect(t, f, "first", "")
				}
				time.Sleep(Interval)
				expect(t, f, "", tt.problem)
				d.err, d.text = nil, "second"
				expect(t, f, "second", "")
				if len(gone) != 1 || gone[0] != "first" {
					t.Errorf("dropped %q, want the first, once", gone)
				}
			})
		})
		t.Run(tt.name+", strict", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var gone []string
				d := &disk{text: "first"}
				f := secret(d, &gone)
				f.Strict = true
				expect(t, f, "first", "")
				tt.spoil(d)
				time.Sleep(Interval)
				expect(t, f, "", tt.problem)
				expect(t, f, "", tt.problem)
				if _, ok := f.Last(); ok || len(gone) != 1 || gone[0] != "first" {
					t.Errorf("dropped %q, want the first, once, and nothing that is left", gone)
				}
				d.err, d.text = nil, "first"
				expect(t, f, "first", "")
			})
		})
	}
}

// Nothing that could be used before: an error each time, by a look each time.
func TestFiles_NeverUsable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{err: errors.New("no such file")}
		f := secret(d, new([]string))
		expect(t, f, "", "no such file")
		if _, ok := f.Last(); ok {
			t.Error("got something that was made")
		}
		d.err, d.text = nil, "first"
		expect(t, f, "first", "")
	})
}

// Those who have nothing else wait for one look, together.
func TestFiles_AllWaitForTheFirstLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{text: "first", stuck: make(chan struct{})}
		f := secret(d, new([]string))
		answers := make(chan string)
		for range 5 {
			go func() {
				got, _ := patient(t, f)
				answers <- got
			}()
		}
		synctest.Wait()
		close(d.stuck)
		for range 5 {
			if got := <-answers; got != "first" {
				t.Errorf("got %q, want the first", got)
			}
		}
		if n := d.asked.Load(); n != 1 {
			t.Errorf("the disk was asked %d times, want once", n)
		}
	})
}

// The contents come in the order of the names, and a change of any of them counts, that
// of where one ends and the next begins included.
func TestFiles_Several(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		contents, made := map[string]string{"a": "1", "b": "23"}, 0
		f := &Files[string]{
			Names: []string{"a", "b"},
			Read:  func(name string) ([]byte, error) { return []byte(contents[name]), nil },
			Make: func(all [][]byte) (string, error) {
				made++
				return string(all[0]) + "," + string(all[1]), nil
			},
		}
		expect(t, f, "1,23", "")
		contents["a"], contents["b"] = "12", "3"
		time.Sleep(Interval)
		expect(t, f, "12,3", "")
		time.Sleep(Interval)
		expect(t, f, "12,3", "")
		if made != 2 {
			t.Errorf("the value was made %d times, want once for each content", made)
		}
	})
}

func TestFiles_PanicWhileMaking(t *testing.T) {
	f := &Files[string]{Make: func([][]byte) (string, error) { panic("boom") }}
	expect(t, f, "", "panicked")
	f.Make = func([][]byte) (string, error) { return "made", nil }
	expect(t, f, "made", "")
}
