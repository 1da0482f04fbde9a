//go:build !race

package faults

// slack is how much longer everything may take.
const slack = 1
