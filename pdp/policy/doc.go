// Package policy is the policy model of XACML 3.0 (core chapter 5.1 to 5.41):
// PolicySet, Policy, Rule, Target, Condition, expressions, obligations and
// advice as plain structs, free of any syntax. Readers such as xacmlxml build
// it, the compiler checks it, the evaluators walk it. Nothing changes it after
// it was read.
//
// [Problem] and [Problems] are what is wrong with policies, each with its
// place; everything that reads or checks policies reports with them.
package policy
