// Package client is for services that enforce decisions: policy enforcement points
// (PEP, core §3.1 and §7.2). It asks a Forseti service over gRPC, and says yes in one
// place only, [Decision.Grant], which returns nil if
//
//   - the RPC was OK and the answer keeps the contract,
//   - the decision is Permit, and
//   - every obligation was understood and carried out.
//
// Everything else is an error that is [ErrDenied]. So a service that refuses on any
// error, without looking at it, fails closed: this is the deny-biased PEP of §7.2.2.
// Who wants to tell errors apart finds
//
//   - [DeniedError]: the decision is another one,
//   - [StepUpError]: a higher level of authentication is asked for,
//   - [UnknownObligationError] and [ObligationError]: an obligation is not understood, or
//     could not be carried out,
//   - [UnavailableError] and [ErrNoDeadline]: there is no decision.
//
// Each of them is a status of gRPC too, without anything of the policies: a handler
// may return it as it is. [PEP] does all of this in interceptors of a server.
//
// A [Client] spreads calls over all instances of the service that are ready, repeats
// those that find none, within a budget, and asks nothing without a deadline. It
// keeps no decisions, unless [Config] says so.
//
// The package imports nothing of the service: only the messages, gRPC and the
// standard library.
package client
