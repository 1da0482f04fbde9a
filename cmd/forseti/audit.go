package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/audit"
)

// openAudit opens the audit log, if there is to be one. It is closed when nothing is
// decided any more.
func (s *service) openAudit(dictionary *contexthandler.Dictionary) (contexthandler.Auditor, error) {
	a := &s.config.Audit
	if !a.On() {
		return nil, nil
	}
	c := audit.Config{
		Folder: a.File.Folder, MaxBytes: int64(a.File.MaxBytes), MaxAge: a.File.MaxAge, Keep: a.File.Keep,
		Sync: audit.SyncRule(a.Sync), WhenBlocked: audit.ErrorRule(a.WhenBlocked), SpillFile: a.Spill.File, SpillMaxBytes: int64(a.Spill.MaxBytes),
		Masking: audit.Masking{Private: dictionary.Private, Named: dictionary.Known}, Logger: s.logger, Registerer: s.registry,
	}
	if a.Stdout {
		c.Stdout = os.Stdout
	}
	if a.PseudonymKeyFile != "" {
		key, err := os.ReadFile(a.PseudonymKeyFile)
		if err != nil {
			return nil, fmt.Errorf("audit.pseudonym_key_file: %w", err)
		}
		if c.Masking.Key = bytes.TrimSpace(key); len(c.Masking.Key) == 0 {
			return nil, errors.New("audit.pseudonym_key_file: the file is empty")
		}
	}
	log, err := audit.Open(c)
	if err != nil {
		return nil, fmt.Errorf("the audit log cannot be opened: %w", err)
	}
	s.flushes = append(s.flushes, log.Close)
	return log, nil
}
