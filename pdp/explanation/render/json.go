package render

import (
	"encoding/json"
	"io"

	"github.com/forseti-pdp/forseti/pdp/explanation"
)

// JSON writes the explanation as it is, with the names of its fields. Names do not
// change their meaning; there may be more of them later.
func JSON(to io.Writer, e *explanation.Explanation) error {
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	return encoder.Encode(e)
}
