package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/internal/secrettest"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// startService runs the service on the defaults, the policies of the repository
// and a fresh demo database, until the test ends.
func startService(t *testing.T, change func(*config.Config)) *service {
	t.Helper()
	policies, err := filepath.Abs("../../policies")
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir()) // where the demo database is made
	c.Server.Listen, c.Server.Admin, c.Policies.Folder = "127.0.0.1:0", "127.0.0.1:0", policies
	if change != nil {
		change(c)
	}
	s, err := newService(t.Context(), c, secrettest.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	done := make(chan error)
	go func() { done <- s.run(context.Background(), signals) }()
	t.Cleanup(func() {
		signals <- syscall.SIGTERM
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	})
	return s
}

// The instances of the demo data.
const (
	running = "instance-id=50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01" // in Task_1
	signing = "instance-id=50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c02" // in Task_2
	ended   = "instance-id=50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c03"
	locked  = "instance-id=50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c04" // in Task_1
	payroll = "instance-id=50001/5b8e2c47-1f3d-4a60-8c92-0d4e6f7a8b01" // in Task_1
)

// TestSample asks what the comments of the sample policies promise, of a real
// service on the defaults.
func TestSample(t *testing.T) {
	const (
		report = "Permit, level 2; income-report"
		payees = "Permit, level 2, level 3 for organisations; payroll"
		none   = "NotApplicable"
	)
	tests := []struct {
		subject, resource, action string
		want                      string
	}{
		// income-report: roles and tasks.
		{"user-id=1337", running, "read", report},
		{"user-id=1337", running, "Read", report},
		{"user-id=1337", running, "write", report},
		{"user-id=1337", "instance-id=3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01", "read", report},
		{"user-id=1337", "instance-id=urn:altinn:instance-id:50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01", "read", report},
		{"user-id=1337", "instance-id=50001/3F0C8A1E-7D2B-4C55-9A0E-5B1D2F6A9C01", "read", report},
		{"user-id=1337", running, "sign", none},
		{"user-id=1337", signing, "sign", report},
		{"user-id=1338", signing, "sign", none},
		{"user-id=1341", running, "read", none},
		{"user-id=1343", running, "read", none},
		{"user-id=1342", running, "write", none},
		{"user-id=1337", "org=ttd app=income-report party-id=50001", "instantiate", report},
		{"user-id=1337", "resource=app_ttd_income-report organization=0192:310000001", "instantiate", report},
		{"user-id=1337", "instance-id=50001/00000000-0000-4000-8000-000000000000", "read", none},

		// An instance of one party, and the number of another: nobody gets the
		// roles for one on the other.
		{"user-id=1343", running + " organization=310000002", "read", "Indeterminate, processing-error"},

		// income-report-ended.
		{"user-id=1337", ended, "read", "Permit, level 2; income-report:ended"},
		{"user-id=1337", ended, "delete", "Permit, level 2; income-report:ended"},
		{"org=ttd", ended, "confirm", "Permit, level 2; income-report:ended"},
		{"user-id=1337", ended, "write", none},
		{"user-id=1338", ended, "delete", none},

		// income-report-guard.
		{"user-id=1337", locked, "write", "Deny, advice urn:ttd:advice:refused; income-report:guard"},
		{"user-id=1337", locked, "read", report},
		{"user-id=1339", signing, "sign", "Deny, advice urn:ttd:advice:refused; income-report:guard"},
		{"user-id=1339", signing, "read", report},

		// payroll: access packages.
		{"user-id=1337", payroll, "write", payees},
		{"organization=310000002", payroll, "write", payees},
		{"system-user=9d1f6b3a-2c4e-4f50-a617-38b9cad0e1f2", payroll, "write", payees},
		{"organization=310000001", payroll, "write", none},
		{"org=ttd", payroll, "write", none},
		{"org=ttd", payroll, "read", payees},

		// archive: a policy set, and a missing attribute.
		{"user-id=1337", "resource=ttd-archive party-id=50001", "read", "Permit, level 2; archive, archive:staff"},
		{"user-id=1341", "resource=ttd-archive party-id=50001", "read", none},
		{"user-id=1341", "resource=ttd-archive party-id=50014", "read", "Permit, level 2; archive, archive:own"},
		{"user-id=1337", "resource=ttd-archive party-id=50001", "export", "Indeterminate, missing-attribute urn:ttd:records"},
		{"user-id=1337", "resource=ttd-archive party-id=50001 records=80", "export", "Permit, level 2, advice urn:ttd:advice:export; archive, archive:staff"},
		{"user-id=1337", "resource=ttd-archive party-id=50001 records=20000", "export", none},

		// auditors: no obligation.
		{"user-id=1340", "resource=ttd-vessels party-id=50001", "read", "Permit; auditors"},
		{"user-id=1337", "resource=ttd-vessels party-id=50001", "read", none},
	}
	s := startService(t, nil)
	for _, tt := range tests {
		q := question{
			subject: strings.Fields(tt.subject), resource: strings.Fields(tt.resource), action: tt.action,
			address: s.decisions.Addr().String(), timeout: 10 * time.Second,
		}
		request, err := q.request()
		if err != nil {
			t.Fatal(err)
		}
		response, err := ask(t.Context(), q, request)
		if err != nil {
			t.Errorf("%s %s %s: %v", tt.subject, tt.resource, tt.action, err)
			continue
		}
		if got := summary(response); got != tt.want {
			t.Errorf("got %s, want %s, for %s %s %s (status %v)", got, tt.want, tt.subject, tt.resource, tt.action, response.GetStatus())
		}
	}
	made, saved := lookups(t, s)
	t.Logf("%v look-ups for %d decisions, of %v that it takes to look up all there is", made, len(tests), made+saved)
	if 2*saved < made { // what the policies do not need would be made, not saved
		t.Errorf("%v look-ups saved of %v", saved, made+saved)
	}
}

// lookups is how many sources the service asked, and how many it did not although
// it could.
func lookups(t *testing.T, s *service) (made, saved float64) {
	t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "forseti_lookups_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			switch m.GetLabel()[0].GetValue() {
			case "made":
				made = m.GetCounter().GetValue()
			case "saved":
				saved = m.GetCounter().GetValue()
			}
		}
	}
	return made, saved
}

// summary is a response in one line.
func summary(r *v1.AuthorizeResponse) string {
	var b strings.Builder
	b.WriteString(decisionText(r.GetDecision(), false))
	if r.GetDecision() == v1.Decision_DECISION_INDETERMINATE {
		b.WriteString(", " + lastPart(r.GetStatus().GetCode()))
		for _, m := range r.GetStatus().GetMissingAttributes() {
			b.WriteString(" " + m.GetAttributeId())
		}
		return b.String()
	}
	for _, o := range r.GetObligations() {
		for _, a := range o.GetAssignments() {
			b.WriteString(", level " + a.GetValue().GetValue())
			if a.GetCategory() == levelForOrganizations {
				b.WriteString(" for organisations")
			}
		}
	}
	for _, a := range r.GetAdvice() {
		b.WriteString(", advice " + a.GetId())
	}
	separator := "; "
	for _, p := range r.GetApplicablePolicies() {
		if r.GetDecision() == v1.Decision_DECISION_NOT_APPLICABLE {
			break // their targets matched, and no more
		}
		b.WriteString(separator + strings.TrimPrefix(p.GetId(), "urn:forseti:sample:ttd:"))
		separator = ", "
	}
	return b.String()
}
