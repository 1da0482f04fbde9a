package compile

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/xpath"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// selector compiles the path of an AttributeSelector (§5.30, 7.3.7).
func (c *checker) selector(s *policy.Selector) bool {
	ok := c.xpathVersion(s.Position, c.version)
	if !xpath.Constructs(s.Type) {
		c.errorf(s.Position, policy.ReasonType, "XPath has no constructor for %s, so a selector cannot give it", s.Type)
		ok = false
	}
	expr := c.xpath(s.Position, s.Path, value.NewNamespaces(s.Namespaces), c.version)
	if expr == nil || !ok {
		return false
	}
	if c.paths == nil {
		c.paths = make(map[*policy.Selector]*xpath.Expr)
	}
	c.paths[s] = expr
	return true
}

// xpathLiteral checks a literal of type xpathExpression (A.2).
func (c *checker) xpathLiteral(at policy.Position, x value.XPathExpression) bool {
	ok := c.xpathVersion(at, x.Version)
	return c.xpath(at, x.XPath, x.Namespaces, x.Version) != nil && ok
}

// xpath compiles an expression that must select nodes, and the same ones in the
// version in force.
func (c *checker) xpath(at policy.Position, text string, namespaces value.Namespaces, version string) *xpath.Expr {
	expr, err := xpath.Compile(text, namespaces)
	if err == nil {
		err = expr.Under(version)
	}
	switch {
	case err != nil:
		c.errorf(at, policy.ReasonXPath, "XPath: %v", err)
		return nil
	case expr.Type() != xpath.TypeNodeSet:
		c.errorf(at, policy.ReasonXPath, "XPath: the expression gives a %s, not nodes", expr.Type())
		return nil
	default:
		return expr
	}
}

// pathArguments checks the arguments of a function that are XPath as strings. The
// function reads them as XPath 1.0, so that only a literal can be seen to mean the
// same in another version in force.
func (c *checker) pathArguments(at policy.Position, f *function.Function, kinds []value.Kind, literals []value.Value) bool {
	for _, i := range f.Paths {
		if kinds[i].Type != value.TypeString {
			continue
		}
		if !c.xpathVersion(at, c.version) {
			return false
		}
		text, isLiteral := literals[i].(value.String)
		switch {
		case isLiteral:
			expr, err := xpath.Compile(string(text), value.Namespaces{})
			if err != nil {
				continue // the function says so
			}
			if err := expr.Under(c.version); err != nil {
				c.errorf(at, policy.ReasonXPath, "%s: XPath: %v", f.ID, err)
				return false
			}
		case strings.EqualFold(c.version, xacml.XPath20):
			c.errorf(at, policy.ReasonXPath, "%s: argument %d: a path that is computed is read as XPath 1.0, which is not the version in force", f.ID, i+1)
			return false
		}
	}
	return true
}

// xpathVersion checks the XPathVersion in force (§5.5). Expressions are read as
// XPath 1.0; what needs a later version, or has another meaning in the one in
// force, is refused where it stands.
func (c *checker) xpathVersion(at policy.Position, version string) bool {
	switch {
	case version == xacml.XPath10, version == xacml.XPath20:
	case version == "":
		c.warnf(at, policy.ReasonXPath, "no XPathVersion is in force here (§5.5); XPath 1.0 is taken")
	case strings.EqualFold(version, xacml.XPath10), strings.EqualFold(version, xacml.XPath20):
		c.warnf(at, policy.ReasonXPath, "XPathVersion %q is misspelt; %q is taken", version, strings.Replace(version, "Rec-", "REC-", 1))
	default:
		c.errorf(at, policy.ReasonXPath, "XPathVersion %q is not supported", version)
		return false
	}
	return true
}

// inVersion works on what a PolicySetDefaults or PolicyDefaults is for; the
// innermost one counts.
func (c *checker) inVersion(version string, work func()) {
	outer := c.version
	if version != "" {
		c.version = version
	}
	work()
	c.version = outer
}
