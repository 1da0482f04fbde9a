// Package bench measures decisions of Forseti in the process, beside the floor:
// what hand-written code for exactly the same requests costs. Figures differ
// from machine to machine, and from minute to minute; what counts is the ratio
// of two things that took turns in one run.
//
//	go test -run '^$' -bench BenchmarkDecision ./bench
//	go run ./bench/report
//
// The benchmarks leave out W3, of 100,000 policies, unless -bench names it or
// FORSETI_BENCH_W3 is 1. The report does so without -w3. Package workload makes
// the policies and requests, package floor is what they are compared with, and
// peers, a module of its own, measures other engines.
package bench
