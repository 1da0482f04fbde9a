package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
)

// unaskedLog logs what may be wrong with the names in sources, each thing once: what is
// the same with new policies is not told again.
type unaskedLog struct {
	logger *slog.Logger
	told   map[string]bool
}

func (u *unaskedLog) log(found config.Problems) {
	for _, p := range found {
		if u.told[p.Message] {
			continue
		}
		u.told[p.Message] = true
		u.logger.Warn("a name in a source may be wrong", "at", p.String(), "key", p.Key, "message", p.Message)
	}
}

// printUnasked prints what may be wrong with the names in sources, if the policies are
// valid: of others nobody knows what they ask for.
func (v *verdict) printUnasked(to io.Writer, c *config.Config) error {
	if v.snapshot == nil {
		return nil
	}
	for _, p := range c.Unasked(v.snapshot.PDP.MayAsk) {
		if _, err := fmt.Fprintf(to, "%s: warning: %s: %s\n", p.Place, p.Key, p.Message); err != nil {
			return err
		}
	}
	return nil
}
