package rpc

import (
	"bytes"
	"io"

	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmljson"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// document reads a request that came as a document. ok is false if the request
// came in fields. An error is a *failure, or an *xacml.Error whose status is
// that of the result.
func document(m *v1.EvaluateRequest) (request *xacml.Request, ok bool, err error) {
	if m.GetDocument() == nil {
		return nil, false, nil
	}
	if len(m.GetAttributes())+len(m.GetMultiRequests()) > 0 || m.GetReturnPolicyIdList() || m.GetCombinedDecision() || m.GetXpathVersion() != "" {
		return nil, true, invalidf("a request is a document or fields, not both")
	}
	switch d := m.GetDocument().(type) {
	case *v1.EvaluateRequest_Xml:
		request, err = xacmlxml.ReadRequest(d.Xml, xacmlxml.DefaultLimits())
	case *v1.EvaluateRequest_Json:
		request, err = xacmljson.ReadRequest(d.Json, xacmljson.DefaultLimits())
	}
	return request, true, err
}

// answer writes the results in the form in which the request came; nothing if
// it came in fields.
func answer(m *v1.EvaluateRequest, results []xacml.Result) ([]byte, error) {
	var write func(io.Writer, *xacml.Response) error
	switch m.GetDocument().(type) {
	case *v1.EvaluateRequest_Xml:
		write = xacmlxml.WriteResponse
	case *v1.EvaluateRequest_Json:
		write = xacmljson.WriteResponse
	default:
		return nil, nil
	}
	var out bytes.Buffer
	err := write(&out, &xacml.Response{Results: results})
	return out.Bytes(), err
}
