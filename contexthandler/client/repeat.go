package client

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// unary sees to the deadline of calls that the client did not make itself, and
// repeats those whose answer was cut off, as when an instance is killed while it
// answers. gRPC repeats no call whose answer has begun, because it cannot know that
// all methods of the service may be repeated.
func (c *Client) unary(ctx context.Context, method string, request, response any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	ctx, cancel, err := c.bounded(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	var begun metadata.MD // of the answer
	err = invoke(ctx, method, request, response, conn, append(options, grpc.Header(&begun))...)
	switch {
	case err == nil:
		c.repeats.earn()
	case status.Code(err) == codes.Unavailable && len(begun) > 0 && c.config.Retry.Attempts > 1 && c.repeats.spend():
		return invoke(ctx, method, request, response, conn, options...)
	}
	return err
}

// budget bounds repetitions as that of gRPC does: each costs what ten successes earn.
type budget struct {
	most int64
	left atomic.Int64
}

// newBudget is for so many repetitions at once.
func newBudget(repetitions int) *budget {
	b := &budget{most: 10 * int64(repetitions)}
	b.left.Store(b.most)
	return b
}

func (b *budget) earn() {
	if left := b.left.Load(); left < b.most {
		b.left.CompareAndSwap(left, left+1) // or else somebody else changes it
	}
}

// spend reports whether there is enough left.
func (b *budget) spend() bool {
	if b.left.Add(-10) >= 0 {
		return true
	}
	b.left.Add(10)
	return false
}
