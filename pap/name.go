package pap

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// extension is how the name of a policy file ends.
const extension = ".xml"

// ignored tells that a file or folder of this name, without its path, is hidden
// or somebody's work in progress. The file 4913 that vim writes to try a folder
// needs no mention, since it does not end in ".xml"; a folder of that name is a
// folder like any other.
func ignored(base string) bool {
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "~") || strings.HasSuffix(base, "~") {
		return true
	}
	if strings.HasPrefix(base, "#") && strings.HasSuffix(base, "#") {
		return true
	}
	for _, suffix := range []string{".swp", ".swo", ".swx", ".tmp", ".part"} {
		if strings.HasSuffix(base, suffix) {
			return true
		}
	}
	return false
}

// printable tells that a name can stand in a log line and in an answer as it is.
func printable(name string) bool {
	return utf8.ValidString(name) && strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
