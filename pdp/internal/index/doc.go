// Package index finds which children of a policy set or policy can apply to a
// request, without looking at the others.
//
// What it leaves out is NotApplicable for certain. That is not decided here:
// whoever gives a child to the index gives constraints with it, each of which
// says of one attribute that the child is NotApplicable unless the bag of that
// attribute is such and such ([Constraint]), whatever else the request holds.
// The index may leave a child out if one of its constraints is not met, and it
// need not: what it finds are candidates, which the evaluator evaluates as if
// there were no index. So a wrong index shows only if it leaves out a child of
// which all constraints are met, and it does not, for this reason.
//
// An index is a tree. A node has splits, each by one attribute, and each child
// of the node is in one split, by one of its constraints, or among those that
// are always candidates. A split looks at the bag of its attribute:
//   - if the bag is not known, all children of the split are candidates: no
//     constraint rules anything out;
//   - if it is empty, all are if their constraints allow that (Empty), and none
//     is otherwise. Children whose constraints differ in this are in different
//     splits, and the same goes for bags of several values (Many);
//   - if it holds one value, the split has a group for what the value is equal
//     to, lies in, or begins with, and a child is in every group that its
//     constraint accepts something of. Who is not in the groups of the value
//     does not accept it;
//   - if it holds several values, the groups of all of them count. Ranges and
//     prefixes do not see these values: all children of the split are candidates.
//
// "Are candidates" goes for a group that is a list. A group that is a node asks
// further, and the same holds there for other constraints of the same children.
//
// A constraint that is not of the promised form, accepts nothing, or accepts
// very much is not used: its child is found by others, or is always a candidate.
// Nothing else is decided here: not the order of the candidates, not whether
// they apply.
//
// [Build] chooses by which attributes to split, [Index.Update] makes a slightly
// different index out of one.
package index
