// Package combine is the combining algorithms of XACML 3.0 (appendix C) and of
// the Additional Combining Algorithms profile: one table of identifiers and a
// handful of functions. An algorithm sees its children only through [Children]
// and decides which of them are evaluated, and in which order; what becomes of
// obligations and statuses is the evaluator's part (§7.18).
package combine
