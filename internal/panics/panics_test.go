package panics

import (
	"errors"
	"testing"
)

// TestText: nothing is told of what a panic may quote.
func TestText(t *testing.T) {
	const secret = "13370000"
	for name, test := range map[string]struct {
		do   func()
		want string
	}{
		"runtime": {func() { _ = []int{}[len(secret)] }, "runtime error: index out of range [8] with length 0"},
		"text":    {func() { panic("cannot read " + secret) }, "of type string"},
		"error":   {func() { panic(errors.New(secret)) }, "of type *errors.errorString"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got := Text(recover()); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			}()
			test.do()
		})
	}
}
