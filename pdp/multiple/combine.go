package multiple

import "github.com/forseti-pdp/forseti/pdp/xacml"

// Combine makes the one result that CombinedDecision asks for (Multiple
// Decision profile): the decision that all results have in common, without
// attributes. If they differ, or if one has obligations or advice, it is
// Indeterminate with processing-error. Without results there is nothing to
// combine, which is the same.
func Combine(results []xacml.Result) xacml.Result {
	if len(results) == 0 {
		return xacml.Result{Status: xacml.ProcessingErrorf("there are no decisions to combine").Status}
	}
	for i := range results {
		switch {
		case len(results[i].Obligations)+len(results[i].Advice) > 0:
			return xacml.Result{Status: xacml.ProcessingErrorf("a combined decision cannot have obligations or advice").Status}
		case results[i].Decision.String() != results[0].Decision.String():
			return xacml.Result{Status: xacml.ProcessingErrorf("the decisions to combine differ").Status}
		}
	}
	combined := xacml.Result{Decision: results[0].Decision, Status: xacml.Status{Code: xacml.StatusOK}}
	if combined.Decision.Indeterminate() {
		combined.Status = xacml.ProcessingErrorf("the decisions to combine are Indeterminate").Status
	}
	return combined
}
