package rpc

import (
	"context"
	"math"

	"google.golang.org/grpc"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// administration is the AdministrationService.
type administration struct {
	v1.UnimplementedAdministrationServiceServer
	*service
}

// description is the AdministrationService with handlers that hold the ticket of a
// call while they run.
func (a administration) description() *grpc.ServiceDesc {
	d := v1.AdministrationService_ServiceDesc
	d.Methods = append([]grpc.MethodDesc(nil), d.Methods...)
	for i := range d.Methods {
		m := &d.Methods[i]
		m.Handler = a.unaryWithTicket(d.ServiceName, m.MethodName, shapeOf(new(v1.InvalidateRequest)), m.Handler)
	}
	return &d
}

// Invalidate makes sources forget answers.
func (a administration) Invalidate(_ context.Context, m *v1.InvalidateRequest) (*v1.InvalidateResponse, error) {
	i := contexthandler.Invalidation{Source: m.GetSource()}
	for _, field := range []struct {
		category string
		values   map[string]string
	}{
		{xacml.CategoryAccessSubject, m.GetSubject()},
		{xacml.CategoryResource, m.GetResource()},
	} {
		if len(field.values) == 0 {
			continue
		}
		about := xacml.Attributes{Category: field.category}
		for id, text := range field.values {
			if err := a.names.checkAttribute(field.category, id); err != nil {
				return nil, err
			}
			about.Attributes = append(about.Attributes, xacml.Attribute{ID: id, Values: []value.Value{value.String(text)}})
		}
		i.About = append(i.About, about)
	}
	forgotten, err := a.handler.Invalidate(i)
	if err != nil {
		return nil, err
	}
	return &v1.InvalidateResponse{Forgotten: uint32(min(forgotten, math.MaxUint32))}, nil
}
