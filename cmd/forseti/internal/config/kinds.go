package config

import "time"

// Derive belongs to a source of that kind.
type Derive struct {
	// Match maps needs to regular expressions (RE2) that must fit the whole
	// value, or there are no values at all.
	Match map[string]string `yaml:"match,omitempty"`
}

// Static belongs to a source of that kind.
type Static struct {
	// File is a table in YAML, JSON or CSV. It is read again when it changes.
	File string `yaml:"file"`
	// Match maps each need to the column that it is compared with.
	Match map[string]string `yaml:"match,omitempty"`
}

// SQL belongs to a source of that kind. Either Database or Postgres is set.
type SQL struct {
	// Database is the file of an SQLite database.
	Database string `yaml:"database,omitempty"`
	// Postgres is a PostgreSQL server. Sources with the same one share its
	// connections.
	Postgres *Postgres `yaml:"postgres,omitempty"`
	// Query is one SELECT, in which :name stands for a need.
	Query string `yaml:"query"`
	// Bulk is the query for several questions at once, in which :name stands for a
	// list of values of the need.
	Bulk string `yaml:"bulk,omitempty"`
	// Echo maps needs to the columns that repeat them.
	Echo map[string]string `yaml:"echo,omitempty"`
	// MaxRows and MaxBytes bound one answer; 0 stands for 10000 and 1 MiB.
	MaxRows  int `yaml:"max_rows,omitempty"`
	MaxBytes int `yaml:"max_bytes,omitempty"`
}

// Postgres says how a PostgreSQL server is reached.
type Postgres struct {
	// URL is postgres://user@host:port/database, with parameters of libpq and
	// without a password.
	URL string `yaml:"url"`
	// PasswordFile holds the password; it is read for each connection. Empty: that
	// of libpq, as in the environment variable PGPASSWORD.
	PasswordFile string `yaml:"password_file,omitempty"`
	// TLS names files in PEM.
	TLS *PostgresTLS `yaml:"tls,omitempty"`
	// MaxConnections bounds the queries that run at the same time; 0 stands for 10.
	MaxConnections int `yaml:"max_connections,omitempty"`
	// MaxWait bounds the wait for a connection; 0 leaves it to the time of the question.
	MaxWait time.Duration `yaml:"max_wait,omitempty"`
	// ConnectTimeout bounds the making of a connection; 0 stands for 2 s.
	ConnectTimeout time.Duration `yaml:"connect_timeout,omitempty"`
	// StatementTimeout is when the server gives up a query; 0 stands for 5 s.
	StatementTimeout time.Duration `yaml:"statement_timeout,omitempty"`
	// Pooler is for a server behind a pooler such as PgBouncer.
	Pooler bool `yaml:"pooler,omitempty"`
	// Listen hears from the database what changed.
	Listen *Listen `yaml:"listen,omitempty"`
}

// PostgresTLS are files in PEM. The mode belongs to the URL (sslmode).
type PostgresTLS struct {
	// CAFile holds the authorities to trust; empty: those of the system.
	CAFile string `yaml:"ca_file,omitempty"`
	// CertFile and KeyFile are the own certificate and its key; both or none.
	CertFile string `yaml:"cert_file,omitempty"`
	KeyFile  string `yaml:"key_file,omitempty"`
}

// Listen says where a database tells what changed.
type Listen struct {
	// Channels are the names of NOTIFY, in lower case unless they are quoted there.
	Channels []string `yaml:"channels"`
	// URL is that of the server itself where the sources use a pooler, through which
	// nothing can be heard. Empty: that of the sources.
	URL string `yaml:"url,omitempty"`
	// Heartbeat is how often a silent server is asked whether it is there; 0 stands
	// for 15 s.
	Heartbeat time.Duration `yaml:"heartbeat,omitempty"`
}

// GRPC belongs to a source of that kind.
type GRPC struct {
	// Address is host:port or a target of gRPC.
	Address string `yaml:"address"`
	// RoundRobin spreads the calls over all addresses of the name.
	RoundRobin bool `yaml:"round_robin,omitempty"`
	TLS        *TLS `yaml:"tls,omitempty"`
	// Plaintext does without TLS.
	Plaintext bool `yaml:"plaintext,omitempty"`
	// TokenFile holds a token that goes with each call.
	TokenFile string `yaml:"token_file,omitempty"`
	// Watch hears from the service what changed.
	Watch bool `yaml:"watch,omitempty"`
	// WatchSilence is how long a watched service may be silent; 0 stands for 30 s.
	WatchSilence time.Duration `yaml:"watch_silence,omitempty"`
	// MaxReceiveBytes bounds one message; 0 stands for 1 MiB.
	MaxReceiveBytes int `yaml:"max_receive_bytes,omitempty"`
	// KeepaliveTime and KeepaliveTimeout test a silent connection; 0 stands for 5 min
	// and 5 s.
	KeepaliveTime    time.Duration `yaml:"keepalive_time,omitempty"`
	KeepaliveTimeout time.Duration `yaml:"keepalive_timeout,omitempty"`
}

// LDAP belongs to a source of that kind.
type LDAP struct {
	// URLs are servers that hold the same directory, tried in order.
	URLs []string `yaml:"urls"`
	// StartTLS secures ldap:// connections.
	StartTLS bool `yaml:"start_tls,omitempty"`
	// AllowCleartext permits ldap:// without StartTLS.
	AllowCleartext bool `yaml:"allow_cleartext,omitempty"`
	TLS            *TLS `yaml:"tls,omitempty"`
	// Bind says who asks; nil asks anonymously.
	Bind *Bind `yaml:"bind,omitempty"`
	// Base and Filter are templates, in which {name} stands for a need.
	Base   string `yaml:"base"`
	Filter string `yaml:"filter,omitempty"`
	// Scope is base, one or sub; empty is sub.
	Scope string `yaml:"scope,omitempty"`
	// Aliases is never, search, base or always; empty is never.
	Aliases string `yaml:"aliases,omitempty"`
	// BaseMayBeMissing takes it as no values that there is no entry Base.
	BaseMayBeMissing bool `yaml:"base_may_be_missing,omitempty"`
	// Echo maps needs to the LDAP attributes that repeat them.
	Echo map[string]string `yaml:"echo,omitempty"`
	// MaxEntries, MaxBytes and TimeLimit bound one search; 0 stands for 1000, 1 MiB
	// and 10 s.
	MaxEntries int           `yaml:"max_entries,omitempty"`
	MaxBytes   int           `yaml:"max_bytes,omitempty"`
	TimeLimit  time.Duration `yaml:"time_limit,omitempty"`
	// MaxConnections bounds the searches that run at the same time; 0 stands for 4.
	MaxConnections int `yaml:"max_connections,omitempty"`
	// ConnectTimeout is the time that one server has until it can be asked; 0 stands
	// for 2 s.
	ConnectTimeout time.Duration `yaml:"connect_timeout,omitempty"`
	// MaxIdle is after what time an idle connection is not used again; 0 stands for
	// 1 min.
	MaxIdle time.Duration `yaml:"max_idle,omitempty"`
}

// Bind says who asks a directory: an account with a password, or that of the
// client certificate.
type Bind struct {
	DN           string `yaml:"dn,omitempty"`
	PasswordFile string `yaml:"password_file,omitempty"`
	External     bool   `yaml:"external,omitempty"`
}

// TLS names files in PEM and says whom to trust.
type TLS struct {
	// CAFile holds the authorities to trust; empty: those of the system.
	CAFile string `yaml:"ca_file,omitempty"`
	// CertFile and KeyFile are the own certificate and its key; both or none.
	CertFile string `yaml:"cert_file,omitempty"`
	KeyFile  string `yaml:"key_file,omitempty"`
	// ServerName is the name in the certificate of the server, if it is not the host.
	ServerName string `yaml:"server_name,omitempty"`
}
