package client

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"google.golang.org/protobuf/proto"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// Decision is the answer to a [Request]. Whether access is granted is what
// [Decision.Grant] says, and nothing else. The zero Decision refuses. A Decision holds
// for the moment: it is not to be kept.
type Decision struct {
	answer       *v1.AuthorizeResponse // checked, and never changed
	checkedLevel bool                  // the service was asked to check the level
	reused       bool                  // it is the answer to an earlier request
}

// Grant returns nil if access is granted: the decision is Permit, and all its
// obligations were understood and are now carried out (§7.2.2). Every error refuses,
// and is [ErrDenied].
//
// No obligation is carried out unless all are understood and the level of
// authentication is high enough. The obligations of a Deny are carried out as far as
// they are understood; access stays denied. Obligations are carried out at each call.
func (d Decision) Grant(ctx context.Context, o Obligations) error {
	if d.answer.GetDecision() != v1.Decision_DECISION_PERMIT {
		return d.denied(ctx, o)
	}
	todo := d.answer.GetObligations()
	if d.checkedLevel {
		var err error
		if todo, err = open(d.answer); err != nil {
			return err
		}
	}
	tasks, err := o.understand(ctx, todo)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if err := t.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// open are the obligations that the service leaves to whoever asks, after it checked
// the level.
func open(answer *v1.AuthorizeResponse) ([]*v1.Obligation, error) {
	e := answer.GetEnforcement()
	var left, checked []*v1.Obligation
	for _, o := range answer.GetObligations() {
		// Of two with one id none counts as checked, if one does not.
		if slices.Contains(e.GetOpen(), o.GetId()) {
			left = append(left, o)
		} else {
			checked = append(checked, o)
		}
	}
	switch {
	case e.GetGranted():
		return left, nil
	case e.GetRequiredLevel() > 0:
		return nil, &StepUpError{Required: int(e.GetRequiredLevel())}
	case len(checked) > 0:
		return nil, &ObligationError{ID: checked[0].GetId(), Err: errNoLevel}
	default:
		return nil, &ObligationError{Err: errNoLevel}
	}
}

// denied carries out the obligations of a Deny, as far as they are understood.
func (d Decision) denied(ctx context.Context, o Obligations) error {
	denied := &DeniedError{Decision: outcomeOf(d.answer.GetDecision()), Status: d.answer.GetStatus().GetCode()}
	for _, m := range d.answer.GetStatus().GetMissingAttributes() {
		denied.Missing = append(denied.Missing, MissingAttribute{
			Category: m.GetCategory(), ID: m.GetAttributeId(), DataType: m.GetDataType(), Issuer: m.GetIssuer(),
		})
	}
	if denied.Decision != Deny {
		return denied // §7.18: others have no obligations
	}
	var errs []error
	for _, obligation := range d.answer.GetObligations() {
		if h := o.Handlers[obligation.GetId()]; h != nil {
			errs = append(errs, task{h, obligation}.run(ctx))
		}
	}
	denied.Err = errors.Join(errs...)
	return denied
}

// Snapshot names the set of policies that was decided on.
func (d Decision) Snapshot() string { return d.answer.GetSnapshot() }

// Stale reports whether attributes past their time were used, as the operator of the
// service allows for some.
func (d Decision) Stale() bool { return d.answer.GetStale() }

// Reused reports whether this is the answer to an earlier request, or to one that
// was under way ([Config.Reuse]).
func (d Decision) Reused() bool { return d.reused }

// Advice may be ignored (core 5.35).
func (d Decision) Advice() []*v1.Advice { return clones(d.answer.GetAdvice()) }

// Policies are those that applied, if the request asked for them.
func (d Decision) Policies() []*v1.PolicyReference { return clones(d.answer.GetApplicablePolicies()) }

// String is the decision without what belongs to it, for logs.
func (d Decision) String() string { return outcomeOf(d.answer.GetDecision()).String() }

// LogValue says as much as String.
func (d Decision) LogValue() slog.Value { return slog.StringValue(d.String()) }

// clones keeps what is shared from being changed.
func clones[M proto.Message](all []M) []M {
	var out []M
	for _, m := range all {
		out = append(out, proto.CloneOf(m))
	}
	return out
}

// checkAnswer looks for what breaks the contract of an answer to the request m.
func checkAnswer(m *v1.AuthorizeRequest, a *v1.AuthorizeResponse) error {
	permit := a.GetDecision() == v1.Decision_DECISION_PERMIT
	switch d := a.GetDecision(); {
	case d <= v1.Decision_DECISION_UNSPECIFIED || d > v1.Decision_DECISION_INDETERMINATE:
		return invalid("there is no decision")
	case a.GetRequestId() != m.GetRequestId():
		return invalid("it answers another request")
	case a.GetStatus().GetCode() == "":
		return invalid("there is no status")
	case permit && a.GetStatus().GetCode() != statusOK:
		return invalid("a Permit has another status than ok")
	case a.GetSnapshot() == "":
		return invalid("there is no snapshot")
	case m.GetEnforce() && a.GetEnforcement() == nil:
		return invalid("the level was not checked")
	case a.GetEnforcement().GetGranted() && !permit:
		return invalid("access is granted without a Permit")
	}
	for _, id := range a.GetEnforcement().GetOpen() {
		if !slices.ContainsFunc(a.GetObligations(), func(o *v1.Obligation) bool { return o.GetId() == id }) {
			return invalid("an obligation that is open is not there")
		}
	}
	for _, o := range a.GetObligations() {
		if o.GetId() == "" {
			return invalid("an obligation has no id")
		}
		for _, assignment := range o.GetAssignments() {
			if assignment.GetAttributeId() == "" || assignment.GetValue() == nil {
				return invalid("an assignment has no id or no value")
			}
		}
	}
	return nil
}
