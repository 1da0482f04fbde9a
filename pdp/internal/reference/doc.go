// Package reference is the PDP written line by line from the standard: no
// index, no compiled form, no short cut that the text does not name. It is slow
// on purpose and easy to check against the text, and so the oracle of the fast
// engine: both must agree on decisions, extended Indeterminate values, status
// codes, missing attributes, obligations and advice in order, and applicable
// policies.
//
// It implements core chapter 7, and the reduction of the Administration and
// Delegation profile. The comments name the sections.
package reference
