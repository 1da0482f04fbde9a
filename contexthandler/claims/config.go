package claims

import (
	"github.com/forseti-pdp/forseti/pdp/value"
)

// Config declares what claims mean.
type Config struct {
	// Unpack names claims that some issuers write as the text of a JSON object or list,
	// as in "{\"a\":1}". They are unpacked before anything else.
	Unpack []string
	// Subjects are the types of subjects. The first that fits the claims is the type
	// of the subject.
	Subjects []Subject
	// Attributes are those that a subject of any type has if there is a claim for them.
	Attributes []Attribute
	// Level is how the subject authenticated.
	Level Level
	// AllowUntyped accepts claims that no subject fits. They give no type, and the
	// attributes that any subject has.
	AllowUntyped bool
}

// Subject is a type of subject. Several may have one Type.
type Subject struct {
	// Type is the name of the type.
	Type string
	// When are the conditions of which all must hold. At least one.
	When []Condition
	// Attributes identify the subject. Each must have a value, unless it is Optional.
	Attributes []Attribute
	// Excludes names types that claims must not fit as well, in whichever order they
	// are: claims of somebody who is both are refused.
	Excludes []string
	// Alone leaves out the attributes that any subject has, but for the level.
	Alone bool
}

// Condition is a condition on a claim: that it has a value, and more if more is set.
type Condition struct {
	// Claim is a path.
	Claim string
	// Equals are texts of which a value of the claim must be one, byte by byte.
	Equals []string
	// Word is a text that must be one of the words of a value, which spaces separate,
	// as in the claim scope (RFC 8693 §4.2). A part of a word does not count.
	Word string
	// Absent turns the condition round: the claim must have no value. Nothing else is
	// set then.
	Absent bool
}

// Attribute is an attribute of the subject and where its values come from.
type Attribute struct {
	// ID is the attribute id, as policies name it.
	ID string
	// Type is the data type. The zero Type stands for string.
	Type value.Type
	// From are paths. The first that leads to a value gives the values; the others are
	// not looked at.
	From []string
	// Words takes a text as the list of its words, which spaces separate.
	Words bool
	// Match is a regular expression (RE2) that the whole of a value must match; a value
	// that does not is left out. If there is a group named "value", it is the value.
	Match string
	// Several allows several values. Otherwise more than one is an error.
	Several bool
	// Optional is for an attribute of a [Subject]: it may have no value.
	Optional bool
	// IncludeInResult puts the attribute into the result (§5.48).
	IncludeInResult bool
}

// Level says how the level of authentication is read.
type Level struct {
	// Attribute is the id of an integer attribute that the subject gets; may be empty.
	Attribute string
	// From are the claims that tell. The first with a value decides.
	From []LevelClaim
}

// LevelClaim is a claim that tells a level.
type LevelClaim struct {
	// Claim is a path.
	Claim string
	// Levels gives the level for each value. A value that is not among them is no
	// level. If it is nil, the value itself is the level, a number from 0 to [MaxLevel].
	Levels map[string]int
}

// MaxLevel is the highest level of authentication.
const MaxLevel = 9
