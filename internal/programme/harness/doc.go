// Package harness runs Forseti as its users do, for the tests of the service as a
// whole in the folders beside it: the program in a process of its own, with load from
// this one.
//
// Those tests measure. So they run only where FORSETI_ALONE is set, which tells that
// nothing else runs; make test runs them after all others. FORSETI_LONG=1 gives them
// more time.
package harness
