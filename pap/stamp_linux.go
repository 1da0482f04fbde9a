package pap

import (
	"io/fs"
	"syscall"
)

// addSystem adds what only this system knows.
func (s *stamp) addSystem(info fs.FileInfo) {
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.changed = sys.Ctim.Nano()
		s.device, s.ino = uint64(sys.Dev), uint64(sys.Ino) //nolint:unconvert // their width differs by architecture
	}
}
