// Package eval is the compiled form of policies, a [Program], and its
// evaluation: the engine that decides. It gives what package reference gives,
// which walks the policy model as the standard's text says, and takes three
// short cuts to it:
//
//   - Attributes are numbers (slots), and so are the literals that they are
//     compared with (symbols): a request is translated once, and most matches
//     (§7.6) compare numbers.
//   - An index (package index), or a sieve where there are few rules, leaves out
//     children of policies and policy sets that are certain to be NotApplicable;
//     see [constraints] for why they are.
//   - What does not depend on the request is done when policies are compiled:
//     constant expressions, regular expressions, obligations.
//
// An evaluation works on scratch memory that is used again, so that a decision
// whose obligations are constants allocates nothing. Among many policies most of
// its time is spent on waiting for memory: what belongs to one policy is in one
// place, in the order in which it is read.
package eval
