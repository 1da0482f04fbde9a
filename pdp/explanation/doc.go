// Package explanation is how a decision came about, as a tree for people and
// tools: policies, rules, target parts and conditions with the values that they
// saw, what was missing, and which source gave what.
//
// [Explanation] is the whole, [Node] a step of the evaluation of chapter 7, and
// [Recorder] what makes the tree while an evaluator walks the policies. Package
// render shows an explanation.
//
// A value of an attribute that is private never gets into the tree, and neither
// does what was computed from it, or a literal that it is compared with. What
// stays is whether a match or a condition holds, because the decision rests on
// that.
package explanation
