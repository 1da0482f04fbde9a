// Package floor is what a good engineer would write by hand for exactly the
// workloads W1 to W5 and nothing else: maps and bit masks. It knows no XACML: no
// missing attributes, no errors, no status. It is the least that a decision can
// sensibly cost, and so what the cost of an engine is compared with.
package floor
