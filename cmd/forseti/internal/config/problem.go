package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Place is where a value of the configuration was given. Line and column count
// from 1; they are zero for an environment variable.
type Place struct {
	// File is the name of the file, "defaults", or the environment variable.
	File         string
	Line, Column int
}

// String is file:line:column, or only the file.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Place
	// Key is the path of the key, such as sources[3].needs[0].attribute; empty
	// for the file as a whole.
	Key     string
	Message string
}

// Error is file:line:column: key: message.
func (p Problem) Error() string {
	if p.Key == "" {
		return fmt.Sprintf("%s: %s", p.Place, p.Message)
	}
	return fmt.Sprintf("%s: %s: %s", p.Place, p.Key, p.Message)
}

// Problems is everything that is wrong with a configuration. As an error it is
// never empty.
type Problems []Problem

// Error is one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// orNil is the problems as an error, in the order of their places, or nil if
// there are none.
func (ps Problems) orNil() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return ps
}
