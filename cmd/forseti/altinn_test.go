package main

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/internal/secrettest"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// Who asks for what in the tests of the profile; testdata/altinn.yaml tells of them.
const (
	altinnInstance = "50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01" // in Task_1
	altinnEnded    = "50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c03"
	altinnParty    = "00000000-0000-4000-8000-000000050001" // 50001
	altinnPerson   = "00000000-0000-4000-8000-000000050010" // 50010
	altinnUser     = "00000000-0000-4000-8000-000000001337" // user 1337
	altinnSystem   = "9d1f6b3a-2c4e-4f50-a617-38b9cad0e1f2"
)

// altinnProfile is the profile docs/altinn with its services played by a server of the
// test, which signs tokens with the key.
func altinnProfile(t *testing.T, key tokentest.Key) func(*config.Config) {
	t.Helper()
	folder, err := filepath.Abs("../../docs/altinn")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "forseti.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := t.TempDir()
	for _, name := range []string{"subscription-key", "platform-access-token", "maskinporten-token"} {
		if err := os.WriteFile(filepath.Join(secrets, name), []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	platform := altinnPlatform(t, key)
	here := regexp.MustCompile(`https://[a-z]+\.example`).ReplaceAllString(string(text), platform.URL)
	change := configured(t, strings.ReplaceAll(here, "secrets/", secrets+"/"))
	return func(c *config.Config) {
		change(c)
		c.Policies.Folder = filepath.Join(folder, "policies")
	}
}

// altinnPlatform is the services of the platform, and the keys of its tokens. Whatever
// else is asked of it is a mistake in the profile.
func altinnPlatform(t *testing.T, key tokentest.Key) *httptest.Server {
	t.Helper()
	text, err := os.ReadFile("testdata/altinn.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var exchanges []struct {
		Get, Post    string
		Body, Answer any
		Status       int
	}
	if err := yaml.Unmarshal(text, &exchanges); err != nil {
		t.Fatal(err)
	}
	statuses := make(map[string]int)
	answers := map[string][]byte{
		"GET /authentication/api/v1/openid/.well-known/openid-configuration/jwks": tokentest.Set(key),
	}
	for _, e := range exchanges {
		question := "GET " + e.Get
		if e.Post != "" {
			question = "POST " + e.Post + " " + string(tokentest.Marshal(e.Body))
		}
		answers[question], statuses[question] = tokentest.Marshal(e.Answer), e.Status
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question := r.Method + " " + strings.ReplaceAll(r.URL.RequestURI(), "%3A", ":")
		if r.Method == http.MethodPost {
			var body any
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Errorf("%s: the body cannot be read: %v", question, err)
			}
			question += " " + string(tokentest.Marshal(body))
		}
		answer, known := answers[question]
		if !known {
			t.Errorf("got the question %s, which the platform does not know", question)
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(cmp.Or(statuses[question], http.StatusOK))
		_, _ = w.Write(answer) // whoever has left does not read it
	}))
	t.Cleanup(s.Close)
	return s
}

// TestAltinn_Sources asks every service of the profile, and takes what it answers in the
// form that the real one has.
func TestAltinn_Sources(t *testing.T) {
	c, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	altinnProfile(t, tokentest.NewKey("1", "ES256"))(c)
	sources, err := c.OpenSources(t.Context(), config.Environment{Logger: secrettest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sources.Close(); err != nil {
			t.Error(err)
		}
	}()
	const action = "read"
	tests := []struct {
		source   string
		question []string
		want     []string // the values of each attribute, with spaces between them
	}{
		{"instance", strings.Split(altinnInstance, "/"), []string{"ttd/leave-application", "Task_1", ""}},
		{"instance", strings.Split(altinnEnded, "/"), []string{"ttd/leave-application", "", "EndEvent_1"}},
		{"party-of-organization", []string{"310000001"}, []string{"50001", "50001"}},
		{"party-of-uuid", []string{altinnParty}, []string{"50001", "50001"}},
		{"party-of-person", []string{"01010150001"}, []string{"50010", "50010"}},
		{"uuid-of-party", []string{"50001"}, []string{altinnParty}},
		{"party", []string{"50001"}, []string{"", "310000001"}},
		{"party", []string{"50010"}, []string{"01010150001", ""}},
		{"profile", []string{"1337"}, []string{"02020250002", altinnUser}},
		{"user-of-person", []string{"02020250002"}, []string{"1337"}},
		{"own-party-of-organization", []string{"310000001"}, []string{"50001"}},
		{"roles", []string{"1337", "50001"}, []string{"dagl REGNA"}},
		{"roles", []string{"1338", "50001"}, []string{""}},
		{"estate-roles", []string{"01010150001", "02020250002"}, []string{"urn:digitaltdodsbo:formuesfullmakt"}},
		{"system-user-packages", []string{altinnSystem, altinnParty}, []string{"urn:altinn:accesspackage:statistics urn:altinn:accesspackage:payroll"}},
		{"user-packages", []string{altinnUser, altinnParty}, []string{"urn:altinn:accesspackage:payroll"}},
		{"package-of-urn", []string{"urn:altinn:accesspackage:payroll"}, []string{"payroll"}},
		{"party-type", []string{altinnParty}, []string{"2"}},
		{"party-type", []string{altinnPerson}, []string{"1"}},
		{"type-organization", []string{"2"}, []string{"organization"}},
		{"type-organization", []string{"1"}, []string{""}},
		{"type-person", []string{"1"}, []string{"person"}},
		{"access-lists", []string{"urn:altinn:party:uuid:" + altinnParty}, []string{"urn:altinn:access-list:ttd:readers"}},
		{"access-list-mode", []string{"ttd-market-report"}, []string{"Enabled"}},
		{"access-list-mode", []string{"ttd-open-report"}, []string{"Disabled"}},
		{"access-list", []string{"310000001", "ttd-market-report", action}, []string{"Authorized"}},
		{"access-list", []string{"310000002", "ttd-market-report", action}, []string{"NotAuthorized"}},
		{"access-list-action", []string{"Authorized", action}, []string{action}},
		{"access-list-action", []string{"NotAuthorized", action}, []string{""}},
	}
	asked := make(map[string]bool)
	for _, tt := range tests {
		asked[tt.source] = true
		at := slices.IndexFunc(sources.List, func(s pip.Source) bool { return s.Name == tt.source })
		if at < 0 {
			t.Fatalf("there is no source %q", tt.source)
		}
		var question pip.Question
		for _, text := range tt.question {
			question = append(question, value.String(text))
		}
		answer, err := sources.List[at].Provider.Fetch(t.Context(), question)
		if err != nil {
			t.Errorf("source %q: %v", tt.source, err)
			continue
		}
		var got []string
		for _, bag := range answer.Bags {
			var values []string
			for _, v := range bag.Values() {
				values = append(values, v.String())
			}
			got = append(got, strings.Join(values, " "))
		}
		if diff := gocmp.Diff(tt.want, got); diff != "" {
			t.Errorf("source %q, question %q (-want +got):\n%s", tt.source, tt.question, diff)
		}
	}
	for _, s := range c.Sources {
		if s.Kind == config.KindHTTP && !asked[s.Name] {
			t.Errorf("source %q is not tested", s.Name)
		}
	}
}

// TestAltinn decides on the policies of the profile, with everything looked up where the
// profile says.
func TestAltinn(t *testing.T) {
	const (
		permit        = v1.Decision_DECISION_PERMIT
		deny          = v1.Decision_DECISION_DENY
		notApplicable = v1.Decision_DECISION_NOT_APPLICABLE
		indeterminate = v1.Decision_DECISION_INDETERMINATE
	)
	connection := client(t, startService(t, altinnProfile(t, tokentest.NewKey("1", "ES256"))))
	const form = "instance-id=" + altinnInstance
	const report = "resource=ttd-market-report "
	for _, tt := range []struct {
		name, subject, resource, action string
		want                            v1.Decision
	}{
		{"a role, in the task", "user-id=1337", form, "write", permit},
		{"another form of the id", "user-id=1337", "instance-id=urn:altinn:instance-id:" + strings.ToUpper(altinnInstance), "Read", permit},
		{"no role", "user-id=1338", form, "write", notApplicable},
		{"no task any more", "user-id=1337", "instance-id=" + altinnEnded, "write", notApplicable},
		{"the owner", "org=ttd", form, "read", permit},
		{"the resource of an app", "user-id=1337", "resource=app_ttd_leave-application party-id=50001 task=Task_1", "read", permit},
		{"on the list", "user-id=1337", report + "party-id=50001", "read", permit},
		{"on the list, by number", "user-id=1337", report + "organization=310000001", "read", permit},
		{"on the list, by uuid", "user-id=1337", report + "party-uuid=" + altinnParty, "read", permit},
		{"on the list, by package", "system-user=" + altinnSystem, report + "party-id=50001", "read", permit},
		{"on the list, for another action", "user-id=1337", report + "party-id=50001", "subscribe", deny},
		{"not on the list", "user-id=1337", report + "party-id=50002", "read", deny},
		{"nobody knows the list", "user-id=1337", report + "party-id=50003", "read", indeterminate},
		{"a person is on no list", "user-id=1337", report + "party-id=50010", "read", deny},
		{"the list does not permit", "user-id=1338", report + "party-id=50001", "read", notApplicable},
		{"an instance of somebody else", "user-id=1337", form + " party-id=50002", "read", deny},
		{"a number of somebody else", "user-id=1337", report + "organization=310000001 party-id=50002", "read", deny},
		{"a uuid of somebody else", "user-id=1337", report + "party-uuid=" + altinnParty + " party-id=50002", "read", deny},
		{"two names of two parties", "user-id=1337", form + " party-uuid=" + altinnPerson, "read", indeterminate},
		{"nobody", "", report + "party-id=50001", "read", indeterminate},
		{"a system user comes alone", "system-user=" + altinnSystem + " user-id=1337", report + "party-id=50001", "read", indeterminate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := decide(t, connection, tt.subject, tt.resource, tt.action); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestAltinn_Level compares the level of a token with what the policy of the app asks
// of people, and of owners of services.
func TestAltinn_Level(t *testing.T) {
	key := tokentest.NewKey("1", "RS256")
	change := altinnProfile(t, key)
	var issuer string
	client := v1.NewAuthorizationServiceClient(client(t, startService(t, func(c *config.Config) {
		change(c)
		issuer = c.Tokens.Issuers[0].Name
	})))
	for _, tt := range []struct {
		name    string
		claims  map[string]any
		granted bool
		level   uint32
	}{
		{"high", map[string]any{"urn:altinn:userid": 1337, "urn:altinn:authlevel": 3}, true, 0},
		{"low", map[string]any{"urn:altinn:userid": 1337, "urn:altinn:authlevel": 2}, false, 3},
		{"none", map[string]any{"urn:altinn:userid": 1337}, false, 0},
		{"an owner", map[string]any{"urn:altinn:org": "ttd", "urn:altinn:authlevel": 2, "scope": "altinn:serviceowner"}, true, 0},
		{"an owner below both", map[string]any{"urn:altinn:org": "ttd", "urn:altinn:authlevel": 1}, false, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.claims["iss"], tt.claims["aud"], tt.claims["exp"] = issuer, "forseti", time.Now().Add(time.Minute).Unix()
			response, err := client.Authorize(t.Context(), &v1.AuthorizeRequest{
				SubjectToken: key.Sign(tt.claims),
				Resource:     map[string]string{"instance-id": altinnInstance},
				Action:       "read",
				Enforce:      true,
			})
			if err != nil {
				t.Fatal(err)
			}
			got := response.GetEnforcement()
			if response.GetDecision() != v1.Decision_DECISION_PERMIT || got.GetGranted() != tt.granted || got.GetRequiredLevel() != tt.level {
				t.Errorf("got %s, granted %t, level %d, want a Permit, granted %t, level %d",
					response.GetDecision(), got.GetGranted(), got.GetRequiredLevel(), tt.granted, tt.level)
			}
		})
	}
}
