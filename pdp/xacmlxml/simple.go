package xacmlxml

import (
	"slices"
	"strings"
)

// check tells what is wrong with a value of the type, or nothing.
func (t simpleType) check(value string) (wrong string) {
	switch t {
	case anyString:
		return ""
	case identifier:
		return checkName(value)
	case anyURI:
		return checkName(collapse(value))
	case boolean:
		if !slices.Contains([]string{"true", "false", "1", "0"}, collapse(value)) {
			return "is not true, false, 1 or 0 but " + quote(value)
		}
	case integer:
		digits := collapse(value)
		if strings.HasPrefix(digits, "-") || strings.HasPrefix(digits, "+") {
			digits = digits[1:]
		}
		if !isNumber(digits) {
			return "is not an integer but " + quote(value)
		}
	case effect:
		if value != "Permit" && value != "Deny" {
			return "is not Permit or Deny but " + quote(value)
		}
	case decision:
		if !slices.Contains([]string{"Permit", "Deny", "Indeterminate", "NotApplicable"}, value) {
			return "is not Permit, Deny, Indeterminate or NotApplicable but " + quote(value)
		}
	case version:
		if !isVersion(value, false) {
			return "is not a version but " + quote(value)
		}
	case versionMatch:
		if !isVersion(value, true) {
			return "is not a version match but " + quote(value)
		}
	case ncName:
		if !isNCName(collapse(value)) {
			return "is not a name without colon but " + quote(value)
		}
	}
	return ""
}

// checkName checks an identifier: an empty one names nothing, and one with
// control characters cannot be told from others where people read it.
func checkName(s string) (wrong string) {
	switch {
	case s == "":
		return "is empty"
	case hasControl(s):
		return "holds a control character"
	default:
		return ""
	}
}

// isVersion reports whether s is of VersionType (§5.12), or of VersionMatchType
// (§5.13) if it may be a pattern.
func isVersion(s string, pattern bool) bool {
	parts := strings.Split(s, ".")
	for i, part := range parts {
		wildcard := part == "*" || part == "+" && i == len(parts)-1
		if !isNumber(part) && (!pattern || !wildcard) {
			return false
		}
	}
	return true
}

// isNumber reports whether s is one or more decimal digits.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
