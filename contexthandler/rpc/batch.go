package rpc

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// batch is an AuthorizeBatchRequest as it came. It decides its requests on one
// snapshot: the plain ones at once, one after the other, and then the others, side
// by side.
type batch struct {
	service *service
	items   []batchItem
	written writer       // the answers to the plain ones, in order
	size    atomic.Int64 // of the answers so far, in octets
}

// batchItem is one request of a batch and its answer.
type batchItem struct {
	text    string                 // its bytes, if it is plain
	message *v1.AuthorizeRequest   // if it is not
	query   *question              // if it takes slow sources
	started time.Time              // of the query
	end     int                    // of its answer in what is written
	answer  *v1.AuthorizeBatchItem // if its answer is not written
}

// read makes batch an incoming message.
func (b *batch) read(data mem.BufferSlice) error {
	b.items = nil
	for text := textOf(data); text != ""; {
		request, rest, ok := "", "", text[0] == tagRequest
		if ok {
			request, rest, ok = field(text)
		}
		item := batchItem{text: request}
		if reader := (plainReader{names: b.service.names}); ok && !reader.read(request) {
			item = batchItem{message: new(v1.AuthorizeRequest)}
			ok = proto.Unmarshal([]byte(request), item.message) == nil
		}
		if !ok {
			return b.general(data.Materialize())
		}
		b.items, text = append(b.items, item), rest
	}
	return nil
}

// general reads the batch by generated code.
func (b *batch) general(data []byte) error {
	message := new(v1.AuthorizeBatchRequest)
	err := proto.Unmarshal(data, message)
	b.items = make([]batchItem, len(message.GetRequests()))
	for i, m := range message.GetRequests() {
		b.items[i].message = m
	}
	return err
}

func (b *batch) release() {}

// answer makes batch a call.
func (b *batch) answer(ctx context.Context, started time.Time) (any, time.Time, error) {
	s := b.service
	if len(b.items) > s.limits.MaxBatch {
		return nil, time.Time{}, &failure{reason: v1.ErrorReason_ERROR_REASON_BATCH_TOO_LARGE, message: fmt.Sprintf("the batch has more than %d items", s.limits.MaxBatch)}
	}
	snapshot, err := s.handler.Snapshot()
	if err != nil {
		return nil, time.Time{}, err
	}
	data := s.buffers.Get(0)
	b.written.data = *data
	s.handler.Describe(ctx, snapshot, len(b.items))
	together, ledger := s.handler.Together(ctx)
	rest := b.plain(together, snapshot, started)
	b.others(together, snapshot, rest)
	if err = ledger.Record(ctx); err == nil {
		err = s.checkSize(int(b.size.Load()))
	}
	if err == nil {
		err = b.assemble()
	}
	if err == nil {
		b.written.text(2, snapshot.ID)
		err = s.checkSize(len(b.written.data))
	}
	*data = b.written.data
	if err != nil {
		s.buffers.Put(data)
		return nil, time.Time{}, err
	}
	return newEncoded(data, &s.buffers), time.Time{}, nil
}

// plain decides the plain requests and gives the numbers of those that are left.
func (b *batch) plain(ctx context.Context, snapshot *pap.Snapshot, started time.Time) (rest []int) {
	for i := range b.items {
		if b.tooLarge() {
			return rest
		}
		item, before := &b.items[i], len(b.written.data)
		if item.message == nil {
			started = b.decide(ctx, snapshot, i, started)
		}
		if item.message != nil || item.query != nil {
			rest = append(rest, i)
		}
		item.end = len(b.written.data)
		b.size.Add(int64(item.end - before + proto.Size(item.answer)))
	}
	return rest
}

// tooLarge reports whether the answers are larger together than what the service sends.
// Then the others are not decided: answers to a thousand requests would pile up, and
// be thrown away.
func (b *batch) tooLarge() bool { return b.size.Load() > int64(b.service.limits.MaxSendBytes) }

// decide decides a plain request, if it can be decided at once, and tells when
// that was.
func (b *batch) decide(ctx context.Context, snapshot *pap.Snapshot, number int, started time.Time) time.Time {
	s, item := b.service, &b.items[number]
	q := s.newQuestion()
	defer func() {
		if item.query == nil {
			q.span.endItem(item.answer.GetError())
			q.release()
		}
	}()
	result, ended, ok, err := b.decided(ctx, q, snapshot, number, started)
	switch {
	case err == nil && ok:
		b.write(item, q.decided(&result))
	case err == nil && q.query != nil:
		item.query, item.started = q, started
	case err == nil:
		item.message = new(v1.AuthorizeRequest)
		err = proto.Unmarshal([]byte(item.text), item.message)
	}
	if err != nil {
		item.answer, item.message = s.batchError(q.id, err), nil
	}
	if ended.IsZero() {
		ended = time.Now()
	}
	return ended
}

// decided decides a request if it is plain. It does not panic.
func (b *batch) decided(ctx context.Context, q *question, snapshot *pap.Snapshot, number int, started time.Time) (result xacml.Result, ended time.Time, ok bool, err error) {
	defer b.service.contain(ctx, &err)
	if !q.ask(snapshot, b.items[number].text) {
		return xacml.Result{}, time.Time{}, false, nil
	}
	q.part, q.span.span = b.service.handler.Part(ctx, number)
	return q.decide(q.part, started)
}

// complete decides a plain request that takes slow sources.
func (b *batch) complete(item *batchItem) *v1.AuthorizeBatchItem {
	s, q := b.service, item.query
	defer q.release()
	response, err := q.complete(q.part, item.started)
	if err != nil {
		return s.batchError(q.id, err)
	}
	return &v1.AuthorizeBatchItem{RequestId: q.id, Outcome: &v1.AuthorizeBatchItem_Response{Response: response}}
}

// complete does not panic.
func (q *question) complete(ctx context.Context, started time.Time) (response *v1.AuthorizeResponse, err error) {
	defer q.service.contain(ctx, &err)
	result, _, err := q.query.Complete(ctx, started)
	if err != nil {
		return nil, err
	}
	response = authorizeResponse(q.decided(&result))
	return response, q.service.checkAnswer(response)
}

// write writes the answer to a plain request.
func (b *batch) write(item *batchItem, d *decided) {
	s, w := b.service, &b.written
	before := len(w.data)
	start := w.begin(1)
	w.item(d)
	w.end(start)
	if !w.strange && len(w.data)-before <= s.limits.MaxSendBytes {
		return
	}
	w.data, w.strange = w.data[:before], false
	response := authorizeResponse(d)
	if err := s.checkAnswer(response); err != nil {
		item.answer = s.batchError(d.requestID, err)
		return
	}
	item.answer = &v1.AuthorizeBatchItem{RequestId: d.requestID, Outcome: &v1.AuthorizeBatchItem_Response{Response: response}}
}

// maxWaiting bounds the items of one batch that are decided at the same time.
// Most of them wait for sources, which takes no processor: as many as there are
// processors would leave the sources idle. It is enough for two calls of a
// hundred questions each, where they are put together, and for several sources that
// are asked one by one.
const maxWaiting = 256

// others decides the requests with these numbers. All of them have the one place of
// the call.
func (b *batch) others(ctx context.Context, snapshot *pap.Snapshot, numbers []int) {
	workers, done := min(maxWaiting, len(numbers)), func() {}
	if workers == 0 {
		return
	}
	if place := placeOf(ctx); place != nil {
		place.share(workers)
		defer place.unshare()
		done = place.done
	}
	var next atomic.Int64
	work := func() {
		defer done()
		for i := next.Add(1) - 1; i < int64(len(numbers)); i = next.Add(1) - 1 {
			item := &b.items[numbers[i]]
			switch q := item.query; {
			case b.tooLarge() && q != nil:
				q.span.endItem(nil)
				q.release()
			case b.tooLarge():
			case q != nil:
				span := q.span
				item.answer = b.complete(item)
				span.endItem(item.answer.GetError())
			default:
				part, span := b.service.handler.Part(ctx, numbers[i])
				item.answer = b.service.batchItem(part, snapshot, item.message)
				callSpan{span}.endItem(item.answer.GetError())
			}
			b.size.Add(int64(proto.Size(item.answer)))
		}
	}
	var wg sync.WaitGroup
	for range workers - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}

// assemble puts the answers that are not written where they belong.
func (b *batch) assemble() error {
	var all []byte
	from := 0
	for i := range b.items {
		item := &b.items[i]
		if item.answer == nil {
			continue
		}
		data, err := proto.Marshal(item.answer)
		if err != nil {
			return status.Errorf(codes.Internal, "grpc: error while marshaling: %v", err)
		}
		all = append(all, b.written.data[from:item.end]...)
		from = item.end
		all = protowire.AppendTag(all, 1, protowire.BytesType)
		all = protowire.AppendBytes(all, data)
	}
	if all != nil {
		b.written.data = append(all, b.written.data[from:]...)
	}
	return nil
}

func (s *service) batchItem(ctx context.Context, snapshot *pap.Snapshot, m *v1.AuthorizeRequest) *v1.AuthorizeBatchItem {
	response, err := s.authorize(ctx, snapshot, m)
	if err != nil {
		return s.batchError(m.GetRequestId(), err)
	}
	return &v1.AuthorizeBatchItem{RequestId: m.GetRequestId(), Outcome: &v1.AuthorizeBatchItem_Response{Response: response}}
}

func (s *service) batchError(requestID string, err error) *v1.AuthorizeBatchItem {
	return &v1.AuthorizeBatchItem{RequestId: requestID, Outcome: &v1.AuthorizeBatchItem_Error{Error: s.itemError(err)}}
}
