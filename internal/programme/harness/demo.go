package harness

import (
	"fmt"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// demo is a question on the sample policies and the demo data, and its answer.
type demo struct {
	subject, instance, action string
	want                      v1.Decision
}

// demos are asked in turn. They are of all three decisions that are no errors.
var demos = []demo{
	{"1337", "c01", "read", v1.Decision_DECISION_PERMIT},
	{"1337", "c01", "sign", v1.Decision_DECISION_NOT_APPLICABLE},
	{"1337", "c02", "sign", v1.Decision_DECISION_PERMIT},
	{"1341", "c01", "read", v1.Decision_DECISION_NOT_APPLICABLE},
	{"1337", "c04", "write", v1.Decision_DECISION_DENY},
	{"1337", "c03", "delete", v1.Decision_DECISION_PERMIT},
	{"1339", "c02", "sign", v1.Decision_DECISION_DENY},
	{"1338", "c03", "delete", v1.Decision_DECISION_NOT_APPLICABLE},
}

// DemoRequest is a question on the sample policies and the demo data.
func DemoRequest(n int) *v1.AuthorizeRequest {
	d := demos[n%len(demos)]
	return &v1.AuthorizeRequest{
		Subject:  map[string]string{"user-id": d.subject},
		Resource: map[string]string{"instance-id": "50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9" + d.instance},
		Action:   d.action,
	}
}

// CheckDemo compares the answer to a DemoRequest with what it must be.
func CheckDemo(n int, r *v1.AuthorizeResponse) error {
	if want := demos[n%len(demos)].want; r.GetDecision() != want {
		return fmt.Errorf("question %d: got %v, want %v", n, r.GetDecision(), want)
	}
	return nil
}
