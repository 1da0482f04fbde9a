package pdp_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/forseti-pdp/forseti/pdp/value"
)

// The short forms of scenarios for what makes policies long. Each is one line
// and stands where the element may stand that it is short for:
//
//	<integer>18</integer>                   an AttributeValue of that data type
//	<get>subject age integer</get>          an AttributeDesignator, MustBePresent="false"
//	<must>subject age integer@issuer</must> the same with MustBePresent="true"
//	<if>subject role = clerk</if>           a Match with string-equal and get
//	<on>subject role = clerk</on>           a Target with this one Match
//	<set>a = EXPRESSION</set>               an AttributeAssignmentExpression
//	<to>Permit o a = EXPRESSION</to>        an ObligationExpression, a = and so on optional
//	<tell>Permit o a = EXPRESSION</tell>    the same as AdviceExpression
//	<by>alice</by>                          a PolicyIssuer with the attribute id
var (
	literalForm    = regexp.MustCompile(`<(/?)(string|boolean|integer|double|time|date|dateTime|dayTimeDuration|yearMonthDuration|anyURI|hexBinary|base64Binary|rfc822Name|x500Name|ipAddress|dnsName|entity)>`)
	designatorForm = regexp.MustCompile(`<(get|must)>(\S+) (\S+) ([^@<]+)(?:@([^<]+))?</(?:get|must)>`)
	matchForm      = regexp.MustCompile(`<if>(\S+) (\S+) = ([^<]*)</if>`)
	targetForm     = regexp.MustCompile(`<on>([^<]*)</on>`)
	assignForm     = regexp.MustCompile(`<set>(\S+) = (.*?)</set>`)
	issuerForm     = regexp.MustCompile(`<by>([^<]*)</by>`)
	obligationForm = regexp.MustCompile(`<(to|tell)>(Permit|Deny) (\S+?)(?: (\S+) = (.*?))?</(?:to|tell)>`)
)

// shorten writes out the short forms.
func shorten(s string) string {
	s = obligationForm.ReplaceAllStringFunc(s, func(m string) string {
		g := obligationForm.FindStringSubmatch(m)
		assignment := ""
		if g[4] != "" {
			assignment = fmt.Sprintf("<set>%s = %s</set>", g[4], g[5])
		}
		if g[1] == "tell" {
			return fmt.Sprintf(`<AdviceExpression AdviceId="%s" AppliesTo="%s">%s</AdviceExpression>`, g[3], g[2], assignment)
		}
		return fmt.Sprintf(`<ObligationExpression ObligationId="%s" FulfillOn="%s">%s</ObligationExpression>`, g[3], g[2], assignment)
	})
	s = assignForm.ReplaceAllString(s, `<AttributeAssignmentExpression AttributeId="$1">$2</AttributeAssignmentExpression>`)
	s = issuerForm.ReplaceAllString(s, `<PolicyIssuer><Attribute AttributeId="id" IncludeInResult="false"><string>$1</string></Attribute></PolicyIssuer>`)
	s = targetForm.ReplaceAllString(s, `<Target><AnyOf><AllOf><if>$1</if></AllOf></AnyOf></Target>`)
	s = matchForm.ReplaceAllString(s, `<Match MatchId="f1:string-equal"><string>$3</string><get>$1 $2 string</get></Match>`)
	s = designatorForm.ReplaceAllStringFunc(s, func(m string) string {
		g := designatorForm.FindStringSubmatch(m)
		issuer := ""
		if g[5] != "" {
			issuer = fmt.Sprintf(` Issuer="%s"`, g[5])
		}
		return fmt.Sprintf(`<AttributeDesignator Category="%s" AttributeId="%s" DataType="%s"%s MustBePresent="%t"/>`,
			longCategory(g[2]), g[3], typeNamed(g[4]).ID(), issuer, g[1] == "must")
	})
	return literalForm.ReplaceAllStringFunc(s, func(m string) string {
		if strings.HasPrefix(m, "</") {
			return "</AttributeValue>"
		}
		return fmt.Sprintf(`<AttributeValue DataType="%s">`, typeNamed(strings.Trim(m, "<>")).ID())
	})
}

// typeNamed is the data type with this short name.
func typeNamed(name string) value.Type {
	for _, t := range append(value.Types(), value.TypeEntity) {
		if t.String() == name {
			return t
		}
	}
	return value.TypeUnknown
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct{ short, want string }{
		{`<integer>1</integer>`, `<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">1</AttributeValue>`},
		{
			`<must>c a time@me</must>`,
			`<AttributeDesignator Category="c" AttributeId="a" DataType="http://www.w3.org/2001/XMLSchema#time" Issuer="me" MustBePresent="true"/>`,
		},
		{`<tell>Deny o</tell>`, `<AdviceExpression AdviceId="o" AppliesTo="Deny"></AdviceExpression>`},
		{
			`<to>Permit o a = <Apply/></to>`,
			`<ObligationExpression ObligationId="o" FulfillOn="Permit"><AttributeAssignmentExpression AttributeId="a"><Apply/></AttributeAssignmentExpression></ObligationExpression>`,
		},
		{`<by>me</by>`, `<PolicyIssuer><Attribute AttributeId="id" IncludeInResult="false"><AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">me</AttributeValue></Attribute></PolicyIssuer>`},
		{`<Target/>`, `<Target/>`},
	} {
		if got := shorten(tt.short); got != tt.want {
			t.Errorf("shorten(%q): got %q, want %q", tt.short, got, tt.want)
		}
	}
}
