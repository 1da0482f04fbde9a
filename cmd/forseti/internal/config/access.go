package config

import "time"

// ServerTLS is how connections are secured: TLS 1.3. Without a certificate they are not.
type ServerTLS struct {
	// CertFile and KeyFile are the certificate of the service and its key (PEM).
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// ClientCAFile has the authorities of the certificates of callers (PEM).
	ClientCAFile string `yaml:"client_ca_file"`
	// ClientAuth is none, optional or required.
	ClientAuth string `yaml:"client_auth"`
}

// The values of ServerTLS.ClientAuth.
const (
	clientNone     = "none"
	clientOptional = "optional"
	clientRequired = "required"
)

// Authentication is how callers show who they are.
type Authentication struct {
	// Mode is none, mtls, token or any.
	Mode string `yaml:"mode"`
	// Certificates are the kinds of names in a certificate by which callers are known.
	Certificates []string `yaml:"certificates"`
	// Bearer takes tokens from the header authorization.
	Bearer bool `yaml:"bearer"`
	// Cookies are the names of cookies with tokens.
	Cookies []string `yaml:"cookies"`
	// Metadata are the names of other headers with tokens.
	Metadata []string `yaml:"metadata"`
	// Issuers are those whose tokens show who calls.
	Issuers []CallerIssuer `yaml:"issuers"`
	// Leeway is how far the clocks of issuers may be off, up to 30 s.
	Leeway time.Duration `yaml:"leeway"`
	// Remember is how many good tokens are remembered, as a hash; 0 is none.
	Remember int `yaml:"remember"`
}

// The values of Authentication.Mode.
const (
	modeNone  = "none"
	modeMTLS  = "mtls"
	modeToken = "token"
	modeAny   = "any"
)

// byCertificate tells whether certificates show who calls.
func (a *Authentication) byCertificate() bool { return a.Mode == modeMTLS || a.Mode == modeAny }

// byToken tells whether tokens show who calls.
func (a *Authentication) byToken() bool { return a.Mode == modeToken || a.Mode == modeAny }

// CallerIssuer is who issues tokens to callers, and what they must be like.
type CallerIssuer struct {
	// As is what the identities of its callers begin with.
	As string `yaml:"as"`
	// Claim is the claim that names the caller.
	Claim string `yaml:"claim"`

	// The others are those of an Issuer. A token that is bound to a key must be bound
	// to the certificate of the caller.
	Name            string        `yaml:"name"`
	Audiences       []string      `yaml:"audiences"`
	Algorithms      []string      `yaml:"algorithms"`
	Types           []string      `yaml:"types,omitempty"`
	MaxAge          time.Duration `yaml:"max_age,omitempty"`
	AllowBound      bool          `yaml:"allow_bound,omitempty"`
	Keys            Keys          `yaml:"keys"`
	RequiredAtStart bool          `yaml:"required_at_start,omitempty"`
}

// issuer is the part that is about tokens.
func (i *CallerIssuer) issuer() Issuer {
	return Issuer{
		Name: i.Name, Audiences: i.Audiences, Algorithms: i.Algorithms, Types: i.Types, MaxAge: i.MaxAge, AllowBound: i.AllowBound, Keys: i.Keys,
	}
}
