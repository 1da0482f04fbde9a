package ldap

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// hostile are values that mean something in filters or names.
var hostile = []string{
	"a", "*", "(", ")", `\`, `\2a`, "\x00", "a\x00b", " ", " a ", "#", "#04", "a,b", "a+b=c", "a;b", `"`, "<>", "=", "a)(uid=*", "*)(|(uid=*",
	`\)`, `a\`, "é", "e\u0301", "\uFFFD", "\u202e", "\ufeff", "😀", "&", "|", "!", "~", ":dn:=", "{user}", "{{", "\r\n", strings.Repeat("(", 1000),
}

// outline describes a filter, with a sign in the place of the value.
func outline(p *ber.Packet, value string) string {
	if len(p.Children) == 0 {
		text := p.Data.String()
		if value == "" {
			return fmt.Sprintf("%d:%q", p.Tag, text)
		}
		return fmt.Sprintf("%d:%q", p.Tag, strings.ReplaceAll(text, value, "<value>"))
	}
	var parts []string
	for _, c := range p.Children {
		parts = append(parts, outline(c, value))
	}
	return fmt.Sprintf("%d[%s]", p.Tag, strings.Join(parts, " "))
}

// checkValue fails the test unless the value arrives as it is, and changes
// nothing else, in a filter and in a name.
func checkValue(t *testing.T, text string) {
	t.Helper()
	needs := []pip.Need{{Name: "user", Key: key("urn:user", value.TypeString)}}
	for _, filter := range []string{
		"(uid={user})",
		"(&(a=1)(|(uid={user})(!(cn=x{user}*{user}*y)))(b=2))",
		"(&(cn:dn:2.5.13.5:={user})(uid>={user})(uid<=a{user}b)(uid~={user}))",
	} {
		tmpl, err := parseTemplate(filter, needs)
		if err != nil {
			t.Fatal(err)
		}
		// The mark must not occur in the rest of the filter.
		reference, err := ldap.CompileFilter(tmpl.fill([]string{"MARK"}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := ldap.CompileFilter(tmpl.fill([]string{text}))
		if err != nil {
			t.Errorf("value %q in %s: %v", text, filter, err)
			continue
		}
		quoted := strconv.Quote(text)
		want := strings.ReplaceAll(outline(reference, "MARK"), "<value>", quoted[1:len(quoted)-1])
		if diff := cmp.Diff(want, outline(got, "")); diff != "" {
			t.Errorf("value %q in %s (-want +got):\n%s", text, filter, diff)
		}
	}
	for _, base := range []string{"uid={user},dc=org", "uid=a{user}b+cn={user},ou=x{user},dc=org"} {
		tmpl, err := parseTemplate(base, needs)
		if err != nil {
			t.Fatal(err)
		}
		reference, err := ldap.ParseDN(tmpl.fill([]string{"MARK"}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := ldap.ParseDN(tmpl.fill([]string{text}))
		if err != nil {
			t.Errorf("value %q in %s: %v", text, base, err)
			continue
		}
		for _, rdn := range reference.RDNs {
			for _, a := range rdn.Attributes {
				a.Value = strings.ReplaceAll(a.Value, "MARK", text)
			}
		}
		if diff := cmp.Diff(reference, got); diff != "" {
			t.Errorf("value %q in %s (-want +got):\n%s", text, base, diff)
		}
	}
}

func TestValuesStayValues(t *testing.T) {
	for _, text := range hostile {
		checkValue(t, text)
	}
}

// FuzzValue: no value whatever changes the form of a filter or of a name.
func FuzzValue(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := values(ask(text), make([]pip.Need, 1)); err != nil {
			return
		}
		checkValue(t, text)
	})
}

// FuzzTemplates: New takes no template apart in a way that lets a value be a name
// or an operator, and never panics.
func FuzzTemplates(f *testing.F) {
	f.Add("ou=people,dc=org", "(uid={user})")
	f.Add("uid={user},dc=org", "(&(a=b)(!(c=*{user}*)))")
	f.Add("{user}=a", "({user}=a)")
	f.Add("a={user}{user}", "(a:{user}:=b)")
	f.Add("a=b", "(|(a={user}*)(b=*{user}))")
	f.Fuzz(func(t *testing.T, base, filter string) {
		cfg := roles("ldap://localhost")
		cfg.Base, cfg.Filter = base, filter
		q, err := newQuery(cfg)
		if err != nil {
			return
		}
		names := func(text string) []string {
			filled := q.filter.fill([]string{text})
			packet, err := ldap.CompileFilter(filled)
			if err != nil {
				t.Fatalf("%q: %v", filled, err)
			}
			dn, err := ldap.ParseDN(q.base.fill([]string{text}))
			if err != nil {
				t.Fatalf("base %q: %v", base, err)
			}
			names := filterNames(packet)
			for _, rdn := range dn.RDNs {
				for _, a := range rdn.Attributes {
					names = append(names, a.Type)
				}
			}
			return names
		}
		if one, other := names("zyxw"), names("*)(q=,r="); !slices.Equal(one, other) {
			t.Errorf("base %q, filter %q: got names %q and %q", base, filter, one, other)
		}
	})
}

// filterNames lists the operators and names of a filter.
func filterNames(p *ber.Packet) []string {
	names := []string{fmt.Sprint(p.Tag)}
	switch p.Tag {
	case ldap.FilterAnd, ldap.FilterOr, ldap.FilterNot:
		for _, c := range p.Children {
			names = append(names, filterNames(c)...)
		}
	case ldap.FilterPresent:
		names = append(names, p.Data.String())
	case ldap.FilterExtensibleMatch:
		for _, c := range p.Children {
			if c.Tag != ldap.MatchingRuleAssertionMatchValue {
				names = append(names, c.Data.String())
			}
		}
	default:
		names = append(names, p.Children[0].Data.String())
	}
	return names
}

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	empty := write(t, dir, "empty", "\n")
	two := write(t, dir, "two", "a\nb")
	good := write(t, dir, "good", "secret")
	tests := []struct {
		name   string
		change func(c *Config)
		want   string
	}{
		{"no URL", func(c *Config) { c.URLs = nil }, "needs the URL"},
		{"other scheme", func(c *Config) { c.URLs[0] = "http://x" }, "neither ldaps:// nor ldap://"},
		{"socket", func(c *Config) { c.URLs[0] = "ldapi://%2Ftmp%2Fx" }, "URL 1"},
		{"no host", func(c *Config) { c.URLs[0] = "ldap://" }, "no host"},
		{"base in the URL", func(c *Config) { c.URLs[0] = "ldap://x/dc=org?uid" }, "more than a host"},
		{"password in the URL", func(c *Config) { c.URLs[0] = "ldap://me:secret@x" }, "more than a host"},
		{"clear text", func(c *Config) { c.AllowCleartext = false }, "allow it explicitly"},
		{"StartTLS on ldaps", func(c *Config) { c.URLs[0], c.StartTLS = "ldaps://x", true }, "StartTLS is for ldap://"},
		{"certificates without TLS", func(c *Config) { c.TLS.CAFile = good }, "no connection uses it"},
		{"no such CA", func(c *Config) { c.StartTLS, c.TLS.CAFile = true, dir+"/none" }, "none"},
		{"CA is none", func(c *Config) { c.StartTLS, c.TLS.CAFile = true, good }, "no certificate in it"},
		{"certificate without key", func(c *Config) { c.StartTLS, c.TLS.CertFile = true, good }, "two files"},
		{"certificate is none", func(c *Config) { c.StartTLS, c.TLS.CertFile, c.TLS.KeyFile = true, good, good }, "cannot be read, or do not fit"},
		{"account without password", func(c *Config) { c.Bind.DN = "cn=a" }, "a name and the file"},
		{"password without account", func(c *Config) { c.Bind.PasswordFile = good }, "a name and the file"},
		{"empty password", func(c *Config) { c.Bind = Bind{DN: "cn=a", PasswordFile: empty} }, "one line that is not empty"},
		{"password of two lines", func(c *Config) { c.Bind = Bind{DN: "cn=a", PasswordFile: two} }, "one line that is not empty"},
		{"no such password", func(c *Config) { c.Bind = Bind{DN: "cn=a", PasswordFile: dir + "/none"} }, "none"},
		{"account is no name", func(c *Config) { c.Bind = Bind{DN: "admin", PasswordFile: good} }, "not a distinguished name"},
		{"external without certificate", func(c *Config) { c.Bind.External = true }, "needs a client certificate"},
		{"external and password", func(c *Config) { c.Bind = Bind{External: true, DN: "cn=a"} }, "neither a name nor a password"},
		{"no base", func(c *Config) { c.Base = "" }, "base: it is empty"},
		{"base is no name", func(c *Config) { c.Base = "people" }, "base: it is not a distinguished name"},
		{"need as a whole name", func(c *Config) { c.Base = "{user}" }, "base: it is not a distinguished name"},
		{"need as an attribute of the base", func(c *Config) { c.Base = "{user}=a,dc=org" }, "is not an attribute"},
		{"option in the base", func(c *Config) { c.Base = "cn;x=a,dc=org" }, "base: it is not"},
		{"unknown need", func(c *Config) { c.Filter = "(uid={usr})" }, `unknown need "usr"`},
		{"open brace", func(c *Config) { c.Base = "a={user" }, "base: an opening brace"},
		{"closing brace", func(c *Config) { c.Filter = "(uid=user})" }, "filter: a closing brace"},
		{"unused need", func(c *Config) { c.Filter = "(uid=a)" }, `uses the need "user"`},
		{"filter without parentheses", func(c *Config) { c.Filter = "uid={user}" }, "not a search filter"},
		{"open filter", func(c *Config) { c.Filter = "(&(uid={user})" }, "not a search filter"},
		{"two filters", func(c *Config) { c.Filter = "(uid={user})(a=b)" }, "not a search filter"},
		{"need as an attribute", func(c *Config) { c.Filter = "({user}=a)" }, "where a name must be"},
		{"need as presence", func(c *Config) { c.Filter = "({user}=*)" }, "where a name must be"},
		{"need as a rule", func(c *Config) { c.Filter = "(a:{user}:=b)" }, "where a name must be"},
		{"need as a filter", func(c *Config) { c.Filter = "{user}" }, "not a search filter"},
		{"need as an operator", func(c *Config) { c.Filter = "({user}(a=b))" }, "filter:"},
		{"bad name in the filter", func(c *Config) { c.Filter = "(&(uid ={user})(a=b))" }, `"uid " is not a name`},
		{"comparison with nothing", func(c *Config) { c.Filter = "(&(uid={user})(a=))" }, "compared with nothing"},
		{"only stars", func(c *Config) { c.Filter = "(&(uid={user})(a=**))" }, "compared with nothing"},
		{"empty and", func(c *Config) { c.Filter = "(&(uid={user})(&))" }, "nothing to work on"},
		{"scope", func(c *Config) { c.Scope = "children" }, "scope"},
		{"aliases", func(c *Config) { c.Aliases = "sometimes" }, "aliases"},
		{"nothing provided", func(c *Config) { c.Provides = nil }, "must provide"},
		{"no LDAP attribute", func(c *Config) { c.Provides[0].From = nil }, "has no LDAP attribute"},
		{"all attributes", func(c *Config) { c.Provides[0].From = []string{"*"} }, "not the name of an LDAP attribute"},
		{"all operational attributes", func(c *Config) { c.Provides[0].From = []string{"+"} }, "not the name of an LDAP attribute"},
		{"no attribute", func(c *Config) { c.Provides[0].From = []string{""} }, "not the name of an LDAP attribute"},
		{"binary attribute", func(c *Config) { c.Provides[0].From = []string{"userCertificate;Binary"} }, "is binary"},
		{"echo of an unknown need", func(c *Config) { c.Echo["org"] = "o" }, `unknown need "org"`},
		{"echo of no attribute", func(c *Config) { c.Echo["user"] = "*" }, "not the name of an LDAP attribute"},
		{"negative limit", func(c *Config) { c.MaxEntries = -1 }, "must not be negative"},
		{"negative time", func(c *Config) { c.TimeLimit = -1 }, "must not be negative"},
		{"batch without echo", func(c *Config) { c.MaxBatch, c.Echo = 10, nil }, "needs an echo"},
		{"batch with another echo", func(c *Config) { c.MaxBatch, c.Echo["user"] = 10, "cn" }, "needs an echo"},
		{"batch by a base", func(c *Config) { c.MaxBatch, c.Base = 10, "ou={user},dc=org" }, "base without needs"},
		{"batch with an or", func(c *Config) { c.MaxBatch, c.Filter = 10, "(|(uid={user})(a=b))" }, "needs an echo"},
		{"batch with a not", func(c *Config) { c.MaxBatch, c.Filter = 10, "(&(uid={user})(!(owner={user})))" }, "needs an echo"},
		{"batch with a part", func(c *Config) { c.MaxBatch, c.Filter = 10, "(uid={user}x)" }, "needs an echo"},
		{"batch with a beginning", func(c *Config) { c.MaxBatch, c.Filter = 10, "(uid={user}*)" }, "needs an echo"},
		{"batch with an order", func(c *Config) { c.MaxBatch, c.Filter = 10, "(uid>={user})" }, "needs an echo"},
		{"batch without needs", func(c *Config) { c.MaxBatch, c.Filter, c.Needs, c.Echo = 10, "", nil, nil }, "without needs has one answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := roles("ldap://localhost")
			tt.change(&cfg)
			p, err := New(cfg)
			if err == nil {
				t.Cleanup(func() { _ = p.Close() })
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			} else if strings.Contains(err.Error(), "secret") {
				t.Errorf("the message %q holds the password", err)
			}
		})
	}
	cfg := roles("ldap://localhost")
	cfg.URLs, cfg.Base, cfg.Filter = nil, "", ""
	_, err := New(cfg)
	for _, want := range []string{"needs the URL", "it is empty", "uses the need"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want all errors, among them %q", err, want)
		}
	}
}

// write makes a file.
func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
