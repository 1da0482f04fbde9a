package client

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Client asks a service for decisions. It is safe for concurrent use, and has to be
// closed.
type Client struct {
	config  Config
	conn    *grpc.ClientConn
	service v1.AuthorizationServiceClient
	cache   *cache // nil if answers are not kept
	repeats *budget
	asked   atomic.Uint64
}

// New makes a client and begins to connect; a service that is down is no error. The
// target is one of
//
//   - forseti.example:7341, whose questions go to all addresses of the name in turn,
//   - 10.0.0.1:7341,10.0.0.2:7341, a list of addresses, and
//   - anything that gRPC resolves, such as unix:///run/forseti.sock.
//
// The error tells everything that is wrong with the configuration.
func New(target string, config Config) (*Client, error) {
	config, err := config.filled(target)
	if err != nil {
		return nil, err
	}
	c := &Client{config: config, repeats: newBudget(config.Retry.Budget)}
	if c.conn, err = dial(target, config, c.unary); err != nil {
		return nil, err
	}
	c.service = v1.NewAuthorizationServiceClient(c.conn)
	if config.Reuse.Max > 0 {
		c.cache = newCache(config.Reuse)
	}
	return c, nil
}

// Close ends the connection. Questions that are under way fail.
func (c *Client) Close() error {
	err := c.conn.Close()
	if c.cache != nil {
		c.cache.close()
	}
	return err
}

// Service is the service itself, for what the client has no method for. Nothing
// checks these answers but who uses them; calls need a deadline, streams do not.
func (c *Client) Service() v1.AuthorizationServiceClient { return c.service }

// Authorize asks for one decision. An error is an [UnavailableError] or
// [ErrNoDeadline].
func (c *Client) Authorize(ctx context.Context, r Request) (Decision, error) {
	ctx, cancel, err := c.bounded(ctx)
	if err != nil {
		return Decision{}, err
	}
	defer cancel()
	if c.cache != nil {
		return c.reuse(ctx, r)
	}
	answer, err := c.ask(ctx, &r)
	if err != nil {
		return Decision{}, err
	}
	return Decision{answer: answer, checkedLevel: r.CheckLevel}, nil
}

// Enforce asks, and grants access by what it is told: it returns nil if access is
// granted, as [Decision.Grant] does.
func (c *Client) Enforce(ctx context.Context, r Request, o Obligations) error {
	d, err := c.Authorize(ctx, r)
	if err != nil {
		return err
	}
	return d.Grant(ctx, o)
}

// Answer is the answer to one request of a batch: a decision, or an
// [UnavailableError] that tells why there is none.
type Answer struct {
	Decision Decision // refuses if Err is not nil
	Err      error
}

// AuthorizeBatch asks for many decisions at once, at most 1,000, which are made on one
// snapshot. The answers are as many as the requests, and in their order. An error
// tells that there is none at all. Answers are neither kept nor used again.
func (c *Client) AuthorizeBatch(ctx context.Context, rs []Request) ([]Answer, error) {
	ctx, cancel, err := c.bounded(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	if len(rs) == 0 {
		return nil, nil
	}
	batch := &v1.AuthorizeBatchRequest{Requests: make([]*v1.AuthorizeRequest, len(rs))}
	for i := range rs {
		batch.Requests[i] = c.message(&rs[i])
	}
	response, err := c.service.AuthorizeBatch(ctx, batch)
	if err != nil {
		return nil, unavailable(err)
	}
	if len(response.GetItems()) != len(rs) {
		return nil, invalid("it has not as many items as the batch has requests")
	}
	answers := make([]Answer, len(rs))
	for i, item := range response.GetItems() {
		answers[i] = answerOf(batch.GetRequests()[i], item, response.GetSnapshot())
	}
	return answers, nil
}

// answerOf is the answer to the request m.
func answerOf(m *v1.AuthorizeRequest, item *v1.AuthorizeBatchItem, snapshot string) Answer {
	if item.GetRequestId() != m.GetRequestId() {
		return Answer{Err: invalid("an item answers another request")}
	}
	if e := item.GetError(); e != nil {
		return Answer{Err: unanswered(e)}
	}
	answer := item.GetResponse() // nil is not a decision either
	if err := checkAnswer(m, answer); err != nil {
		return Answer{Err: err}
	}
	if answer.GetSnapshot() != snapshot {
		return Answer{Err: invalid("an item was decided on another snapshot")}
	}
	return Answer{Decision: Decision{answer: answer, checkedLevel: m.GetEnforce()}}
}

// Forget drops the answers that are kept for requests that match, all if match is nil,
// and tells how many they were. Nothing that was asked before is used again after
// it returned. The requests have no token, and match must not change them.
func (c *Client) Forget(match func(Request) bool) int {
	if c.cache == nil {
		return 0
	}
	return c.cache.forget(match)
}

// ask has a request decided by the service.
func (c *Client) ask(ctx context.Context, r *Request) (*v1.AuthorizeResponse, error) {
	m := c.message(r)
	answer, err := c.service.Authorize(ctx, m)
	if err != nil {
		return nil, unavailable(err)
	}
	if err := checkAnswer(m, answer); err != nil {
		return nil, err
	}
	return answer, nil
}

// message is the request with an id by which its answer is told.
func (c *Client) message(r *Request) *v1.AuthorizeRequest {
	m := r.message()
	if m.RequestId = r.ID; m.GetRequestId() == "" {
		m.RequestId = strconv.FormatUint(c.asked.Add(1), 10)
	}
	return m
}

// reuse answers with what is kept, or asks.
func (c *Client) reuse(ctx context.Context, r Request) (Decision, error) {
	token := ""
	if c.config.Token != nil {
		var err error
		if token, err = readToken(ctx, c.config.Token); err != nil {
			return Decision{}, unavailable(err)
		}
		// What is asked is asked with this token, and with no other.
		ctx = context.WithValue(ctx, tokenKey{}, token)
	}
	var answer *v1.AuthorizeResponse
	var reused bool
	var err error
	if key, ok := keyOf(ctx, token, &r); ok {
		answer, reused, err = c.cache.answer(ctx, key, &r, c.ask)
	} else {
		answer, err = c.ask(ctx, &r)
	}
	if err != nil {
		return Decision{}, err
	}
	return Decision{answer: answer, checkedLevel: r.CheckLevel, reused: reused}, nil
}

// bounded is ctx with the deadline of a question. cancel has to be called.
func (c *Client) bounded(ctx context.Context) (bounded context.Context, cancel context.CancelFunc, err error) {
	deadline, limited := ctx.Deadline()
	switch {
	case limited && (c.config.Timeout == 0 || time.Until(deadline) <= c.config.Timeout):
		return ctx, func() {}, nil
	case c.config.Timeout == 0:
		return nil, nil, ErrNoDeadline
	default:
		bounded, cancel = context.WithTimeout(ctx, c.config.Timeout)
		return bounded, cancel, nil
	}
}
