package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/forseti-pdp/forseti/pdp/xacml"
	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// printJSON prints the response in the JSON of its message, every field named.
// protojson varies its white space on purpose; scripts shall not see that.
func printJSON(out io.Writer, response *v1.AuthorizeResponse) error {
	text, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(response)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err = b.WriteTo(out)
	return err
}

// printAnswer prints the response for people.
func printAnswer(out io.Writer, r *v1.AuthorizeResponse, color bool) error {
	var b strings.Builder
	b.WriteString(decisionText(r.GetDecision(), color) + "\n")
	line := func(label, text string) { fmt.Fprintf(&b, "  %-12s%s\n", label, text) }
	if r.GetDecision() == v1.Decision_DECISION_INDETERMINATE {
		printStatus(r.GetStatus(), line)
	}
	for _, o := range r.GetObligations() {
		for _, text := range obligationTexts(o.GetId(), o.GetAssignments()) {
			line("obligation", text)
		}
	}
	for _, a := range r.GetAdvice() {
		line("advice", generic(a.GetId(), a.GetAssignments()))
	}
	for _, p := range r.GetApplicablePolicies() {
		label := "policy"
		if p.GetKind() == v1.PolicyKind_POLICY_KIND_POLICY_SET {
			label = "policy set"
		}
		line(label, plain(p.GetId())+" "+plain(p.GetVersion()))
	}
	for _, c := range r.GetAttributes() {
		for _, a := range c.GetAttributes() {
			for _, v := range a.GetValues() {
				line("attribute", fmt.Sprintf("%s = %q", plain(a.GetAttributeId()), v.GetValue()))
			}
		}
	}
	line("snapshot", plain(r.GetSnapshot()))
	_, err := io.WriteString(out, b.String())
	return err
}

// printStatus says why there is no decision.
func printStatus(s *v1.Status, line func(label, text string)) {
	text := plain(lastPart(s.GetCode()))
	if s.GetMessage() != "" {
		text += ": " + plain(s.GetMessage())
	}
	line("status", text)
	for _, m := range s.GetMissingAttributes() {
		line("missing", fmt.Sprintf("%s attribute %s of type %s",
			plain(categoryName(m.GetCategory())), plain(m.GetAttributeId()), plain(lastPart(m.GetDataType()))))
	}
}

// decisionText is the decision as the standard spells it.
func decisionText(d v1.Decision, color bool) string {
	var text, code string
	switch d {
	case v1.Decision_DECISION_PERMIT:
		text, code = "Permit", "32" // green
	case v1.Decision_DECISION_DENY:
		text, code = "Deny", "31" // red
	case v1.Decision_DECISION_NOT_APPLICABLE:
		text, code = "NotApplicable", "33" // yellow
	case v1.Decision_DECISION_INDETERMINATE:
		text, code = "Indeterminate", "33"
	default:
		text, code = "unknown decision "+d.String(), "31"
	}
	if !color {
		return text
	}
	return "\x1b[1;" + code + "m" + text + "\x1b[0m"
}

// The categories of the arguments that state an authentication level.
const (
	levelForPeople        = "urn:altinn:minimum-authenticationlevel"
	levelForOrganizations = "urn:altinn:minimum-authenticationlevel-org"
)

// obligationTexts says in words what an obligation asks for, if all of its
// arguments are known, and shows it as it is otherwise.
func obligationTexts(id string, assignments []*v1.AttributeAssignment) []string {
	var out []string
	for _, a := range assignments {
		level := plain(a.GetValue().GetValue())
		switch a.GetCategory() {
		case levelForPeople:
			out = append(out, "authentication level "+level+" or higher is required")
		case levelForOrganizations:
			out = append(out, "for organisations: level "+level+" or higher")
		default:
			return []string{generic(id, assignments)}
		}
	}
	if len(out) == 0 {
		return []string{generic(id, assignments)}
	}
	return out
}

// generic shows an obligation or advice with its arguments.
func generic(id string, assignments []*v1.AttributeAssignment) string {
	var b strings.Builder
	b.WriteString(plain(id))
	for i, a := range assignments {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		fmt.Fprintf(&b, "%s%s = %q", separator, plain(a.GetAttributeId()), a.GetValue().GetValue())
	}
	return b.String()
}

// categoryName is the short name of a category, or its URI.
func categoryName(uri string) string {
	switch uri {
	case xacml.CategoryAccessSubject:
		return "subject"
	case xacml.CategoryResource:
		return "resource"
	case xacml.CategoryAction:
		return "action"
	case xacml.CategoryEnvironment:
		return "environment"
	default:
		return uri
	}
}

// lastPart is what follows the last colon or hash of a URI.
func lastPart(uri string) string { return uri[strings.LastIndexAny(uri, ":#")+1:] }

// plain is the text, quoted if it holds what a terminal might act on.
func plain(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
