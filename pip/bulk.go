package pip

import "context"

// Reply is the answer to one question of several, or why there is none.
type Reply struct {
	Answer Answer
	// Err is nil for an answer, like the error of [Provider].Fetch.
	Err error
}

// BulkProvider is a provider that can answer several questions with one call of
// its backend.
type BulkProvider interface {
	Provider
	// FetchAll gives exactly one reply for each question, in order. It is safe for
	// concurrent use and returns soon after ctx is done. No question stands in qs
	// twice; qs is not empty and is not changed afterwards.
	FetchAll(ctx context.Context, qs []Question) []Reply
}
