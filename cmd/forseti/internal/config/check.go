package config

import (
	"fmt"
	"io/fs"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// maxLimit is the largest value of a limit of the service.
const maxLimit = 1 << 30

// checker collects what does not fit together in a configuration whose forms
// are right.
type checker struct {
	config   *Config
	names    names
	problems Problems
}

// check reports everything that is wrong.
func (c *Config) check() Problems {
	k := &checker{config: c, names: c.names()}
	k.server()
	k.access()
	k.log()
	k.policies()
	for i := range c.Attributes {
		k.attribute(i)
	}
	for i := range c.Callers {
		k.caller(i)
	}
	for i := range c.Sources {
		k.source(i)
	}
	k.tokens()
	k.enforcement()
	k.audit()
	if c.Demo.Seed && c.Demo.Database == "" {
		k.failf("demo.database", "the file is missing")
	}
	return k.problems
}

func (k *checker) failf(key, format string, args ...any) {
	k.problems = append(k.problems, Problem{k.config.place(key), key, fmt.Sprintf(format, args...)})
}

// place is where the key was given, or else what it belongs to.
func (c *Config) place(key string) Place {
	for {
		if at, ok := c.places[key]; ok || key == "" {
			return at
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
}

func (k *checker) server() {
	s := &k.config.Server
	k.address("server.listen", s.Listen)
	k.address("server.admin", s.Admin)
	if s.Listen == s.Admin && !strings.HasSuffix(s.Listen, ":0") {
		k.failf("server.admin", "the address %q is that of server.listen", s.Admin)
	}
	for _, limit := range []struct {
		key   string
		value int
	}{
		{"max_message_bytes", s.MaxMessageBytes},
		{"max_send_bytes", s.MaxSendBytes},
		{"max_concurrent_streams", s.MaxConcurrentStreams},
		{"max_open_streams", s.MaxOpenStreams},
		{"max_connections_per_address", s.MaxConnectionsPerAddress},
		{"max_connections", s.MaxConnections},
		{"max_header_bytes", s.MaxHeaderBytes},
		{"max_batch", s.MaxBatch},
		{"max_decisions", s.MaxDecisions},
	} {
		if limit.value < 1 || limit.value > maxLimit {
			k.failf("server."+limit.key, "%d is not between 1 and %d", limit.value, maxLimit)
		}
	}
	for _, limit := range []struct {
		key   string
		value int
	}{
		{"max_in_flight", s.MaxInFlight},
		{"max_waiting", s.MaxWaiting},
	} {
		if limit.value < 0 || limit.value > maxLimit {
			k.failf("server."+limit.key, "%d is not between 0 and %d", limit.value, maxLimit)
		}
	}
	if least := rpc.DefaultLimits().MinDeadline; s.DefaultDeadline < least {
		k.failf("server.default_deadline", "%v is shorter than %v", s.DefaultDeadline, least)
	}
	k.positive("server.max_deadline", s.MaxDeadline)
	k.positive("server.connection_timeout", s.ConnectionTimeout)
	k.positive("server.shutdown_timeout", s.ShutdownTimeout)
	if s.DefaultDeadline > s.MaxDeadline {
		k.failf("server.default_deadline", "%v is longer than server.max_deadline, %v", s.DefaultDeadline, s.MaxDeadline)
	}
	k.notNegative("server.max_reuse", s.MaxReuse)
	k.notNegative("server.start_wait", s.StartWait)
	k.notNegative("server.shutdown_wait", s.ShutdownWait)
	if s.ShutdownWait > s.ShutdownTimeout {
		k.failf("server.shutdown_wait", "%v is longer than server.shutdown_timeout, %v", s.ShutdownWait, s.ShutdownTimeout)
	}
}

func (k *checker) address(key, address string) {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		k.failf(key, "%q is not an address of the form host:port", address)
	}
}

func (k *checker) positive(key string, d time.Duration) {
	if d <= 0 {
		k.failf(key, "%v is not longer than 0", d)
	}
}

func (k *checker) notNegative(key string, d time.Duration) {
	if d < 0 {
		k.failf(key, "%v is negative", d)
	}
}

// count checks a number that may be 0.
func (k *checker) count(key string, n int) {
	if n < 0 {
		k.failf(key, "%d is negative", n)
	}
}

// oneOf checks a value that is from a closed set.
func (k *checker) oneOf(key, value string, set ...string) bool {
	if slices.Contains(set, value) {
		return true
	}
	k.failf(key, "%q is none of %s", value, strings.Join(set, ", "))
	return false
}

func (k *checker) log() {
	k.oneOf("log.level", k.config.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", k.config.Log.Format, "text", "json")
}

func (k *checker) policies() {
	p := &k.config.Policies
	if p.Folder == "" {
		k.failf("policies.folder", "the folder is missing")
	}
	if p.Library != "" && (p.Library == "." || !fs.ValidPath(p.Library)) {
		k.failf("policies.library", "%q is not the name of a sub-folder", p.Library)
	}
	if combine.Standard().ForPolicies(p.RootAlgorithm) == nil {
		k.failf("policies.root_algorithm", "unknown policy-combining algorithm %q", p.RootAlgorithm)
	}
	if !(p.ShadowRate >= 0 && p.ShadowRate <= 1) {
		k.failf("policies.shadow_rate", "%v is not between 0 and 1", p.ShadowRate)
	}
	k.positive("policies.debounce", p.Debounce)
	k.positive("policies.rescan", p.Rescan)
}

func (k *checker) attribute(i int) {
	a, key := &k.config.Attributes[i], fmt.Sprintf("attributes[%d]", i)
	if a.ID == "" {
		k.failf(key, "the id is missing")
	}
	category, ok := k.category(key, a.Category)
	if _, known := dataType(a.DataType); !known {
		k.failf(key+".data_type", "unknown data type %q", a.DataType)
	}
	for j, f := range a.Forms {
		at := fmt.Sprintf("%s.forms[%d]", key, j)
		// Alone first: an expression may not close the group that is put around it.
		if _, err := regexp.Compile(f.Match); err != nil || f.Match == "" {
			k.failf(at, "the match %q is not a regular expression (RE2)", f.Match)
			continue
		}
		// The dictionary is asked about one form at a time, to know which is wrong.
		only := contexthandler.Attribute{ID: "a", Category: "c", Forms: []contexthandler.Form{contexthandler.Form(f)}}
		if _, err := contexthandler.NewDictionary([]contexthandler.Attribute{only}); err != nil {
			k.failf(at, "%v", innermost(err))
		}
	}
	if !ok || a.ID == "" {
		return
	}
	if k.names.owner[name{category, a.ID}] != i {
		k.failf(key+".id", "%q is a name of another attribute of the category", a.ID)
	}
	for j, alias := range a.Aliases {
		switch {
		case alias == "":
			k.failf(fmt.Sprintf("%s.aliases[%d]", key, j), "the alias is empty")
		case alias == a.ID || slices.Contains(a.Aliases[:j], alias):
			k.failf(fmt.Sprintf("%s.aliases[%d]", key, j), "%q is given twice", alias)
		case k.names.owner[name{category, alias}] != i:
			k.failf(fmt.Sprintf("%s.aliases[%d]", key, j), "%q is a name of another attribute of the category", alias)
		}
	}
}

// innermost is the last of the errors that wrap each other: what the place says
// already is left out.
func innermost(err error) error {
	for {
		switch e := err.(type) { //nolint:errorlint // it is unwrapped by hand
		case interface{ Unwrap() []error }:
			err = e.Unwrap()[0]
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		default:
			return err
		}
	}
}

// category checks and resolves the name of a category.
func (k *checker) category(key, text string) (uri string, ok bool) {
	if text == "" {
		k.failf(key, "the category is missing")
		return "", false
	}
	uri, ok = categoryURI(text)
	if !ok {
		k.failf(key+".category", "%q is neither subject, resource, action, environment nor a URI", text)
	}
	return uri, ok
}

// expression checks a regular expression that the whole of a value must fit, if
// there is one.
func (k *checker) expression(key, text string) {
	if _, err := regexp.Compile(text); err != nil {
		k.failf(key, "%q is not a regular expression (RE2)", text)
	}
}

// enforcement checks which obligations ask for a level.
func (k *checker) enforcement() {
	e := &k.config.Enforcement
	if e.Level == "" && len(e.Levels) > 0 {
		k.failf("enforcement.level", "the attribute is missing")
	}
	if e.Level != "" {
		k.notAlias("enforcement.level", xacml.CategoryAccessSubject, e.Level)
	}
	for i, l := range e.Levels {
		key := fmt.Sprintf("enforcement.levels[%d]", i)
		if l.Category == "" {
			k.failf(key, "the category is missing")
		}
		if slices.ContainsFunc(e.Levels[:i], func(other LevelRule) bool { return other.Category == l.Category }) {
			k.failf(key+".category", "there is a rule for %q already", l.Category)
		}
		if l.If != "" {
			k.notAlias(key+".if", xacml.CategoryAccessSubject, l.If)
		}
	}
}

func (k *checker) caller(i int) {
	c, key := &k.config.Callers[i], fmt.Sprintf("callers[%d]", i)
	if c.Caller == "" {
		k.failf(key, "the caller is missing; \"*\" is everybody")
	}
	if c.isRule() && c.Category == "" && len(c.MaySupply) == 0 {
		return
	}
	category, ok := k.category(key, c.Category)
	if len(c.MaySupply) == 0 {
		k.failf(key, "may_supply is missing or empty")
	}
	for j, id := range c.MaySupply {
		at := fmt.Sprintf("%s.may_supply[%d]", key, j)
		if id == "" {
			k.failf(at, "the attribute id is empty")
		} else if ok {
			k.notAlias(at, category, id)
		}
	}
}

// notAlias refuses an alias where an id belongs.
func (k *checker) notAlias(key, category, id string) bool {
	if i, ok := k.names.owner[name{category, id}]; ok && k.config.Attributes[i].ID != id {
		k.failf(key, "%q is an alias; write %q", id, k.config.Attributes[i].ID)
		return false
	}
	return true
}
