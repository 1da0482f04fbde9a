// Package pap is the policy administration point (PAP, in the data-flow
// model of §3.1): it says where policies come from and keeps the set that is in
// force.
//
// Authors drop XACML documents into a folder. A [Store] watches that folder and
// makes a [Snapshot] of it, an immutable set of policies with the PDP that
// decides on it:
//
//	store, err := pap.Open(ctx, pap.Config{Dir: "policies", Logger: logger})
//	...
//	go store.Run(ctx)
//	if s := store.Current(); s != nil {
//		result := s.PDP.Evaluate(ctx, request, finder)
//	}
//
// A change is in force within a second, and is taken whole or not at all: one
// file that is broken, unreadable or in conflict with another refuses the whole
// candidate, and the last good snapshot stays. There is never an empty policy
// set by accident: without a valid snapshot [Store.Current] is nil, and the
// caller must not decide.
//
// # How a change is noticed
//
// The folder is looked at every Config.Poll (0.5 s) by the names, sizes, times
// and inodes of its files, and every Config.Verify (5 s) by their content, so
// that a change which keeps all of those is found as well. Events of the
// operating system only bring the next look forward; losing them, all of them
// included, costs a fraction of a second and nothing else. A change is loaded
// when two looks in a row, Config.Settle (0.1 s) apart, read the same content,
// so that a file which is still being written is not loaded. Only where a file
// was not touched for three seconds before the first of them, the second one is
// content with its stamp. On very large folders the pauses grow, so that looking
// takes at most a fifth of one core, and reading everything a tenth of one.
//
// # How a change is loaded
//
// Only files whose content is not what is in force are parsed and compiled,
// each at once when it is read, on all processors. The next snapshot shares
// everything else with the one before, and the text of policies is not kept. A
// file that is broken is not parsed again until it changes.
//
// # What is a policy file
//
// Every regular file whose name ends in ".xml", at any depth. Names that start
// with a dot, and the names that editors and copying tools use for work in
// progress, are ignored, folders of such names with everything in them.
// Relative links that stay inside the folder are followed, which covers the
// ..data links of a Kubernetes volume: its ..data is hidden, the links through
// it are not, and each file is loaded once. A link that cannot be followed
// inside the folder, a loop of links, a pipe or device in the place of a policy
// and whatever cannot be read refuse the candidate, because what they hide may
// be the policy that denies.
//
// What this package is not for: parsing (pdp/xacmlxml), checking and evaluation
// (pdp).
package pap
