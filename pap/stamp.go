package pap

import "io/fs"

// stamp is what can be known about a file without reading it. Files with equal
// stamps have, with near certainty, the same content; the regular reading of
// all content covers what is left.
type stamp struct {
	size        int64
	mode        fs.FileMode
	modified    int64 // nanoseconds
	changed     int64 // of the inode, nanoseconds; 0 where the system does not tell
	device, ino uint64
}

func stampOf(info fs.FileInfo) stamp {
	s := stamp{size: info.Size(), mode: info.Mode(), modified: info.ModTime().UnixNano()}
	s.addSystem(info)
	return s
}

// touched is the time of the last change of the file, in nanoseconds: of the
// inode, which nobody can set, or of the content where that is not known.
func (s stamp) touched() int64 {
	if s.changed != 0 {
		return s.changed
	}
	return s.modified
}
