// Package workload makes the policies and requests that Forseti and other
// engines are measured with. The same call gives the same workload on every
// machine.
//
//   - [W1], [W2], [W3], [W5]: policies for apps in the shape of those of
//     Altinn, 1 to 100,000 of them, see [Apps].
//   - [W4]: one policy of 1,000 rules with conditions, see [Conditions].
//   - [W6]: real policies, read from a folder, see [Corpus].
//
// The first two have a neutral form, [App] and [ConditionRule] with their
// requests, that any engine can be given in its own way; each request holds the
// decision that is right, found by a direct evaluation of that form. Every
// [Workload] has the XACML form of the same: documents of the policy model and
// requests as [Case].
package workload
