package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// question is what authorize is asked, as its flags give it.
type question struct {
	subject, resource, environment, attributes []string
	action                                     string
	address                                    string
	connection                                 connection
	timeout                                    time.Duration
	json                                       bool
}

func authorizeCommand() *cobra.Command {
	var q question
	cmd := &cobra.Command{
		Use:   "authorize",
		Short: "Ask a running service for a decision",
		Long: `Ask a running service whether a subject may do something to a resource.

Attributes are named by their ids, or by the aliases that the service declares.
Those that are not strings, or of another category, have several values or are
not simple in another way are given with --attribute category/id:type=value; it
may be repeated.

Exit codes:
  0  Permit; the obligations that are printed must be carried out
  1  the command line is wrong, or another error
  2  Deny
  3  NotApplicable
  4  Indeterminate
  5  no decision: the service cannot be reached, or refused the call`,
		Example: `  forseti authorize --subject user-id=1337 \
    --resource instance-id=50001/3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01 --action read
  forseti authorize --subject user-id=1337 --resource resource=ttd-archive \
    --resource party-id=50001 --attribute resource/records:integer=80 --action export`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return authorize(cmd.Context(), q, cmd.OutOrStdout())
		},
	}
	q.addFlags(cmd)
	cmd.Flags().BoolVar(&q.json, "json", false, "print the response as JSON")
	return cmd
}

// addFlags adds the flags that say what is asked, and whom.
func (q *question) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&q.subject, "subject", nil, "attribute of who asks, as `name=value`; may be repeated")
	flags.StringArrayVar(&q.resource, "resource", nil, "attribute of what is asked for, as `name=value`; may be repeated")
	flags.StringVar(&q.action, "action", "", "what is to be done, such as read")
	flags.StringArrayVar(&q.environment, "environment", nil, "attribute of the circumstances, as `name=value`; may be repeated")
	flags.StringArrayVar(&q.attributes, "attribute", nil, "any attribute, as `category/id:type=value`; may be repeated")
	flags.StringVar(&q.address, "address", defaultAddress(), "`host:port` of the service")
	q.connection.addFlags(cmd)
	flags.DurationVar(&q.timeout, "timeout", 2*time.Second, "how long to wait for the answer")
}

// defaultAddress is where the service listens if nothing else is configured.
func defaultAddress() string {
	c, err := config.Default()
	if err != nil {
		return "" // a test makes sure that the defaults are in order
	}
	return c.Server.Listen
}

// authorize asks and prints the answer.
func authorize(ctx context.Context, q question, out io.Writer) error {
	request, err := q.request()
	if err != nil {
		return err
	}
	response, err := ask(ctx, q, request)
	if err != nil {
		return &exit{exitRPC, err}
	}
	if q.json {
		err = printJSON(out, response)
	} else {
		err = printAnswer(out, response, colored(out))
	}
	if err != nil {
		return err
	}
	if code := decisionCode(response.GetDecision()); code != exitOK {
		return &exit{code: code}
	}
	return nil
}

// decisionCode is the exit code of a decision. What is not known is no Permit.
func decisionCode(d v1.Decision) int {
	switch d {
	case v1.Decision_DECISION_PERMIT:
		return exitOK
	case v1.Decision_DECISION_DENY:
		return exitDeny
	case v1.Decision_DECISION_NOT_APPLICABLE:
		return exitNotApplicable
	case v1.Decision_DECISION_INDETERMINATE:
		return exitIndeterminate
	default:
		return exitRPC
	}
}

// request makes the message of the flags.
func (q question) request() (*v1.AuthorizeRequest, error) {
	r := &v1.AuthorizeRequest{Action: q.action, ReturnPolicyIds: true}
	var errs []error
	for _, part := range []struct {
		flag   string
		values []string
		to     *map[string]string
	}{
		{"subject", q.subject, &r.Subject},
		{"resource", q.resource, &r.Resource},
		{"environment", q.environment, &r.Environment},
	} {
		var err error
		*part.to, err = pairs(part.flag, part.values)
		errs = append(errs, err)
	}
	for _, text := range q.attributes {
		a, err := attribute(text)
		errs = append(errs, err)
		r.Attributes = append(r.Attributes, a)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(r.Subject)+len(r.Resource)+len(r.Environment)+len(r.Attributes) == 0 && r.Action == "" {
		return nil, errors.New("nothing is asked; give --subject, --resource and --action")
	}
	return r, nil
}

// pairs reads values of the form name=value.
func pairs(flag string, values []string) (map[string]string, error) {
	out := make(map[string]string, len(values))
	for _, text := range values {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--%s: %q is not of the form name=value", flag, text)
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("--%s: %q is given twice; give several values with --attribute", flag, name)
		}
		out[name] = value
	}
	return out, nil
}

// attribute reads an attribute of the form category/id:type=value. The category
// ends at the first slash that is not part of a scheme, the type begins at the
// last colon before the equals sign.
func attribute(text string) (*v1.RequestAttribute, error) {
	left, value, ok := strings.Cut(text, "=")
	from := 0
	if i := strings.Index(left, "://"); i >= 0 {
		from = i + len("://")
	}
	slash := strings.IndexByte(left[from:], '/')
	colon := strings.LastIndexByte(left, ':')
	if slash += from; !ok || slash < max(from, 1) || colon < slash+2 || colon == len(left)-1 {
		return nil, fmt.Errorf("--attribute: %q is not of the form category/id:type=value", text)
	}
	return &v1.RequestAttribute{
		Category: left[:slash], AttributeId: left[slash+1 : colon], DataType: left[colon+1:], Values: []string{value},
	}, nil
}

// ask calls the service.
func ask(ctx context.Context, q question, request *v1.AuthorizeRequest) (*v1.AuthorizeResponse, error) {
	connection, err := q.connection.dial(q.address)
	if err != nil {
		return nil, err
	}
	defer connection.Close() //nolint:errcheck // the answer is there already
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	response, err := v1.NewAuthorizationServiceClient(connection).Authorize(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("no decision from %s: %w%s", q.address, describe(err), q.connection.advice(err))
	}
	if response.GetDecision() == v1.Decision_DECISION_UNSPECIFIED {
		return nil, fmt.Errorf("no decision from %s: the response holds none", q.address)
	}
	return response, nil
}

// describe gives code, reason and message of a failed call.
func describe(err error) error {
	s := status.Convert(err)
	reason := ""
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			reason = " " + info.GetReason()
		}
	}
	return fmt.Errorf("%s%s: %s", s.Code(), reason, plain(s.Message()))
}

// colored tells whether the output is a terminal of somebody who likes colour.
func colored(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
