package config

// HTTP belongs to a source of that kind.
type HTTP struct {
	// Method is GET or POST; empty is GET.
	Method string `yaml:"method,omitempty"`
	// URL is the address, in which {name} stands for a need.
	URL     string       `yaml:"url"`
	Headers []HTTPHeader `yaml:"headers,omitempty"`
	// Body is the JSON document of a POST, in which "{name}" stands for a need.
	Body string `yaml:"body,omitempty"`
	// OK lists the statuses of answers with a document; empty is 200 alone.
	OK []int `yaml:"ok,omitempty"`
	// None lists the answers that say that there are no values.
	None []HTTPNone `yaml:"none,omitempty"`
	// Rows is the path to a list of rows, in each of which paths with @ begin.
	Rows string `yaml:"rows,omitempty"`
	// Require are paths that must lead somewhere, Forbid paths that must not.
	Require []string `yaml:"require,omitempty"`
	Forbid  []string `yaml:"forbid,omitempty"`
	// Echo maps needs to the paths that repeat them.
	Echo map[string]string `yaml:"echo,omitempty"`
	// Bulk lets one request ask for several values of a need.
	Bulk *HTTPBulk `yaml:"bulk,omitempty"`
	// MaxBody bounds an answer in bytes, after decompression; 0 stands for 1 MiB.
	MaxBody    int             `yaml:"max_body,omitempty"`
	Auth       *HTTPAuth       `yaml:"auth,omitempty"`
	TLS        *HTTPTLS        `yaml:"tls,omitempty"`
	Connection *HTTPConnection `yaml:"connection,omitempty"`
	// Plaintext allows http:// to other hosts than this one.
	Plaintext bool `yaml:"plaintext,omitempty"`
	// Health is the path that tells how the service is, for RequiredAtStart.
	Health string `yaml:"health,omitempty"`
}

// HTTPHeader is a header of a request. Exactly one of Value, File and Need is set.
type HTTPHeader struct {
	Name string `yaml:"name"`
	// Value is sent as it is. It is no secret.
	Value string `yaml:"value,omitempty"`
	// File holds the value. It is read again when it changes.
	File string `yaml:"file,omitempty"`
	// Need is the name of the need whose value is sent.
	Need string `yaml:"need,omitempty"`
}

// HTTPNone is an answer that says that there are no values.
type HTTPNone struct {
	Status int `yaml:"status"`
	// Path leads to the one value that must be Value. Without it the status counts.
	Path  string `yaml:"path,omitempty"`
	Value string `yaml:"value,omitempty"`
}

// HTTPBulk says that a need is put as a list.
type HTTPBulk struct {
	Need string `yaml:"need"`
	// Commas joins the values in one parameter of the query.
	Commas bool `yaml:"commas,omitempty"`
}

// HTTPAuth says how the source shows who it is, in one of these ways.
type HTTPAuth struct {
	BearerFile string     `yaml:"bearer_file,omitempty"`
	Basic      *HTTPBasic `yaml:"basic,omitempty"`
	OAuth2     *OAuth2    `yaml:"oauth2,omitempty"`
}

// HTTPBasic is a user with a password.
type HTTPBasic struct {
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
}

// OAuth2 is the client credentials grant (RFC 6749, 4.4).
type OAuth2 struct {
	TokenURL   string   `yaml:"token_url"`
	ClientID   string   `yaml:"client_id"`
	SecretFile string   `yaml:"secret_file"`
	Scopes     []string `yaml:"scopes,omitempty"`
	// Parameters are sent to the token endpoint besides. They are no secrets.
	Parameters map[string]string `yaml:"parameters,omitempty"`
	// InBody sends the id and the secret in the body and not in a header.
	InBody bool     `yaml:"in_body,omitempty"`
	TLS    *HTTPTLS `yaml:"tls,omitempty"`
}

// HTTPTLS is like TLS, with the oldest version that is spoken.
type HTTPTLS struct {
	CAFile     string `yaml:"ca_file,omitempty"`
	CertFile   string `yaml:"cert_file,omitempty"`
	KeyFile    string `yaml:"key_file,omitempty"`
	ServerName string `yaml:"server_name,omitempty"`
	// MinVersion is 1.2 or 1.3; empty is 1.3.
	MinVersion string `yaml:"min_version,omitempty"`
}

// HTTPConnection bounds and directs the connections.
type HTTPConnection struct {
	// Max is the number of connections to one host; 0 stands for 16.
	Max int `yaml:"max,omitempty"`
	// Proxy is the URL of a proxy; empty is none.
	Proxy string `yaml:"proxy,omitempty"`
}
