package main

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// The attributes of requests. Those of a minimal request are the first two.
const (
	attributeUser     = "urn:altinn:userid"
	attributeInstance = "urn:altinn:instance-id"
	attributeParty    = "urn:altinn:partyid"
	attributeRole     = "urn:altinn:rolecode"
	attributeOrg      = "urn:altinn:org"
	attributeApp      = "urn:altinn:app"
	attributeTask     = "urn:altinn:task"
)

// newWorkload gives the policies and requests of a name.
func newWorkload(name string) (*workload.Apps, error) {
	switch name {
	case "W1":
		return workload.W1(), nil
	case "W2", "W7":
		return workload.W2(), nil
	case "W3":
		return workload.W3(), nil
	default:
		return nil, fmt.Errorf("there is no workload %q", name)
	}
}

// newRequests gives the requests of a workload as messages.
func newRequests(name string) ([]*v1.AuthorizeRequest, []workload.AppRequest, error) {
	w, err := newWorkload(name)
	if err != nil {
		return nil, nil, err
	}
	messages := make([]*v1.AuthorizeRequest, len(w.Requests))
	for i, q := range w.Requests {
		if name == "W7" {
			messages[i] = minimal(i, q)
		} else {
			messages[i] = complete(i, q)
		}
	}
	return messages, w.Requests, nil
}

// complete says everything that policies ask for.
func complete(i int, q workload.AppRequest) *v1.AuthorizeRequest {
	return &v1.AuthorizeRequest{
		Subject:  map[string]string{attributeUser: q.User},
		Resource: map[string]string{attributeOrg: q.Org, attributeApp: q.App, attributeTask: q.Task, attributeInstance: instance(i)},
		Action:   q.Action,
		Attributes: []*v1.RequestAttribute{
			{Category: xacml.CategoryAccessSubject, AttributeId: attributeRole, Values: q.Roles},
		},
		RequestId: requestID(i),
	}
}

// minimal says who wants to do what with which instance.
func minimal(i int, q workload.AppRequest) *v1.AuthorizeRequest {
	return &v1.AuthorizeRequest{
		Subject:   map[string]string{attributeUser: user(i)},
		Resource:  map[string]string{attributeInstance: instance(i)},
		Action:    q.Action,
		RequestId: requestID(i),
	}
}

func user(i int) string      { return fmt.Sprintf("user-%d", i) }
func party(i int) string     { return fmt.Sprintf("%d", 50_000+i) }
func instance(i int) string  { return fmt.Sprintf("%s/3f0c8a1e-7d2b-4c55-9a0e-%012d", party(i), i) }
func requestID(i int) string { return fmt.Sprintf("7d2b3f0c-8a1e-4c55-9a0e-%012d", i) }

// checkAnswer compares an answer to the request number i.
func checkAnswer(got *v1.AuthorizeResponse, i int, q workload.AppRequest) error {
	want := map[xacml.Decision]v1.Decision{
		xacml.Permit:        v1.Decision_DECISION_PERMIT,
		xacml.Deny:          v1.Decision_DECISION_DENY,
		xacml.NotApplicable: v1.Decision_DECISION_NOT_APPLICABLE,
	}[q.Expected]
	var levels, wantLevels []string
	for _, o := range got.GetObligations() {
		for _, a := range o.GetAssignments() {
			levels = append(levels, a.GetValue().GetValue())
		}
	}
	if q.Level > 0 {
		wantLevels = []string{fmt.Sprint(q.Level)}
	}
	if got.GetDecision() != want || !slices.Equal(levels, wantLevels) || got.GetRequestId() != requestID(i) {
		return fmt.Errorf("request %d: got %v, want %s with levels %q", i, got, q.Expected, wantLevels)
	}
	return nil
}

// encode gives the bytes of a message behind the header that it has in gRPC.
func encode(m proto.Message) ([]byte, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	n := len(data)
	return append([]byte{0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, data...), err
}
