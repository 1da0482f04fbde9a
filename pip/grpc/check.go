package grpc

import (
	"context"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/pip"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// Check tells whether the service can be asked, without a question: there must be a
// connection, and the service must be SERVING by its own account. A service that gives
// none (grpc.health.v1) is taken to be. The error is a [pip.Error].
func (p *Provider) Check(ctx context.Context) error {
	request := &healthpb.HealthCheckRequest{Service: v1.AttributeService_ServiceDesc.ServiceName}
	response, err := healthpb.NewHealthClient(p.conn).Check(ctx, request)
	switch code := status.Code(err); {
	case code == codes.Unimplemented || code == codes.NotFound:
		return nil
	case err != nil:
		return failure(ctx, err)
	case response.GetStatus() != healthpb.HealthCheckResponse_SERVING:
		return &pip.Error{Outcome: pip.OutcomeUnavailable, Detail: "the service is not serving"}
	default:
		return nil
	}
}
