package pdp

import (
	"context"
	"fmt"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/internal/compile"
	"github.com/forseti-pdp/forseti/pdp/internal/eval"
	"github.com/forseti-pdp/forseti/pdp/internal/reference"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// DefaultExplainedDocuments is how many documents an explanation reads again at
// most if nothing else is configured.
const DefaultExplainedDocuments = 1000

// ExplainOptions is what [PDP.Explain] works with. The zero ExplainOptions are
// usable where the model is kept, see Config.KeepModel.
type ExplainOptions struct {
	// Read gives a document again, by its name, as it was when it was set: the PDP
	// keeps no model unless its configuration says so. Without ok its content is
	// not to be had any more. Nil has none.
	Read func(name string) (document policy.Document, ok bool)
	// MaxDocuments bounds how many documents are read; zero stands for
	// DefaultExplainedDocuments. Where more may apply there is no tree.
	MaxDocuments int
	// Private tells which attributes nobody may see the values of; nil stands for
	// none. The category is that of the attribute.
	Private func(category, id string) bool
	// Limits bound the tree.
	Limits explanation.Limits
}

// Explain decides as [PDP.Evaluate] does, and tells how the decision came about.
// The result is that of Evaluate. The tree comes from a second evaluation, by an
// evaluator that walks the policies as the standard's text says; the explanation
// tells if it came to something else, so both have to see the same attributes: the
// finder must give the same values twice.
//
// Policies that are certain not to apply are counted, not shown. The explanation
// is never nil. It takes far longer than a decision.
func (p *PDP) Explain(ctx context.Context, request *xacml.Request, finder Finder, o ExplainOptions) (xacml.Result, *explanation.Decision) {
	if request == nil {
		request = &xacml.Request{}
	}
	if p.frozen == nil {
		p = p.Frozen()
	}
	result := p.Evaluate(ctx, request, finder)
	d := &explanation.Decision{
		Decision: result.Decision.Extended(), Status: explanation.StatusOf(result.Status), Agreement: explanation.Unknown,
	}
	hidden := make(explanation.Hidden)
	if request.CheckIndividual() == nil {
		p.trace(ctx, request, finder, &o, &result, d, hidden)
	} else {
		d.Notes = append(d.Notes, "the request does not ask for one decision of its own, so nothing was evaluated")
	}
	d.Request = given(request, &o, hidden)
	hidden.Apply(d)
	return result, d
}

// trace evaluates again. What is found by then stays if that panics.
func (p *PDP) trace(ctx context.Context, request *xacml.Request, finder Finder, o *ExplainOptions, result *xacml.Result, d *explanation.Decision, hidden explanation.Hidden) {
	defer func() {
		if r := recover(); r != nil {
			d.Root, d.Agreement = nil, explanation.Unknown
			d.Notes = append(d.Notes, "the explanation failed: internal error")
			p.panicked(ctx, r, func() *xacml.Request { return request })
		}
	}()
	if o.MaxDocuments == 0 {
		o.MaxDocuments = DefaultExplainedDocuments
	}
	x := p.policies.ExcerptFor(ctx, p.input(request, finder), o.Read, o.MaxDocuments)
	d.Policies = explanation.Policies{Documents: x.Documents, Possible: x.Possible, Unavailable: x.Unavailable}
	if x.TooMany {
		d.Notes = append(d.Notes, fmt.Sprintf("the policies that may apply take more than %d documents, so that there is no tree", o.MaxDocuments))
		return
	}
	recorder := explanation.NewRecorder(o.Limits, o.Private)
	in := p.referenceInput(request, finder)
	in.Trace = &reference.Trace{Recorder: recorder, File: x.File}
	if !p.policies.Issued {
		in.Nested = p.nested
	}
	traced := reference.Evaluate(ctx, x.Set, in)
	d.Root = recorder.Root()
	if final := traced.Decision.Extended(); d.Root.Result != final {
		d.Root.Result, d.Root.Status = final, explanation.StatusOf(traced.Status)
		d.Root.Note = "the evaluation was given up, so what was found by then does not count"
	}
	for text := range recorder.Hidden() {
		hidden[text] = struct{}{}
	}
	d.Agreement = agreement(x, result, &traced)
	if ctx.Err() != nil {
		d.Agreement = explanation.Unknown // either may have been given up
		d.Notes = append(d.Notes, "the time was up before the explanation was complete")
	}
	if len(x.Unavailable) > 0 {
		d.Notes = append(d.Notes, "the text of some policies is not available any more: the tree is without them, and what rests on them is not as it was decided")
	}
}

// nested is access-permitted on all policies: an excerpt is for one request.
func (p *PDP) nested(ctx context.Context, in reference.Input, nested int) eval.Nested {
	input := p.input(in.Request, in.Finder)
	input.Budget = in.Budget
	return eval.EvaluateNested(ctx, p.policies.Program, input, nested)
}

// agreement compares the answer with what was traced.
func agreement(x *compile.Excerpt, answer, traced *xacml.Result) explanation.Agreement {
	switch {
	case len(x.Unavailable) > 0:
		return explanation.Unknown
	case answer.Decision == traced.Decision && answer.Status.Code == traced.Status.Code &&
		slices.EqualFunc(answer.Status.Missing, traced.Status.Missing, func(a, b xacml.MissingAttribute) bool { return a.AttributeKey == b.AttributeKey }) &&
		slices.EqualFunc(answer.Obligations, traced.Obligations, sameCall) && slices.EqualFunc(answer.Advice, traced.Advice, sameCall):
		return explanation.Agrees
	default:
		return explanation.Differs
	}
}

func sameCall(a, b xacml.Obligation) bool {
	return a.ID == b.ID && slices.EqualFunc(a.Assignments, b.Assignments, func(a, b xacml.AttributeAssignment) bool {
		return a.AttributeID == b.AttributeID && a.Category == b.Category && a.Issuer == b.Issuer &&
			value.TypeID(a.Value) == value.TypeID(b.Value) && value.Lexical(a.Value) == value.Lexical(b.Value)
	})
}

// given is the attributes of the request.
func given(request *xacml.Request, o *ExplainOptions, hidden explanation.Hidden) []explanation.Attribute {
	const most = 1000 // attributes, and of each
	var out []explanation.Attribute
	for _, attrs := range request.Attributes {
		for _, a := range attrs.Attributes {
			private := o.Private != nil && o.Private(attrs.Category, a.ID)
			if private {
				hidden.Add(a.Values...)
			}
			if len(out) < most {
				out = append(out, explanation.Given(attrs.Category, &a, private))
			}
		}
	}
	return out
}
