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
