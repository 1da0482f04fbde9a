package main

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// TestService_Identity: the token of the subject says who it is and at which level,
// a source of the kind jwt gives more of its claims, and a token that is not good is
// no decision.
func TestService_Identity(t *testing.T) {
	key := tokentest.NewKey("1", "ES256")
	folder := t.TempDir()
	keys := filepath.Join(folder, "keys.json")
	if err := os.WriteFile(keys, tokentest.Set(key), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startService(t, configured(t, `
tokens:
  issuers:
    - {name: 'https://login.example', audiences: [forseti], algorithms: [ES256], keys: {file: `+keys+`}}
sources:
  - name: claims
    kind: jwt
    needs: [{name: token, attribute: 'urn:forseti:call:subject-token'}]
    provides: [{attribute: urn:altinn:rolecode, from: [$.roles]}]
`))
	client := v1.NewAuthorizationServiceClient(client(t, s))
	claims := func(more map[string]any) map[string]any {
		all := map[string]any{"iss": "https://login.example", "aud": "forseti", "exp": time.Now().Add(time.Minute).Unix()}
		maps.Copy(all, more)
		return all
	}
	user := map[string]any{"urn:altinn:userid": "1337", "roles": []string{"dagl"}, "acr": "idporten-loa-high"}
	tests := []struct {
		name     string
		token    string
		subject  map[string]string
		decision v1.Decision
		granted  bool
		level    uint32
		code     codes.Code
	}{
		{name: "high level", token: key.Sign(claims(user)), decision: v1.Decision_DECISION_PERMIT, granted: true},
		{
			name: "low level", decision: v1.Decision_DECISION_PERMIT, level: 2,
			token: key.Sign(claims(map[string]any{"urn:altinn:userid": "1337", "roles": "dagl", "urn:altinn:authlevel": 1})),
		},
		{
			name: "another role", decision: v1.Decision_DECISION_NOT_APPLICABLE,
			token: key.Sign(claims(map[string]any{"urn:altinn:userid": "1337", "roles": "lede"})),
		},
		{name: "nobody", token: key.Sign(claims(nil)), code: codes.Unauthenticated},
		{name: "forged", token: tokentest.NewKey("1", "ES256").Sign(claims(user)), code: codes.Unauthenticated},
		{name: "garbage", token: "garbage", code: codes.Unauthenticated},
		{name: "somebody else", token: key.Sign(claims(user)), subject: map[string]string{"user-id": "1338"}, code: codes.PermissionDenied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := question{resource: []string{"party-id=50001", "app=income-report", "org=ttd"}, action: "instantiate"}
			request, err := q.request()
			if err != nil {
				t.Fatal(err)
			}
			request.Subject, request.SubjectToken, request.Enforce = tt.subject, tt.token, true
			response, err := client.Authorize(t.Context(), request)
			if got := status.Code(err); got != tt.code {
				t.Fatalf("got %v, want %v", err, tt.code)
			}
			if text := status.Convert(err).Message(); tt.code == codes.Unauthenticated && text != "the token of the subject is not valid" {
				t.Errorf("got %q, want what everybody is told", text)
			}
			e := response.GetEnforcement()
			if response.GetDecision() != tt.decision || e.GetGranted() != tt.granted || e.GetRequiredLevel() != tt.level {
				t.Errorf("got %v, granted %v, level %d, want %v, %v, %d",
					response.GetDecision(), e.GetGranted(), e.GetRequiredLevel(), tt.decision, tt.granted, tt.level)
			}
		})
	}
}
