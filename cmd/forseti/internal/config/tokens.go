package config

import "time"

// Tokens says which tokens prove who a subject is. Without issuers there are none.
type Tokens struct {
	// Issuers are those whose tokens are accepted.
	Issuers []Issuer `yaml:"issuers"`
	// Leeway is how far the clocks of issuers may be off, up to 30 s.
	Leeway time.Duration `yaml:"leeway"`
	// Remember is how many good tokens are remembered, as a hash; 0 is none.
	Remember int `yaml:"remember"`
	// Claims says what claims mean.
	Claims Claims `yaml:"claims"`
}

// Issuer is who issues tokens, and what they must be like.
type Issuer struct {
	// Name is the claim iss.
	Name string `yaml:"name"`
	// Audiences are whom tokens may be for; at least one.
	Audiences []string `yaml:"audiences"`
	// Algorithms are those that may have made the signature; at least one.
	Algorithms []string `yaml:"algorithms"`
	// Types are what the header typ may say; empty for JWT, at+jwt and none.
	Types []string `yaml:"types,omitempty"`
	// MaxAge is the longest time since a token was issued; 0 is no bound but its own.
	MaxAge time.Duration `yaml:"max_age,omitempty"`
	// AllowBound accepts tokens that are bound to a key of their holder.
	AllowBound bool `yaml:"allow_bound,omitempty"`
	// Keys is where the keys come from.
	Keys Keys `yaml:"keys"`
	// RequiredAtStart keeps the service from being ready until the keys were read once.
	RequiredAtStart bool `yaml:"required_at_start,omitempty"`
}

// Keys is where the keys of an issuer come from: either File or URL.
type Keys struct {
	File string `yaml:"file,omitempty"`
	URL  string `yaml:"url,omitempty"`
	// CAFile holds the authorities to trust at the URL; empty: those of the system.
	CAFile string `yaml:"ca_file,omitempty"`
	// AllowPlain accepts http:// from other hosts than this one.
	AllowPlain bool `yaml:"allow_plain,omitempty"`
	// Refresh is the time between two readings; 0 stands for 15 min, and 5 s of a file.
	Refresh time.Duration `yaml:"refresh,omitempty"`
	// MaxStale is how long keys count after a good reading; 0 stands for 24 h.
	MaxStale time.Duration `yaml:"max_stale,omitempty"`
	// Timeout bounds one fetch; 0 stands for 5 s.
	Timeout time.Duration `yaml:"timeout,omitempty"`
}

// Claims says what claims mean: attributes of the subject.
type Claims struct {
	// Unpack names claims that some issuers write as the text of a JSON value.
	Unpack []string `yaml:"unpack"`
	// Subjects are the types of subjects; the first that fits counts.
	Subjects []ClaimedSubject `yaml:"subjects"`
	// Attributes are those that any subject has if there is a claim for them.
	Attributes []ClaimedAttribute `yaml:"attributes"`
	// Level is how the subject authenticated.
	Level ClaimedLevel `yaml:"level"`
	// AllowUntyped accepts claims that no subject fits.
	AllowUntyped bool `yaml:"allow_untyped"`
}

// ClaimedSubject is a type of subject.
type ClaimedSubject struct {
	Type string `yaml:"type"`
	// When are conditions of which all must hold.
	When []ClaimCondition `yaml:"when"`
	// Attributes identify the subject.
	Attributes []ClaimedAttribute `yaml:"attributes,omitempty"`
	// Excludes names types that claims must not fit as well.
	Excludes []string `yaml:"excludes,omitempty"`
	// Alone leaves out the attributes that any subject has, but for the level.
	Alone bool `yaml:"alone,omitempty"`
}

// ClaimCondition is a condition on a claim: that it has a value, and more if more
// is set.
type ClaimCondition struct {
	Claim string `yaml:"claim"`
	// Equals are texts of which a value must be one.
	Equals []string `yaml:"equals,omitempty"`
	// Word is a text that must be one of the words of a value.
	Word string `yaml:"word,omitempty"`
	// Absent turns the condition round.
	Absent bool `yaml:"absent,omitempty"`
}

// ClaimedAttribute is an attribute of the subject and where its values come from.
type ClaimedAttribute struct {
	// Attribute is the id; its data type is that of the dictionary, or string.
	Attribute string `yaml:"attribute"`
	// From lists claims; the first that has a value gives the values.
	From []string `yaml:"from"`
	// Words takes a text as the list of its words.
	Words bool `yaml:"words,omitempty"`
	// Match is a regular expression (RE2) that the whole of a value must fit, or it is
	// left out; the group named "value", if there is one, is the value.
	Match string `yaml:"match,omitempty"`
	// Several allows several values.
	Several bool `yaml:"several,omitempty"`
	// Optional is for an attribute of a subject that may have no value.
	Optional bool `yaml:"optional,omitempty"`
	// IncludeInResult gives the values back to the caller.
	IncludeInResult bool `yaml:"include_in_result,omitempty"`
}

// ClaimedLevel says how the level of authentication is read.
type ClaimedLevel struct {
	// Attribute is the id of the integer attribute that the subject gets; empty: none.
	Attribute string `yaml:"attribute"`
	// From are the claims that tell; the first with a value decides.
	From []LevelClaim `yaml:"from"`
}

// LevelClaim is a claim that tells a level.
type LevelClaim struct {
	Claim string `yaml:"claim"`
	// Levels gives the level for each value; without it the value is the level.
	Levels map[string]int `yaml:"levels,omitempty"`
}
