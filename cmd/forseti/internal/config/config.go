package config

import "time"

// Config is the whole configuration. Make one with [Default] or [Load]: both
// give a configuration that was checked.
type Config struct {
	// Server: addresses and limits of the service.
	Server Server `yaml:"server"`
	// Log: what is logged, to standard error.
	Log Log `yaml:"log"`
	// Policies: the policy folder.
	Policies Policies `yaml:"policies"`
	// Attributes: the dictionary of attributes that callers and sources may
	// name.
	Attributes []Attribute `yaml:"attributes"`
	// Callers: who callers are, what they may do, and what they may supply of the
	// attributes that a source provides or the clock gives.
	Callers []Caller `yaml:"callers"`
	// Sources: where attributes come from that a request does not hold.
	Sources []Source `yaml:"sources"`
	// Tokens: the tokens that prove who a subject is.
	Tokens Tokens `yaml:"tokens"`
	// Enforcement: which obligations ask for a level of authentication.
	Enforcement Enforcement `yaml:"enforcement"`
	// Audit: where a record of each decision goes.
	Audit Audit `yaml:"audit"`
	// Demo: the demo data.
	Demo Demo `yaml:"demo"`

	places map[string]Place // by path of the key
}

// Server holds addresses and limits. A call beyond a limit is refused as a
// whole, never answered in part. All sizes are in bytes.
type Server struct {
	// Listen is where decisions are asked for (gRPC), as host:port. Port 0 takes
	// a free one.
	Listen string `yaml:"listen"`
	// Admin is where metrics and health are read (HTTP), as host:port.
	Admin string `yaml:"admin"`
	// Reflection tells whether the service describes itself to tools.
	Reflection bool `yaml:"reflection"`
	// DefaultDeadline is the deadline of a call that comes without one.
	DefaultDeadline time.Duration `yaml:"default_deadline"`
	// MaxDeadline is the longest deadline; a call that allows more gets this.
	MaxDeadline time.Duration `yaml:"max_deadline"`
	// MaxMessageBytes is the largest message received, after decompression.
	MaxMessageBytes int `yaml:"max_message_bytes"`
	// MaxSendBytes is the largest message sent.
	MaxSendBytes int `yaml:"max_send_bytes"`
	// MaxConcurrentStreams is the most calls under way on one connection.
	MaxConcurrentStreams int `yaml:"max_concurrent_streams"`
	// MaxOpenStreams is the most streams of requests under way altogether.
	MaxOpenStreams int `yaml:"max_open_streams"`
	// MaxConnectionsPerAddress is the most connections of one IPv4 address or
	// IPv6 /64 network.
	MaxConnectionsPerAddress int `yaml:"max_connections_per_address"`
	// MaxConnections is the most connections altogether.
	MaxConnections int `yaml:"max_connections"`
	// MaxHeaderBytes is the largest header list of a call.
	MaxHeaderBytes int `yaml:"max_header_bytes"`
	// ConnectionTimeout is the time that a new connection has to become usable.
	ConnectionTimeout time.Duration `yaml:"connection_timeout"`
	// MaxBatch is the most requests in one batch.
	MaxBatch int `yaml:"max_batch"`
	// MaxDecisions is the most decisions that one request may ask for (Multiple
	// Decision profile).
	MaxDecisions int `yaml:"max_decisions"`
	// MaxInFlight is the most calls that are worked on altogether; 0 stands for 8
	// for each processor core.
	MaxInFlight int `yaml:"max_in_flight"`
	// MaxWaiting is the most calls, beside those, that wait for a source or a
	// record; 0 stands for 256 for each processor core.
	MaxWaiting int `yaml:"max_waiting"`
	// MaxReuse is the longest time for which callers are told that they may use an
	// answer again; 0 is not at all.
	MaxReuse time.Duration `yaml:"max_reuse"`
	// Insecure accepts that others reach the service although callers are not
	// authenticated or connections not encrypted.
	Insecure bool `yaml:"insecure"`
	// TLS: how connections are secured.
	TLS ServerTLS `yaml:"tls"`
	// Authentication: how callers show who they are.
	Authentication Authentication `yaml:"authentication"`
	// Administration serves the AdministrationService to callers that may use it.
	Administration bool `yaml:"administration"`
	// Explanations tells whether callers may ask how a decision came about.
	Explanations bool `yaml:"explanations"`
	// Profiling serves profiles at Admin, which may show what is in memory.
	Profiling bool `yaml:"profiling"`
	// StartWait is how long the service waits for what is required at the start; then
	// it is ready without. 0 is for ever.
	StartWait time.Duration `yaml:"start_wait"`
	// ShutdownWait is how long the service goes on taking calls after it was
	// told to stop, while it already says that it is not serving.
	ShutdownWait time.Duration `yaml:"shutdown_wait"`
	// ShutdownTimeout is when the service stops at the latest after it was told
	// to, ShutdownWait included.
	ShutdownTimeout time.Duration `yaml:"shutdown_timeout"`
}

// Log says what is logged.
type Log struct {
	// Level is debug, info, warn or error.
	Level string `yaml:"level"`
	// Format is text or json.
	Format string `yaml:"format"`
}

// Policies describes the policy folder.
type Policies struct {
	// Folder holds the policies as XACML 3.0 XML.
	Folder string `yaml:"folder"`
	// Library is a sub-folder whose documents decide only where others refer to
	// them, with slashes; empty for none.
	Library string `yaml:"library"`
	// RootAlgorithm is the policy-combining algorithm over the documents.
	RootAlgorithm string `yaml:"root_algorithm"`
	// AllowEmpty accepts a folder without policies.
	AllowEmpty bool `yaml:"allow_empty"`
	// RefusePermitUnlessDeny refuses policies with the algorithm
	// permit-unless-deny, which turns errors into Permit.
	RefusePermitUnlessDeny bool `yaml:"refuse_permit_unless_deny"`
	// Lenient accepts files that are not valid: they are Indeterminate where
	// they are evaluated.
	Lenient bool `yaml:"lenient"`
	// Delegation accepts policies with an issuer, by the Administration and
	// Delegation profile.
	Delegation bool `yaml:"delegation"`
	// ShadowRate is the share of decisions, 0 to 1, that are made by the reference
	// evaluator too. A decision on which the two disagree is Indeterminate.
	ShadowRate float64 `yaml:"shadow_rate"`
	// Debounce is how long the folder must have been quiet before a change is
	// read.
	Debounce time.Duration `yaml:"debounce"`
	// Rescan is how often the whole folder is compared.
	Rescan time.Duration `yaml:"rescan"`
}

// Attribute is an entry of the dictionary.
type Attribute struct {
	// ID is the attribute id as policies name it.
	ID string `yaml:"id"`
	// Category is subject, resource, action, environment or the URI of another
	// category.
	Category string `yaml:"category"`
	// DataType is the last part of the URI of the data type, or the whole; empty
	// stands for string.
	DataType string `yaml:"data_type,omitempty"`
	// Aliases are other names of it, unique in the category.
	Aliases []string `yaml:"aliases,omitempty"`
	// Single makes several values an error.
	Single bool `yaml:"single,omitempty"`
	// Private masks its values in explanations.
	Private bool `yaml:"private,omitempty"`
	// Forms are other spellings of its values; the first that fits counts.
	Forms []Form `yaml:"forms,omitempty"`
}

// Form is a spelling of values.
type Form struct {
	// Match is a regular expression (RE2) that must fit the whole value.
	Match string `yaml:"match"`
	// Value replaces the value, where {name} is a named group of Match. Empty
	// keeps it.
	Value string `yaml:"value,omitempty"`
	// Lower makes the value lower case.
	Lower bool `yaml:"lower,omitempty"`
}

// Caller says who a caller is and what it may do. Several for one caller add up.
type Caller struct {
	// Caller is the name of the caller, or its only identity; "*" is everybody.
	Caller string `yaml:"caller"`
	// Identities are those of a caller with a name.
	Identities []string `yaml:"identities,omitempty"`
	// Methods are those that the caller may call; "*" is all for decisions.
	Methods []string `yaml:"methods,omitempty"`
	// MayExplain tells that the caller may ask how decisions come about.
	MayExplain bool `yaml:"may_explain,omitempty"`
	// MayInvalidate tells that the caller may make sources forget.
	MayInvalidate bool `yaml:"may_invalidate,omitempty"`
	// Category is that of the attributes of MaySupply, as in Attribute.
	Category string `yaml:"category,omitempty"`
	// MaySupply are ids of attributes that the caller may supply although a source or
	// the clock owns them.
	MaySupply []string `yaml:"may_supply,omitempty"`
}

// Enforcement says which obligations ask for a level of authentication.
type Enforcement struct {
	// Level is the id of the attribute of the subject that holds its level. Empty:
	// nothing is known of levels.
	Level string `yaml:"level"`
	// Levels are the assignments of obligations that ask for a level. Where several
	// apply, it is enough to meet one of them.
	Levels []LevelRule `yaml:"levels"`
}

// LevelRule is about the assignments of one category, whose value is the least
// level.
type LevelRule struct {
	// Category is that of the assignments.
	Category string `yaml:"category"`
	// If is the id of an attribute of the subject without which the rule does not
	// apply. Empty: it always does.
	If string `yaml:"if,omitempty"`
}

// Demo is about the demo data.
type Demo struct {
	// Seed tells whether Database is created, with the demo data, if a source
	// uses it and there is no such file.
	Seed bool `yaml:"seed"`
	// Database is the file of the demo database. No other is ever created.
	Database string `yaml:"database"`
}
