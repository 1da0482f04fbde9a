// Package rpc is the gRPC protocol of the context handler: it makes XACML
// requests of the messages of forseti.authorization.v1, has them decided by a
// [contexthandler.Handler], and makes messages of the results (core §3.1, steps
// 2 to 4 and 11 to 12: the native formats that the context handler translates).
//
// [New] makes a [Server] with limits on everything that a caller controls. It
// serves the AuthorizationService, the standard health service and, if asked,
// reflection. The comments of the .proto files are the contract.
//
// A decision is never an RPC error, and an RPC error is never a decision: what
// goes wrong in an evaluation, a value that its data type does not allow
// included, is Indeterminate with a status. Where nothing was evaluated the
// reason is one of ErrorReason.
//
// Plain requests, which most are, go a short way: they are read by hand, straight
// into a [contexthandler.Query], and their answers are written by hand. Whatever is
// not plain goes through generated code, which is what the short way is tested
// against, octet by octet.
//
// A call is admitted when its headers arrive, before its message is read, and
// holds its place until its handler has returned. A stream holds a place of
// another kind, and one of a call only while a message of it is decided.
//
// With [Config.Callers] a call shows who makes it, before its message is decoded: by
// the certificate of its connection or by a token. That caller decides which methods
// may be called and what may be supplied. A stream ends when what it was begun with is
// not good any more. Without, callers are not told apart, and what every caller may
// supply ([contexthandler.Everybody]) is what they may supply.
package rpc
