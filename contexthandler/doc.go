// Package contexthandler is the context handler of the data-flow model (core
// §3.1): it completes a request with what the policies need to know, asks the
// PDP, and answers.
//
// [Handler.Decide] is the whole way of a decision. What a caller may leave out
// or write differently is declared, not coded: a [Dictionary] of attribute names
// and forms, [pip.Source] declarations for everything that is looked up, and
// [Supply] for what a caller may supply itself.
//
// [Query] is the short way for plain requests. On either way sources that answer at
// once are asked when the evaluation comes to what they know, and slow ones before
// it, side by side.
//
// Absent is not unavailable: a source that says "none" gives an empty bag, a
// source that fails makes its attributes Indeterminate, even where
// MustBePresent is false.
//
// Of the sub-folders rpc is the protocol by which requests come in, caller and claims
// tell who makes them and for whom, and audit keeps what was decided. client is for
// the other side, which asks; cases and faults are tests of the whole.
package contexthandler
