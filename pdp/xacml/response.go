package xacml

import "github.com/forseti-pdp/forseti/pdp/value"

// Response answers a request with one result for each individual decision
// (§5.47).
type Response struct {
	Results []Result
}

// Result is one decision (§5.48).
type Result struct {
	Decision    Decision
	Status      Status
	Obligations []Obligation
	Advice      []Advice
	// Attributes are those of the request with IncludeInResult.
	Attributes []Attributes
	// PolicyIDs are the applicable policies and policy sets, in evaluation
	// order without duplicates, if the request asked for them (§5.48, E01).
	PolicyIDs []PolicyIdentifier
}

// Status says why a decision is Indeterminate (§5.54).
type Status struct {
	// Code is the top-level status code; the zero value stands for StatusOK.
	Code string
	// Message is for people; it never holds attribute values.
	Message string
	// Missing names the attributes that would help (§5.58), with StatusMissingAttribute only.
	Missing []MissingAttribute
}

// MissingAttribute is a MissingAttributeDetail (§5.58).
type MissingAttribute struct {
	AttributeKey
	// Values are the acceptable ones, if they are known.
	Values []value.Value
}

// Obligation is what the PEP must do before it acts on the decision (§5.34).
type Obligation struct {
	ID          string
	Assignments []AttributeAssignment
}

// Advice is what the PEP may do; it has the shape of an obligation (§5.35).
type Advice = Obligation

// AttributeAssignment is one argument of an obligation or advice (§5.36).
type AttributeAssignment struct {
	AttributeID string
	Category    string // may be empty
	Issuer      string // may be empty
	Value       value.Value
}

// PolicyIdentifier names a policy or policy set with its exact version (§5.49).
type PolicyIdentifier struct {
	PolicySet bool // a policy set, not a policy
	ID        string
	Version   string
}
