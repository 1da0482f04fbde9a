package config

import (
	"time"

	"github.com/forseti-pdp/forseti/contexthandler/audit"
)

// Audit says where a record of each decision goes.
type Audit struct {
	// File: files with records.
	File AuditFile `yaml:"file"`
	// Stdout tells whether standard output gets the records, too.
	Stdout bool `yaml:"stdout"`
	// Sync is always or interval: when records are put on disk.
	Sync string `yaml:"sync"`
	// WhenBlocked is refuse or spill: what becomes of decisions whose records cannot
	// be written.
	WhenBlocked string `yaml:"when_blocked"`
	// Spill: the file in which records then wait.
	Spill AuditSpill `yaml:"spill"`
	// PseudonymKeyFile is a file with the secret by which private values become
	// pseudonyms. Empty: nothing is told of them.
	PseudonymKeyFile string `yaml:"pseudonym_key_file"`
}

// AuditFile describes the files with records.
type AuditFile struct {
	// Folder is where they are. Empty: there are none.
	Folder string `yaml:"folder"`
	// MaxBytes and MaxAge are when a new file begins; MaxAge 0 is never.
	MaxBytes int           `yaml:"max_bytes"`
	MaxAge   time.Duration `yaml:"max_age"`
	// Keep is how many there are.
	Keep int `yaml:"keep"`
}

// AuditSpill describes the file in which records wait.
type AuditSpill struct {
	// File is its name.
	File string `yaml:"file"`
	// MaxBytes is how large it may get.
	MaxBytes int `yaml:"max_bytes"`
}

// On reports whether there are records.
func (a *Audit) On() bool { return a.File.Folder != "" || a.Stdout }

// audit checks where records go.
func (k *checker) audit() {
	a := &k.config.Audit
	for _, n := range []struct {
		key   string
		value int
	}{{"file.max_bytes", a.File.MaxBytes}, {"file.keep", a.File.Keep}, {"spill.max_bytes", a.Spill.MaxBytes}} {
		if n.value < 1 {
			k.failf("audit."+n.key, "%d is not more than 0", n.value)
		}
	}
	k.notNegative("audit.file.max_age", a.File.MaxAge)
	k.oneOf("audit.sync", a.Sync, string(audit.SyncAlways), string(audit.SyncInterval))
	k.oneOf("audit.when_blocked", a.WhenBlocked, string(audit.Refuse), string(audit.Spill))
	if a.WhenBlocked == string(audit.Spill) && a.Spill.File == "" {
		k.failf("audit.spill.file", "the file is missing")
	}
}
