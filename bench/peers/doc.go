// Command peers measures Forseti beside other engines, in one process and on the
// same policies and requests: the workloads W1 to W5 of package workload.
//
//	go run . -workloads W1,W2,W4,W5 -rounds 5
//	go run . -w3
//
// It prints tables in Markdown: nanoseconds a decision, the ratio of each engine
// to Forseti with the ratio to reach, and what loading took. Every engine has to
// give right answers before it is measured.
//
// Each file holds one engine in the form that suits it best: cedar-go, cel-go,
// OPA, Cerbos and Casbin, and the hand-written look-up of package floor.
//
// Not here are engines that cannot be imported: those in Java (balana, att
// xacml-3.0, xacml4j), and infobloxopen/themis, which cannot be had as a Go
// module. Of these the tables show figures of another machine, scaled by the
// floor. README.md says more about the forms and about what is fair.
//
// The module is apart from Forseti's, so that nobody who imports Forseti gets
// what the engines depend on.
package main
