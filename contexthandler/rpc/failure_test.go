package rpc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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
	comment := regexp.MustCompile(`(?m)^  // ([A-Z_]+)[.,][^\n]*\n(?:  //[^\n]*\n)*  (ERROR_REASON_[A-Z_]+) = [0-9]+;`)
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
		if err := want.UnmarshalJSON([]byte(fmt.Sprintf("%q", documented[name]))); err != nil {
			t.Errorf("%s: the comment names no code: %v", name, err)
		}
		f := &failure{reason: v1.ErrorReason(number), message: "m"}
		wantError(t, f, want, strings.TrimPrefix(name, "ERROR_REASON_"))
		if item := f.item(); item.GetCode() != int32(want) || item.GetCode() == 0 || item.GetReason() != f.reason || item.GetMessage() != "m" {
			t.Errorf("got %v", item)
		}
		retry := false
		for _, d := range f.GRPCStatus().Details() {
			if info, ok := d.(*errdetails.RetryInfo); ok {
				retry = info.GetRetryDelay().AsDuration() >= retryAfter
			}
		}
		if retry != (f.reason == v1.ErrorReason_ERROR_REASON_OVERLOADED) {
			t.Errorf("%s: got RetryInfo %v", name, retry)
		}
	}
	if len(reasonCodes) != len(v1.ErrorReason_name) {
		t.Errorf("got %d codes for %d reasons", len(reasonCodes), len(v1.ErrorReason_name))
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
