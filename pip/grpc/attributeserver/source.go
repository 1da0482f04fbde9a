package attributeserver

import (
	"context"
	"fmt"
	"time"

	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// Attribute is an attribute under a name of the source's own.
type Attribute struct {
	Name string
	// Key is what the attribute is in XACML (§7.3.4). An empty Issuer of a need
	// accepts values of every issuer.
	Key xacml.AttributeKey
}

// Question asks for attributes of one combination of inputs.
type Question struct {
	// Inputs holds one value for each need, by its name: a lexical form of the data
	// type of the need.
	Inputs map[string]string
	// Wanted names the attributes that are asked for; the others cost nothing if
	// they are left out. Shared by all questions of a call: not to be changed.
	Wanted []string
}

// Answer is what the source knows.
type Answer struct {
	// Values holds an entry for each attribute that is wanted, by its name: values
	// in the lexical form of its data type, in any order. An entry without values
	// says that there are none. Entries that are not wanted are left out.
	Values map[string][]string
	// ValidFor is for how long the answer may be kept. Zero says nothing about it, a
	// negative one that it must not be kept.
	ValidFor time.Duration
}

// Reply is the answer to one question of several, or why there is none.
type Reply struct {
	Answer Answer
	Err    error
}

// Source answers questions. An error that is an [Error] says why there is no
// answer; any other says that it cannot be known at the moment. Answer is safe for
// concurrent use, and returns soon after ctx is done.
type Source interface {
	Answer(ctx context.Context, q Question) (Answer, error)
}

// BulkSource is a source that answers all questions of a call at once: with one
// query, say.
type BulkSource interface {
	Source
	// AnswerAll gives one reply for each question, in order.
	AnswerAll(ctx context.Context, qs []Question) []Reply
}

// Func is a function as a [Source].
type Func func(ctx context.Context, q Question) (Answer, error)

// Answer calls f.
func (f Func) Answer(ctx context.Context, q Question) (Answer, error) { return f(ctx, q) }

// Error says why a question has no answer.
type Error struct {
	Code v1.ErrorCode
	// RetryAfter is how long Forseti should wait before it asks again, with
	// ERROR_CODE_UNAVAILABLE. Zero: not said.
	RetryAfter time.Duration
	// Message is for people. It goes to Forseti, and must hold no attribute values.
	Message string
}

// Error is the code and the message.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Message) }

// Unavailable says that the answer cannot be known at the moment, and when to ask
// again; zero says nothing about that.
func Unavailable(retryAfter time.Duration) *Error {
	return &Error{Code: v1.ErrorCode_ERROR_CODE_UNAVAILABLE, RetryAfter: retryAfter, Message: "not known at the moment"}
}

// InvalidQuestion says that the source cannot be asked about such inputs. The
// message must not hold them.
func InvalidQuestion(message string) *Error {
	return &Error{Code: v1.ErrorCode_ERROR_CODE_INVALID_QUESTION, Message: message}
}

// NotAllowed says that the caller may not know the answer.
func NotAllowed(message string) *Error {
	return &Error{Code: v1.ErrorCode_ERROR_CODE_NOT_ALLOWED, Message: message}
}

// internalf says that the source has a fault.
func internalf(format string, args ...any) *Error {
	return &Error{Code: v1.ErrorCode_ERROR_CODE_INTERNAL, Message: fmt.Sprintf(format, args...)}
}
