package rpc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	"github.com/forseti-pdp/forseti/contexthandler"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Each reason has the code that its comment in error.proto starts with.
func TestFailure_Codes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "proto", "forseti", "authorization", "v1", "error.proto"))
	if err != nil {
		t.Fatal(err)
	}
	documented := make(map[string]string)
	comment := regexp.MustCompile(`(?m)^  // ([A-Z_]+(?:, with RetryInfo)?)[.,][^\n]*\n(?:  //[^\n]*\n)*  (ERROR_REASON_[A-Z_]+) = [0-9]+;`)
	for _, m := range comment.FindAllStringSubmatch(string(text), -1) {
		documented[m[2]] = m[1]
	}
	for number, name := range v1.ErrorReason_name {
		if number == 0 {
			continue
		}
		if int(number) >= len(reasonCodes) {
			t.Errorf("%s has no code", name)
			continue
		}
		var want codes.Code
		code, _, _ := strings.Cut(documented[name], ",")
		if err := want.UnmarshalJSON(fmt.Appendf(nil, "%q", code)); err != nil {
			t.Errorf("%s: the comment names no code: %v", name, err)
		}
		f := &failure{reason: v1.ErrorReason(number), message: "m"}
		wantError(t, f, want, strings.TrimPrefix(name, "ERROR_REASON_"))
		if item := f.item(); item.GetCode() != int32(want) || item.GetCode() == 0 || item.GetReason() != f.reason || item.GetMessage() != "m" {
			t.Errorf("got %v", item)
		}
		if got := retryDelay(f) >= retryAfter; got != strings.Contains(documented[name], "with RetryInfo") {
			t.Errorf("%s: got RetryInfo %v", name, got)
		}
	}
	if len(reasonCodes) != len(v1.ErrorReason_name) {
		t.Errorf("got %d codes for %d reasons", len(reasonCodes), len(v1.ErrorReason_name))
	}
}

// retryDelay is the time in RetryInfo; 0 if there is none.
func retryDelay(f *failure) time.Duration {
	for _, d := range f.GRPCStatus().Details() {
		if info, ok := d.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// Whatever the service sheds, it says what there was too much of and when to come
// back, and not at the same time to all: sooner for a place than for memory.
func TestFailure_Shed(t *testing.T) {
	seen := make(map[string]bool)
	for s := shedNothing + 1; s < sheds; s++ {
		f, least := errOverloaded(s), retryAfter
		if s == shedMemory || s == shedBig {
			least = retryLater
		}
		wantError(t, f, codes.ResourceExhausted, "OVERLOADED")
		if d := retryDelay(f); d < least || d >= 2*least {
			t.Errorf("%s: got a delay of %s, want %s to %s", s, d, least, 2*least)
		}
		if seen[s.String()] || s.String() == "" || f.message == "" || f.shed != s {
			t.Errorf("got %q, %+v", s, f)
		}
		seen[s.String()] = true
	}
}

func TestFailure_FromHandler(t *testing.T) {
	for reason := range contexthandler.Reason(255) {
		f := asFailure(fmt.Errorf("context: %w", &contexthandler.Error{Reason: reason, Message: "m"}))
		if f.reason == v1.ErrorReason_ERROR_REASON_UNSPECIFIED {
			t.Errorf("reason %d has no reason on the wire", reason)
		}
	}
	if f := asFailure(errors.New("secret")); f.code() != codes.Internal || strings.Contains(f.message, "secret") {
		t.Errorf("got %+v", f)
	}
}
