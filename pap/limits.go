package pap

import "cmp"

// Limits bound what is read of a policy folder. A folder beyond one of them is
// refused, and nothing is read past it. A field that is zero stands for its
// default.
type Limits struct {
	// Files is the number of policy files; 200,000 by default.
	Files int
	// Entries is the number of names of any kind, those that are ignored
	// included; 1,000,000 by default. It ends the walk of links that multiply.
	Entries int
	// Depth is how deeply folders may be nested; 64 by default.
	Depth int
	// FileBytes is the size of one file; 16 MiB by default.
	FileBytes int64
	// TotalBytes is the size of all files together; 4 GiB by default. Their
	// text is not kept: this bounds the time that a reading takes.
	TotalBytes int64
}

// DefaultLimits is what a Limits that is zero stands for.
func DefaultLimits() Limits {
	return Limits{Files: 200_000, Entries: 1_000_000, Depth: 64, FileBytes: 16 << 20, TotalBytes: 4 << 30}
}

// orDefault fills in the defaults.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	return Limits{
		Files:      cmp.Or(l.Files, d.Files),
		Entries:    cmp.Or(l.Entries, d.Entries),
		Depth:      cmp.Or(l.Depth, d.Depth),
		FileBytes:  cmp.Or(l.FileBytes, d.FileBytes),
		TotalBytes: cmp.Or(l.TotalBytes, d.TotalBytes),
	}
}

// valid tells that no limit is negative.
func (l Limits) valid() bool {
	return l.Files >= 0 && l.Entries >= 0 && l.Depth >= 0 && l.FileBytes >= 0 && l.TotalBytes >= 0
}
