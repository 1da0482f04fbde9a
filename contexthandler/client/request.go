package client

import (
	"log/slog"
	"maps"
	"slices"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Request is what is asked: may the subject do this to the resource? The smallest
// useful one names a user, a thing and an action; the service looks up the rest.
//
// The keys of Subject, Resource and Environment are attribute ids: URIs, or aliases
// that the service declares, such as user-id.
type Request struct {
	// Subject says who asks for access, as in {"user-id": "1337"}.
	Subject map[string]string
	// Resource says to what, as in {"instance-id": "50001/<guid>"}.
	Resource map[string]string
	// Action says what for, as in read. Empty: no such attribute.
	Action string
	// Environment says under which circumstances. Often empty: the service supplies
	// the time itself.
	Environment map[string]string
	// Attributes are those of other categories, data types or several values. The
	// order of attributes and values does not matter.
	Attributes []Attribute
	// SubjectToken proves who the subject is: a JWT of an issuer that the service
	// trusts. Then Subject stays empty, unless the operator of the service allows it.
	SubjectToken string
	// CheckLevel has the service compare the level of authentication of the subject,
	// which it knows by the token or an attribute, with what obligations ask for.
	// [Obligations] need not know of levels then.
	CheckLevel bool
	// ReturnPolicyIDs asks for [Decision.Policies].
	ReturnPolicyIDs bool
	// ID is the caller's name for the request. It means nothing to the service. Empty:
	// the client makes one. It is not part of what is asked.
	ID string
}

// Attribute is one attribute with its category and data type.
type Attribute struct {
	// Category is a URI, or subject, resource, action or environment. Required.
	Category string
	// ID is a URI, or an alias that the service declares. Required.
	ID string
	// DataType is a URI, or the part after its last '#' or ':', as in integer. Empty:
	// the one that the service declares, or string.
	DataType string
	// Values in the lexical form of the data type: one or more.
	Values []string
	// Issuer of the attribute. Empty: none.
	Issuer string
}

// String says nothing: requests hold tokens and personal ids, which do not belong in
// logs.
func (Request) String() string { return "a request for a decision" }

// LogValue says as little as String.
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

// message is the request on the wire, without its id. It shares memory with it.
func (r *Request) message() *v1.AuthorizeRequest {
	m := &v1.AuthorizeRequest{
		Subject:         r.Subject,
		Resource:        r.Resource,
		Action:          r.Action,
		Environment:     r.Environment,
		ReturnPolicyIds: r.ReturnPolicyIDs,
		SubjectToken:    r.SubjectToken,
		Enforce:         r.CheckLevel,
	}
	for _, a := range r.Attributes {
		m.Attributes = append(m.Attributes, &v1.RequestAttribute{
			Category: a.Category, AttributeId: a.ID, DataType: a.DataType, Values: a.Values, Issuer: a.Issuer,
		})
	}
	return m
}

// clone shares no memory with the request.
func (r *Request) clone() Request {
	c := *r
	c.Subject, c.Resource, c.Environment = maps.Clone(r.Subject), maps.Clone(r.Resource), maps.Clone(r.Environment)
	c.Attributes = slices.Clone(r.Attributes)
	for i := range c.Attributes {
		c.Attributes[i].Values = slices.Clone(c.Attributes[i].Values)
	}
	return c
}
