package client

import (
	"context"
	"testing"
	"time"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// BenchmarkEnforce asks over loopback, once for each question or from what is kept,
// and calls the service without the client for comparison.
func BenchmarkEnforce(b *testing.B) {
	i := start(b)
	bench := func(name string, config func(*Config), ask func(context.Context, *Client) error) {
		b.Run(name, func(b *testing.B) {
			c := connect(b, i.address, config)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			b.ReportAllocs()
			for b.Loop() {
				if err := ask(ctx, c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	enforce := func(ctx context.Context, c *Client) error { return c.Enforce(ctx, question("ask"), Obligations{}) }
	bench("raw", nil, func(ctx context.Context, c *Client) error {
		r := question("ask")
		_, err := c.Service().Authorize(ctx, &v1.AuthorizeRequest{Subject: r.Subject, Action: r.Action})
		return err
	})
	bench("asked", nil, enforce)
	bench("kept", func(c *Config) { c.Reuse.Max = time.Hour }, enforce)
}
