package rpc

import (
	"runtime"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// A thousand decisions that each give back most of a large request are refused before
// they are written, in whatever form: written out they are a thousand times the request.
func TestEvaluate_AnswerOfManyTimesTheRequest(t *testing.T) {
	const parts, long = 1000, 800_000
	text := strings.Repeat("ab", long/2)
	inJSON := func(typ, v string) *v1.EvaluateRequest {
		document := `{"Request":{"AccessSubject":{"Attribute":[{"AttributeId":"u","IncludeInResult":true,"DataType":"` + typ + `","Value":` + v + `}]},"Resource":[{}` +
			strings.Repeat(`,{}`, parts-1) + `]}}`
		return &v1.EvaluateRequest{Document: &v1.EvaluateRequest_Json{Json: []byte(document)}}
	}
	inXML := func(typ, v string) *v1.EvaluateRequest {
		document := `<Request xmlns="` + xacml.Namespace + `" CombinedDecision="false" ReturnPolicyIdList="false"><Attributes Category="urn:s"><Attribute AttributeId="u" IncludeInResult="true">` +
			`<AttributeValue DataType="` + typ + `">` + v + `</AttributeValue></Attribute></Attributes>` + strings.Repeat(`<Attributes Category="urn:r"/>`, parts) + `</Request>`
		return &v1.EvaluateRequest{Document: &v1.EvaluateRequest_Xml{Xml: []byte(document)}}
	}
	fields := &v1.EvaluateRequest{Attributes: []*v1.AttributeCategory{{Category: "subject", Attributes: []*v1.Attribute{{
		AttributeId: "u", IncludeInResult: true, Values: []*v1.AttributeValue{{DataType: value.TypeHexBinary.ID(), Value: text}},
	}}}}}
	for range parts {
		fields.Attributes = append(fields.Attributes, &v1.AttributeCategory{Category: "resource"})
	}
	const entity = "urn:oasis:names:tc:xacml:3.0:data-type:entity"
	r := start(t, nil)
	for name, m := range map[string]*v1.EvaluateRequest{
		"fields":            fields,
		"JSON":              inJSON("string", `"`+text+`"`),
		"XML":               inXML(value.TypeString.ID(), text),
		"an entity in JSON": inJSON(entity, `{"Attribute":[{"AttributeId":"e","Value":"`+text+`"}]}`),
		"content in JSON":   inJSON(entity, `{"Content":"<c>`+text+`</c>"}`),
		"content in XML":    inXML(entity, `<Content><c xmlns="">`+text+`</c></Content>`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := r.client.Evaluate(within(t), m)
		runtime.ReadMemStats(&after)
		if code := status.Code(err); code != codes.InvalidArgument {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > parts*long/4 {
			t.Errorf("%s: it took %d MiB", name, got>>20)
		}
	}
}
