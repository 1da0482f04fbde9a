// Package panics says of a panic that was contained what may be said.
package panics

import (
	"fmt"
	"runtime"
)

// Text describes what recover gave, for logs. The words of the runtime are told. Those
// of anything else may quote what it worked on, attribute values say: of it only the type
// is told, and the stack has the rest.
func Text(recovered any) string {
	if e, ok := recovered.(runtime.Error); ok {
		return e.Error()
	}
	return fmt.Sprintf("of type %T", recovered)
}
