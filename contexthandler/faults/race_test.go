//go:build race

package faults

// slack is how much longer everything may take: the race detector makes the
// process ten times slower.
const slack = 4
