package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/explanation"
	"github.com/forseti-pdp/forseti/pdp/explanation/render"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// inquiry is what explain is asked, as its flags give it.
type inquiry struct {
	question
	remote                bool // a running service is asked
	config, policies      string
	format, output, color string
	all                   bool
}

func explainCommand() *cobra.Command {
	var q inquiry
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Tell how a decision comes about",
		Long: `Decide as authorize does, and tell how the decision comes about: which policies,
rules and conditions it rests on with the values that they saw, what was missing,
and which source gave what in how many milliseconds.

With --address a running service is asked, which must allow it. Otherwise the
policies and sources of the configuration are used, and no service is needed.
Values of attributes that the configuration calls private are masked.

What the result does not rest on is one line each; --all shows everything.

The exit codes are those of authorize.`,
		Example: `  forseti explain --subject user-id=1337 \
    --resource instance-id=50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01 --action read
  forseti explain --policies policies --subject user-id=1337 --resource resource=ttd-archive \
    --resource party-id=50001 --action export --format html --output why.html`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q.remote = slices.ContainsFunc(append(connectionFlags(), "address"), cmd.Flags().Changed)
			return explain(cmd.Context(), &q, cmd.OutOrStdout())
		},
	}
	q.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&q.config, "config", "", "configuration `file`")
	flags.StringVar(&q.policies, "policies", "", "policy `folder`, in place of policies.folder")
	flags.StringVar(&q.format, "format", "text", "`form` of the explanation: text, json or html")
	flags.StringVar(&q.output, "output", "", "`file` to write it to")
	flags.StringVar(&q.color, "color", "auto", "`when` to use colours in text: auto, always or never")
	flags.BoolVar(&q.all, "all", false, "show in text also what the result does not rest on")
	cmd.MarkFlagsMutuallyExclusive("address", "config")
	cmd.MarkFlagsMutuallyExclusive("address", "policies")
	for _, flag := range connectionFlags() {
		cmd.MarkFlagsMutuallyExclusive(flag, "config")
		cmd.MarkFlagsMutuallyExclusive(flag, "policies")
	}
	return cmd
}

// explain asks and shows the explanation.
func explain(ctx context.Context, q *inquiry, stdout io.Writer) error {
	show, err := q.renderer(stdout)
	if err != nil {
		return err
	}
	request, err := q.request()
	if err != nil {
		return err
	}
	var e *explanation.Explanation
	var code int
	if q.remote {
		e, code, err = explainedByService(ctx, q, request)
	} else {
		e, code, err = explainedHere(ctx, q, request)
	}
	if err != nil {
		return err
	}
	if err := q.write(stdout, func(w io.Writer) error { return show(w, e) }); err != nil {
		return err
	}
	if code != exitOK {
		return &exit{code: code}
	}
	return nil
}

// renderer is how the explanation is shown.
func (q *inquiry) renderer(stdout io.Writer) (func(io.Writer, *explanation.Explanation) error, error) {
	o := render.TextOptions{All: q.all}
	switch q.color {
	case "auto":
		o.Color = q.output == "" && colored(stdout)
	case "always":
		o.Color = true
	case "never":
	default:
		return nil, fmt.Errorf("--color: %q is not auto, always or never", q.color)
	}
	switch q.format {
	case "text":
		return func(w io.Writer, e *explanation.Explanation) error { return render.Text(w, e, o) }, nil
	case "json":
		return render.JSON, nil
	case "html":
		return render.HTML, nil
	default:
		return nil, fmt.Errorf("--format: %q is not text, json or html", q.format)
	}
}

// write writes to the file, if one is given.
func (q *inquiry) write(stdout io.Writer, what func(io.Writer) error) error {
	if q.output == "" {
		return what(stdout)
	}
	// An explanation holds what people may not see of each other.
	f, err := os.OpenFile(q.output, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(what(f), f.Close())
}

// explainedByService asks a running service.
func explainedByService(ctx context.Context, q *inquiry, request *v1.AuthorizeRequest) (*explanation.Explanation, int, error) {
	request.Explain = true
	response, err := ask(ctx, q.question, request)
	switch {
	case err != nil:
		return nil, 0, &exit{exitRPC, err}
	case response.GetExplanation() == nil:
		return nil, 0, &exit{exitRPC, fmt.Errorf("no explanation from %s: the response holds none", q.address)}
	}
	d := rpc.ReadExplanation(response.GetExplanation())
	return &explanation.Explanation{Snapshot: response.GetSnapshot(), Decisions: []*explanation.Decision{d}}, decisionCode(response.GetDecision()), nil
}

// explainedHere decides without a service, as one with this configuration would.
func explainedHere(ctx context.Context, q *inquiry, message *v1.AuthorizeRequest) (*explanation.Explanation, int, error) {
	c, err := config.Load(q.config, os.LookupEnv)
	if err != nil {
		return nil, 0, fmt.Errorf("the configuration is refused:\n%w", err)
	}
	if q.policies != "" {
		c.Policies.Folder = q.policies
	}
	s := &service{config: c, logger: slog.New(slog.DiscardHandler), registry: prometheus.NewRegistry()}
	defer s.close()
	for _, step := range []func(context.Context) error{s.makeRegistry, s.seed, s.openSources, s.openPolicies} {
		if err := step(ctx); err != nil {
			return nil, 0, err
		}
	}
	snapshot := s.store.Current()
	if snapshot == nil {
		return nil, 0, fmt.Errorf("folder %s is refused:\n%w", c.Policies.Folder, s.store.Status().Problems.Errors())
	}
	handler, err := s.newHandler()
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	answer, err := decideHere(ctx, handler, snapshot, message)
	if err != nil {
		return nil, 0, &exit{exitRPC, fmt.Errorf("no decision: %w%s", err, supplied(err))}
	}
	e := &explanation.Explanation{Snapshot: snapshot.ID, Decisions: answer.Explanations}
	if len(answer.Results) != 1 { // as a scope may ask for; no one of them is the answer
		return e, exitRPC, nil
	}
	return e, resultCode(answer.Results[0].Decision), nil
}

// supplied is what to do if the request holds what sources or the clock give.
func supplied(err error) string {
	if e, ok := errors.AsType[*contexthandler.Error](err); ok && e.Reason == contexthandler.ReasonAttributeNotAllowed {
		return `; to try it all the same, name it in may_supply of the caller "*" in a configuration of your own (--config)`
	}
	return ""
}

// decideHere asks the handler.
func decideHere(ctx context.Context, handler *contexthandler.Handler, snapshot *pap.Snapshot, message *v1.AuthorizeRequest) (contexthandler.Answer, error) {
	request, err := rpc.Request(handler.Dictionary(), message)
	call := contexthandler.Call{Request: request, Explain: true}
	if e, ok := errors.AsType[*xacml.Error](err); ok {
		return handler.Refused(ctx, snapshot, call, e.Status)
	}
	if err != nil {
		return contexthandler.Answer{}, err
	}
	return handler.Decide(ctx, snapshot, call)
}

// resultCode is the exit code of a decision.
func resultCode(d xacml.Decision) int {
	switch d {
	case xacml.Permit:
		return exitOK
	case xacml.Deny:
		return exitDeny
	case xacml.NotApplicable:
		return exitNotApplicable
	default:
		return exitIndeterminate
	}
}
