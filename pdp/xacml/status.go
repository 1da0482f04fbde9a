package xacml

import "fmt"

// Error is a failed evaluation: the status that makes a result Indeterminate
// (§7.19). Its message must not hold attribute values.
type Error struct {
	Status Status
}

// Error is the status as text.
func (e *Error) Error() string {
	if e.Status.Message == "" {
		return e.Status.Code
	}
	return e.Status.Message
}

// ProcessingErrorf is an Error with StatusProcessingError.
func ProcessingErrorf(format string, args ...any) *Error {
	return &Error{Status{Code: StatusProcessingError, Message: fmt.Sprintf(format, args...)}}
}

// SyntaxErrorf is an Error with StatusSyntaxError.
func SyntaxErrorf(format string, args ...any) *Error {
	return &Error{Status{Code: StatusSyntaxError, Message: fmt.Sprintf(format, args...)}}
}

// MissingAttributeError is an Error with StatusMissingAttribute and the detail
// that names the attribute (§7.19.3).
func MissingAttributeError(key AttributeKey) *Error {
	return &Error{Status{
		Code:    StatusMissingAttribute,
		Message: fmt.Sprintf("attribute %q of category %q is missing", key.ID, key.Category),
		Missing: []MissingAttribute{{AttributeKey: key}},
	}}
}
