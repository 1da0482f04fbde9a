package xacmljson

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/beevik/etree"
	"pgregory.net/rapid"

	"github.com/forseti-pdp/forseti/internal/bounds"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// draw makes requests and responses that the package can write.
type draw struct {
	*rapid.T
	xpathVersion string
}

func (d draw) text(label string) string {
	return rapid.StringOf(rapid.RuneFrom([]rune("ab<&>\"\\/'\n\r\t \u007f\u0085é\u2028\uFFFD😀"))).Draw(d.T, label)
}

func (d draw) name(label string) string {
	return "urn:" + rapid.StringOf(rapid.RuneFrom([]rune("ab:/ <&\"\\é😀"))).Draw(d.T, label)
}

func (d draw) optional(label string) string {
	if !d.flag(label + "?") {
		return ""
	}
	return d.name(label)
}

func (d draw) flag(label string) bool { return rapid.Bool().Draw(d.T, label) }

func (d draw) count(most int, label string) int { return rapid.IntRange(0, most).Draw(d.T, label) }

func (d draw) category() string {
	return rapid.SampledFrom([]string{
		xacml.CategoryAccessSubject, xacml.CategoryResource, xacml.CategoryAction, "urn:own",
	}).Draw(d.T, "category")
}

// dataType is one of the standard, or TypeUnknown for one that it lacks.
func (d draw) dataType() value.Type {
	return rapid.SampledFrom(append(value.Types(), value.TypeEntity, value.TypeUnknown)).Draw(d.T, "data type")
}

func (d draw) value(t value.Type) value.Value {
	lexical := func(forms ...string) value.Value {
		v, err := value.Parse(t, rapid.SampledFrom(forms).Draw(d.T, "lexical form"))
		if err != nil {
			d.Fatal(err)
		}
		return v
	}
	switch t {
	case value.TypeString:
		return value.String(rapid.StringOf(rapid.RuneFrom([]rune("a<&\"\\/\n\r\t é\u2028\uFFFD😀"))).Draw(d.T, "string"))
	case value.TypeBoolean:
		return value.Boolean(d.flag("boolean"))
	case value.TypeInteger:
		i := value.NewInteger(rapid.Int64().Draw(d.T, "integer"))
		if d.flag("large") {
			i = i.Mul(i).Mul(i)
		}
		return i
	case value.TypeDouble:
		special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0, 5e-324, math.MaxFloat64}
		if d.flag("special") {
			return value.Double(rapid.SampledFrom(special).Draw(d.T, "double"))
		}
		return value.Double(rapid.Float64().Draw(d.T, "double"))
	case value.TypeTime:
		return lexical("00:00:00Z", "23:59:59.123456789", "12:00:00+05:00")
	case value.TypeDate:
		return lexical("2024-02-29", "-0001-12-31Z", "2002-10-10+13:00")
	case value.TypeDateTime:
		return lexical("2024-02-29T24:00:00", "12024-01-01T00:00:00.5-14:00")
	case value.TypeDayTimeDuration, value.TypeLegacyDayTimeDuration:
		return lexical("P1D", "-PT36H0.5S", "PT0S")
	case value.TypeYearMonthDuration, value.TypeLegacyYearMonthDuration:
		return lexical("P1Y", "-P14M", "P0M")
	case value.TypeAnyURI:
		return lexical("", "urn:a", "a b/é?#%41")
	case value.TypeHexBinary:
		return lexical("", "00ff")
	case value.TypeBase64Binary:
		return lexical("", "AP8=")
	case value.TypeRFC822Name:
		return lexical(`"a@b"@C.d`)
	case value.TypeX500Name:
		return lexical("", `CN=a\,b + OU=c , O=d`)
	case value.TypeIPAddress:
		return lexical("10.0.0.0/255.0.0.0:80-", "[::1]")
	case value.TypeDNSName:
		return lexical("*.example.org:-80")
	case value.TypeXPathExpression:
		namespaces := map[string]string{}
		for _, prefix := range []string{"", "m", "é"} {
			if d.flag("bound") {
				namespaces[prefix] = d.name("namespace")
			}
		}
		return value.NewXPathExpression("/"+d.text("path")+"/", d.category(), namespaces, d.xpathVersion)
	case value.TypeEntity:
		return d.entity()
	case value.TypeUnknown:
	}
	return value.Foreign{DataType: d.name("foreign"), Text: d.text("text")}
}

func (d draw) values(t value.Type, least, most int) []value.Value {
	var out []value.Value
	for range rapid.IntRange(least, most).Draw(d.T, "values") {
		v := d.value(t)
		if len(out) > 0 && value.TypeID(v) != value.TypeID(out[0]) {
			break // each foreign value has its own data type
		}
		out = append(out, v)
	}
	return out
}

func (d draw) content() *etree.Element {
	document := rapid.SampledFrom([]string{
		"", "", `<a/>`, "<a xmlns=\"urn:d\" xmlns:m=\"urn:m\" m:b=\"&quot;&#10;&lt;\">x &amp; y&#13;<m:c/>\n<!-- z --></a>", `<é xml:lang="en">😀</é>`,
	}).Draw(d.T, "content")
	if document == "" {
		return nil
	}
	root, err := xacmlxml.ReadContent([]byte(document), xacmlxml.Limits{})
	if err != nil {
		d.Fatal(err)
	}
	return root
}

func (d draw) attributes(least int) []xacml.Attributes {
	var out []xacml.Attributes
	for i := range rapid.IntRange(least, 3).Draw(d.T, "categories") {
		as := xacml.Attributes{Category: d.category(), Content: d.content()}
		if d.flag("id") {
			as.ID = fmt.Sprintf("%s %d", d.name("id"), i)
		}
		for range d.count(3, "attributes") {
			as.Attributes = append(as.Attributes, xacml.Attribute{
				ID: d.name("attribute id"), Issuer: d.optional("issuer"), IncludeInResult: d.flag("include"),
				Values: d.values(d.dataType(), 1, 3),
			})
		}
		out = append(out, as)
	}
	return out
}

func (d draw) request() *xacml.Request {
	d.xpathVersion = rapid.SampledFrom([]string{xacml.XPath10, xacml.XPath20, "urn:x"}).Draw(d.T, "version")
	r := &xacml.Request{
		ReturnPolicyIDList: d.flag("policies"), CombinedDecision: d.flag("combined"),
		XPathVersion: d.xpathVersion, Attributes: d.attributes(1),
	}
	for range d.count(2, "references") {
		ids := []string{d.name("reference")}
		for range d.count(2, "ids") {
			ids = append(ids, d.name("reference"))
		}
		r.References = append(r.References, ids)
	}
	return r
}

func (d draw) obligations() []xacml.Obligation {
	var out []xacml.Obligation
	for range d.count(2, "obligations") {
		o := xacml.Obligation{ID: d.name("obligation")}
		for range d.count(2, "assignments") {
			a := xacml.AttributeAssignment{AttributeID: d.name("id"), Issuer: d.optional("issuer"), Value: d.value(d.dataType())}
			if d.flag("category?") {
				a.Category = d.category()
			}
			o.Assignments = append(o.Assignments, a)
		}
		out = append(out, o)
	}
	return out
}

func (d draw) result() xacml.Result {
	r := xacml.Result{
		Decision:    rapid.SampledFrom([]xacml.Decision{xacml.Permit, xacml.Deny, xacml.NotApplicable, xacml.IndeterminateDP}).Draw(d.T, "decision"),
		Status:      xacml.Status{Code: d.name("code"), Message: d.text("message")},
		Obligations: d.obligations(),
		Advice:      d.obligations(),
		Attributes:  d.attributes(0),
	}
	if d.flag("missing") {
		r.Status.Code = xacml.StatusMissingAttribute
		for range d.count(2, "missing attributes") {
			t := rapid.SampledFrom(value.Types()).Draw(d.T, "data type")
			r.Status.Missing = append(r.Status.Missing, xacml.MissingAttribute{
				AttributeKey: xacml.AttributeKey{Category: d.category(), ID: d.name("id"), Type: t, Issuer: d.optional("issuer")},
				Values:       d.values(t, 0, 2),
			})
		}
	}
	for range d.count(2, "policies") {
		r.PolicyIDs = append(r.PolicyIDs, xacml.PolicyIdentifier{ID: d.name("policy"), Version: "1.0", PolicySet: d.flag("set")})
	}
	slices.SortStableFunc(r.PolicyIDs, func(a, b xacml.PolicyIdentifier) int {
		if a.PolicySet == b.PolicySet {
			return 0
		} else if a.PolicySet {
			return 1
		}
		return -1
	})
	return r
}

func TestRequest_RoundTripProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		checkRequestRoundTrip(rt, draw{T: rt}.request())
	})
}

func TestResponse_RoundTripProperty(t *testing.T) {
	schema := responseSchema(t)
	rapid.Check(t, func(rt *rapid.T) {
		d := draw{T: rt}
		response := &xacml.Response{Results: []xacml.Result{d.result()}}
		for range d.count(1, "more results") {
			response.Results = append(response.Results, d.result())
		}
		var b bytes.Buffer
		if err := WriteResponse(&b, response); err != nil {
			rt.Fatal(err)
		}
		checkSchema(rt, schema, b.Bytes())
		checkResponseRoundTrip(rt, response)
	})
}

// FuzzReadRequest checks that reading does not panic, and that what it accepts
// survives writing and reading.
func FuzzReadRequest(f *testing.F) {
	f.Add([]byte(fullRequest))
	f.Add([]byte(inAttribute(`"Value": [1, 2.5e0, -0, "\ud83d\ude00", true]`)))
	f.Add([]byte(inAttribute(`"DataType": "xpathExpression", "Value": {"XPathCategory": "Action", "XPath": "a", "Namespaces": [{"Namespace": "u"}]}`)))
	f.Add([]byte(inAttribute(`"DataType": "urn:own", "Value": {"a": [null]}`)))
	f.Add([]byte(inRequest(`"Resource": {"Content": "PGEvPg=="}`)))
	f.Add([]byte(inAttribute(entityMembers + `[{"Content": "<a>b</a>"}, {"Attribute": {"AttributeId": "urn:b", ` + entityMembers + `{}}}]`)))
	f.Add([]byte(inAttribute(entityMembers + `{"Content": "<a/>", "Attribute": {"AttributeId": "urn:b", "Value": [1, 2]}}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		if request, err := ReadRequest(data, Limits{}); err == nil {
			checkRequestRoundTrip(t, request)
		}
	})
}

// FuzzReadResponse is FuzzReadRequest for responses.
func FuzzReadResponse(f *testing.F) {
	var b bytes.Buffer
	if err := WriteResponse(&b, fullResponse()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		defer bounds.Check(t)()
		response, err := ReadResponse(data, Limits{})
		if err != nil {
			return
		}
		// What a response may hold and a PDP does not send is written in part.
		var b bytes.Buffer
		if err := WriteResponse(&b, response); err != nil {
			t.Fatalf("got %v, want what was read to be written: %s", err, data)
		}
		again, err := ReadResponse(b.Bytes(), Limits{})
		if err != nil {
			t.Fatalf("got %v, want what was written to be read: %s", err, b.String())
		}
		checkResponseRoundTrip(t, again)
	})
}
