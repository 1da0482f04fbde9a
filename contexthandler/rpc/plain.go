package rpc

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// question is an AuthorizeRequest as it came: read into a query if it is plain,
// and by generated code otherwise.
type question struct {
	service  *service
	snapshot *pap.Snapshot         // of the query
	query    *contexthandler.Query // nil if it is not plain
	id       string                // of the request, with a query
	message  *v1.AuthorizeRequest  // without a query

	// Of one of several questions of a call:
	part context.Context
	span callSpan
}

// questions are those that are not in use.
type questions struct{ pool sync.Pool }

func (s *service) newQuestion() *question {
	if q, ok := s.questions.pool.Get().(*question); ok {
		return q
	}
	return &question{service: s}
}

// release ends the question.
func (q *question) release() {
	q.forget()
	q.service.questions.pool.Put(q)
}

func (q *question) forget() {
	if q.query != nil {
		q.query.Close()
	}
	*q = question{service: q.service}
}

// read makes question an incoming message.
func (q *question) read(data mem.BufferSlice) error {
	q.forget() // of the first, if a call has two
	if snapshot, err := q.service.handler.Snapshot(); err == nil && q.ask(snapshot, textOf(data)) {
		return nil
	}
	q.message = new(v1.AuthorizeRequest)
	return proto.Unmarshal(data.Materialize(), q.message)
}

// ask begins a query, if the text is plain.
func (q *question) ask(snapshot *pap.Snapshot, text string) bool {
	query, ok := q.service.handler.NewQuery(snapshot)
	if !ok {
		return false
	}
	q.query = query
	reader := plainReader{names: q.service.names, query: query}
	if !reader.read(text) {
		q.forget()
		return false
	}
	q.snapshot, q.id = snapshot, reader.requestID
	return true
}

// decide decides a question that has a query. ok is false if it takes slow
// sources: then the query is to be completed.
func (q *question) decide(ctx context.Context, started time.Time) (result xacml.Result, ended time.Time, ok bool, err error) {
	if err := q.service.checkTimeAt(ctx, started); err != nil {
		return xacml.Result{}, time.Time{}, false, err
	}
	return q.query.Decide(ctx, started)
}

// answer makes question a call.
func (q *question) answer(ctx context.Context, started time.Time) (any, time.Time, error) {
	if q.query == nil {
		response, err := q.service.Authorize(ctx, q.message)
		return response, time.Time{}, err
	}
	result, ended, ok, err := q.decide(ctx, started)
	if err == nil && !ok {
		result, ended, err = q.query.Complete(ctx, started)
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	answer, err := q.service.write(q.decided(&result))
	return answer, ended, err
}

// decided is the decision on the question, which has a query.
func (q *question) decided(result *xacml.Result) *decided {
	return &decided{requestID: q.id, snapshot: q.snapshot.ID, result: result, fresh: q.query.Freshness()}
}

// write makes an AuthorizeResponse.
func (s *service) write(d *decided) (any, error) {
	data := s.buffers.Get(0)
	w := writer{data: *data}
	w.response(d)
	*data = w.data
	if w.strange {
		s.buffers.Put(data)
		response := authorizeResponse(d)
		return response, s.checkAnswer(response)
	}
	if err := s.checkSize(len(w.data)); err != nil {
		s.buffers.Put(data)
		return nil, err
	}
	return newEncoded(data, &s.buffers), nil
}
