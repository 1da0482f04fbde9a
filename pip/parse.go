package pip

import "github.com/forseti-pdp/forseti/pdp/value"

// Parse reads the lexical form of a value that a source gave. What does not fit
// the data type is an error with [OutcomeInvalid] that does not quote the text.
func Parse(t value.Type, text string) (value.Value, error) {
	v, err := value.Parse(t, text)
	if err != nil {
		return nil, &Error{Outcome: OutcomeInvalid, Detail: "a value is not a lexical form of the data type " + t.String(), Err: err}
	}
	return v, nil
}
