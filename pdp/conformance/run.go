package conformance

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/multiple"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// Outcome is what became of a case.
type Outcome struct {
	Pass bool
	// Why tells what is different if the case did not pass.
	Why string
}

func failf(format string, args ...any) Outcome { return Outcome{Why: fmt.Sprintf(format, args...)} }

// Run decides the case in this process and judges the answer.
func (c *Case) Run(ctx context.Context) Outcome {
	p, problems := c.PDP(false)
	if p == nil && c.Expect.Kind == "response" && !c.Expect.OrRefused {
		p, problems = c.PDP(true) // what is not valid may not be in the way
	}
	if p == nil {
		if c.Expect.Kind == "policy-error" || c.Expect.OrRefused {
			return Outcome{Pass: true}
		}
		return failf("the policy is refused: %v", problems.Errors())
	}
	request, err := xacmlxml.ReadRequest(c.Request, xacmlxml.DefaultLimits())
	if err != nil {
		return c.judgeRequestError(err)
	}
	parts, ok := multiple.Split(ctx, request, multiple.Options{Hierarchy: c.Hierarchy})
	if !ok {
		return failf("too many decisions")
	}
	var response xacml.Response
	for _, part := range parts {
		if part.Err != nil {
			response.Results = append(response.Results, part.Failure())
			continue
		}
		response.Results = append(response.Results, p.Evaluate(ctx, part.Request, c.Finder(part.Request)))
	}
	if request.CombinedDecision {
		response.Results = []xacml.Result{multiple.Combine(response.Results)}
	}
	return c.Judge(&response)
}

// PDP makes a PDP of the policies of the case, which may be lenient.
func (c *Case) PDP(lenient bool) (*pdp.PDP, policy.Problems) {
	var documents []policy.Document
	var problems policy.Problems
	names := make([]string, 0, len(c.Policies))
	for name := range c.Policies {
		names = append(names, name)
	}
	sort.Strings(names)
	roots := make(map[string]bool)
	for _, id := range c.Roots {
		roots[id] = true
	}
	for _, name := range names {
		d, ps := xacmlxml.ReadPolicy(name, c.Policies[name], xacmlxml.DefaultLimits())
		problems = append(problems, ps...)
		d.ReferenceOnly = len(roots) > 0 && !roots[rootID(d.Root)]
		documents = append(documents, d)
	}
	if len(problems.Errors()) > 0 {
		return nil, problems
	}
	return pdp.New(pdp.Config{Lenient: lenient, ReadAttributes: readAttributes}, documents)
}

func rootID(c policy.Child) string {
	switch p := c.(type) {
	case *policy.Policy:
		return p.ID
	case *policy.PolicySet:
		return p.ID
	default:
		return ""
	}
}

// judgeRequestError judges that the request was refused.
func (c *Case) judgeRequestError(err error) Outcome {
	if c.Expect.Kind == "request-error" {
		return Outcome{Pass: true}
	}
	var e *xacml.Error
	if !errors.As(err, &e) {
		return failf("the request is refused: %v", err)
	}
	return c.Judge(&xacml.Response{Results: []xacml.Result{{Status: e.Status}}})
}

// Judge compares a response with the expected one.
func (c *Case) Judge(got *xacml.Response) Outcome {
	if c.Response == nil {
		return failf("got an answer, want a refusal")
	}
	if c.Expect.Kind != "response" && !c.Expect.OrResponse {
		return failf("got an answer, want a %s", c.Expect.Kind)
	}
	want, err := xacmlxml.ReadResponse(c.Response, xacmlxml.DefaultLimits())
	if err != nil {
		return failf("the expected response cannot be read: %v", err)
	}
	if why := c.Compare.Responses(got, want); why != "" {
		return failf("%s", why)
	}
	return Outcome{Pass: true}
}

// Finder answers for the sources of the case; it is nil if it has none.
func (c *Case) Finder(request *xacml.Request) pdp.Finder {
	if c.Sources == nil {
		return nil
	}
	return finder{c.Sources, request}
}

type finder struct {
	sources []SourceAttribute
	request *xacml.Request
}

// Find implements pdp.Finder.
func (f finder) Find(_ context.Context, key xacml.AttributeKey) (value.Bag, error) {
	var values []value.Value
	for _, s := range f.sources {
		t, _ := value.TypeByID(s.DataType)
		if s.Category != key.Category || s.AttributeID != key.ID || t != key.Type || key.Issuer != "" && s.Issuer != key.Issuer || !f.holds(s) {
			continue
		}
		for _, text := range s.Values {
			v, err := value.Parse(t, text)
			if err != nil {
				return value.Bag{}, err
			}
			values = append(values, v)
		}
	}
	return value.NewBag(key.Type, values...), nil
}

func (f finder) holds(s SourceAttribute) bool {
	for _, w := range s.When {
		found := false
		for _, as := range f.request.Attributes {
			for _, a := range as.Attributes {
				for _, v := range a.Values {
					found = found || as.Category == w.Category && a.ID == w.AttributeID && v.String() == w.Value
				}
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func readAttributes(category, content string) (xacml.Attributes, error) {
	return xacmlxml.ReadAttributes(category, content, xacmlxml.DefaultLimits())
}
