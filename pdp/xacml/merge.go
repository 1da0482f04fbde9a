package xacml

// MergeErrors makes one error of the causes of an Indeterminate, given in
// document order. The standard leaves the choice open (§7.19); here the first
// cause counts, but a missing attribute goes before anything else, with the
// details of all causes, because the caller can act on it. It returns nil if
// every cause is nil.
func MergeErrors(causes ...*Error) *Error {
	var first, missing *Error
	for _, e := range causes {
		switch {
		case e == nil:
		case e.Status.Code == StatusMissingAttribute:
			missing = addMissing(missing, e)
		case first == nil:
			first = e
		}
	}
	if missing != nil {
		return missing
	}
	return first
}

// addMissing adds the details of next to those of sum.
func addMissing(sum, next *Error) *Error {
	if sum == nil {
		return next
	}
	merged := Status{Code: sum.Status.Code, Message: sum.Status.Message, Missing: append([]MissingAttribute(nil), sum.Status.Missing...)}
	for _, m := range next.Status.Missing {
		known := false
		for _, k := range merged.Missing {
			known = known || k.AttributeKey == m.AttributeKey
		}
		if !known {
			merged.Missing = append(merged.Missing, m)
		}
	}
	return &Error{merged}
}
