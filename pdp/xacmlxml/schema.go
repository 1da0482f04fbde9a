package xacmlxml

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// simpleType is the type of an attribute, or of the text of an element.
type simpleType uint8

const (
	anyString    simpleType = iota // xs:string
	identifier                     // xs:string that names something
	anyURI                         // xs:anyURI that names something
	boolean                        // xs:boolean
	integer                        // xs:integer
	effect                         // EffectType
	decision                       // DecisionType
	version                        // VersionType
	versionMatch                   // VersionMatchType
	ncName                         // xs:ID or xs:IDREF
)

// attributeDecl declares an attribute of an element.
type attributeDecl struct {
	space, local string
	typ          simpleType
	optional     bool
}

// particle is a place in the content of an element: min to max elements with
// any of the names. A negative max is unbounded.
type particle struct {
	names    []string
	min, max int
	group    string // what the names have in common, or nothing
}

// String is the particle for a message.
func (p particle) String() string {
	if p.group != "" {
		return p.group
	}
	return strings.Join(p.names, " or ")
}

// contentKind is what an element may hold.
type contentKind uint8

const (
	nothing     contentKind = iota // neither elements nor text, not even white space
	particles                      // the elements of the particles in order, no text
	simpleText                     // text of a simple type, no element
	openValue                      // anything, and attributes that are not declared
	oneElement                     // exactly one element of any name, and text
	anyElements                    // elements of any name, no text
)

// content declares what an element holds.
type content struct {
	kind      contentKind
	particles []particle
	text      simpleType
}

// elementDecl declares the type of an element.
type elementDecl struct {
	attributes []attributeDecl
	content    content
}

func attrs(as ...attributeDecl) []attributeDecl { return as }

func required(local string, t simpleType) attributeDecl {
	return attributeDecl{local: local, typ: t}
}

func optional(local string, t simpleType) attributeDecl {
	return attributeDecl{local: local, typ: t, optional: true}
}

func sequence(ps ...particle) content   { return content{kind: particles, particles: ps} }
func textOf(t simpleType) content       { return content{kind: simpleText, text: t} }
func anything(kind contentKind) content { return content{kind: kind} }

func one(names ...string) particle        { return particle{names: names, min: 1, max: 1} }
func zeroOrOne(names ...string) particle  { return particle{names: names, min: 0, max: 1} }
func oneOrMore(names ...string) particle  { return particle{names: names, min: 1, max: -1} }
func zeroOrMore(names ...string) particle { return particle{names: names, min: 0, max: -1} }

// expression is a member of the substitution group of Expression (§5.25).
func expression(min, max int) particle {
	return particle{group: "expression", min: min, max: max, names: []string{
		"Apply", "AttributeSelector", "AttributeValue", "Function", "VariableReference", "AttributeDesignator",
		"ForAny", "ForAll", "Map", "Select",
	}}
}

// quantified is a quantified expression: a domain, then an iterant. Quantified
// expressions are not of the schema; the Related and Nested Entities profile adds
// them to its namespace and to the substitution group of Expression.
var quantified = elementDecl{
	attributes: attrs(required("VariableId", identifier)),
	content:    sequence(expression(2, 2)),
}

// schema is the schema of the standard, xacml-core-v3-schema-wd-17.xsd, with the
// quantified expressions: the elements of its namespace by their local names.
var schema = map[string]elementDecl{
	// Policies (5.1 to 5.41).
	"PolicySet": {
		attributes: attrs(required("PolicySetId", anyURI), required("Version", version),
			required("PolicyCombiningAlgId", anyURI), optional("MaxDelegationDepth", integer)),
		content: sequence(zeroOrOne("Description"), zeroOrOne("PolicyIssuer"), zeroOrOne("PolicySetDefaults"), one("Target"),
			zeroOrMore("PolicySet", "Policy", "PolicySetIdReference", "PolicyIdReference", "CombinerParameters",
				"PolicyCombinerParameters", "PolicySetCombinerParameters"),
			zeroOrOne("ObligationExpressions"), zeroOrOne("AdviceExpressions")),
	},
	"Policy": {
		attributes: attrs(required("PolicyId", anyURI), required("Version", version),
			required("RuleCombiningAlgId", anyURI), optional("MaxDelegationDepth", integer)),
		content: sequence(zeroOrOne("Description"), zeroOrOne("PolicyIssuer"), zeroOrOne("PolicyDefaults"), one("Target"),
			// The choice must occur, but with parameters that need not: none is valid.
			zeroOrMore("CombinerParameters", "RuleCombinerParameters", "VariableDefinition", "Rule"),
			zeroOrOne("ObligationExpressions"), zeroOrOne("AdviceExpressions")),
	},
	"Rule": {
		attributes: attrs(required("RuleId", identifier), required("Effect", effect)),
		content: sequence(zeroOrOne("Description"), zeroOrOne("Target"), zeroOrOne("Condition"),
			zeroOrOne("ObligationExpressions"), zeroOrOne("AdviceExpressions")),
	},
	"Description":       {content: textOf(anyString)},
	"PolicyIssuer":      {content: sequence(zeroOrOne("Content"), zeroOrMore("Attribute"))},
	"PolicySetDefaults": {content: sequence(one("XPathVersion"))},
	"PolicyDefaults":    {content: sequence(one("XPathVersion"))},
	"XPathVersion":      {content: textOf(anyURI)},
	"Target":            {content: sequence(zeroOrMore("AnyOf"))},
	"AnyOf":             {content: sequence(oneOrMore("AllOf"))},
	"AllOf":             {content: sequence(oneOrMore("Match"))},
	"Match": {
		attributes: attrs(required("MatchId", anyURI)),
		content:    sequence(one("AttributeValue"), one("AttributeDesignator", "AttributeSelector")),
	},
	"Condition": {content: sequence(expression(1, 1))},
	"VariableDefinition": {
		attributes: attrs(required("VariableId", identifier)),
		content:    sequence(expression(1, 1)),
	},
	"PolicySetIdReference": idReference,
	"PolicyIdReference":    idReference,

	// Combiner parameters (5.16 to 5.20).
	"CombinerParameters": {content: sequence(zeroOrMore("CombinerParameter"))},
	"RuleCombinerParameters": {
		attributes: attrs(required("RuleIdRef", identifier)),
		content:    sequence(zeroOrMore("CombinerParameter")),
	},
	"PolicyCombinerParameters": {
		attributes: attrs(required("PolicyIdRef", anyURI)),
		content:    sequence(zeroOrMore("CombinerParameter")),
	},
	"PolicySetCombinerParameters": {
		attributes: attrs(required("PolicySetIdRef", anyURI)),
		content:    sequence(zeroOrMore("CombinerParameter")),
	},
	"CombinerParameter": {
		attributes: attrs(required("ParameterName", identifier)),
		content:    sequence(one("AttributeValue")),
	},

	// Expressions (5.24 to 5.31).
	"Apply": {
		attributes: attrs(required("FunctionId", anyURI)),
		content:    sequence(zeroOrOne("Description"), expression(0, -1)),
	},
	"Function":          {attributes: attrs(required("FunctionId", anyURI))},
	"VariableReference": {attributes: attrs(required("VariableId", identifier))},
	"AttributeDesignator": {attributes: attrs(required("Category", anyURI), required("AttributeId", anyURI),
		required("DataType", anyURI), optional("Issuer", identifier), required("MustBePresent", boolean))},
	"AttributeSelector": {attributes: attrs(required("Category", anyURI), optional("ContextSelectorId", anyURI),
		required("Path", anyString), required("DataType", anyURI), required("MustBePresent", boolean))},
	"AttributeValue": {attributes: attrs(required("DataType", anyURI)), content: anything(openValue)},
	"ForAny":         quantified,
	"ForAll":         quantified,
	"Map":            quantified,
	"Select":         quantified,

	// Obligation and advice expressions (5.37 to 5.41).
	"ObligationExpressions": {content: sequence(oneOrMore("ObligationExpression"))},
	"AdviceExpressions":     {content: sequence(oneOrMore("AdviceExpression"))},
	"ObligationExpression": {
		attributes: attrs(required("ObligationId", anyURI), required("FulfillOn", effect)),
		content:    sequence(zeroOrMore("AttributeAssignmentExpression")),
	},
	"AdviceExpression": {
		attributes: attrs(required("AdviceId", anyURI), required("AppliesTo", effect)),
		content:    sequence(zeroOrMore("AttributeAssignmentExpression")),
	},
	"AttributeAssignmentExpression": {
		attributes: attrs(required("AttributeId", anyURI), optional("Category", anyURI), optional("Issuer", identifier)),
		content:    sequence(expression(1, 1)),
	},

	// Requests (5.42 to 5.46, 5.50 to 5.52).
	"Request": {
		attributes: attrs(required("ReturnPolicyIdList", boolean), required("CombinedDecision", boolean)),
		content:    sequence(zeroOrOne("RequestDefaults"), oneOrMore("Attributes"), zeroOrOne("MultiRequests")),
	},
	"RequestDefaults": {content: sequence(one("XPathVersion"))},
	"Attributes": {
		attributes: attrs(required("Category", anyURI),
			attributeDecl{space: xacml.XMLNamespace, local: "id", typ: ncName, optional: true}),
		content: sequence(zeroOrOne("Content"), zeroOrMore("Attribute")),
	},
	"Content": {content: anything(oneElement)},
	"Attribute": {
		attributes: attrs(required("AttributeId", anyURI), optional("Issuer", identifier), required("IncludeInResult", boolean)),
		content:    sequence(oneOrMore("AttributeValue")),
	},
	"MultiRequests":       {content: sequence(oneOrMore("RequestReference"))},
	"RequestReference":    {content: sequence(oneOrMore("AttributesReference"))},
	"AttributesReference": {attributes: attrs(required("ReferenceId", ncName))},

	// Responses (5.34 to 5.36, 5.47 to 5.49, 5.53 to 5.58).
	"Response": {content: sequence(oneOrMore("Result"))},
	"Result": {content: sequence(one("Decision"), zeroOrOne("Status"), zeroOrOne("Obligations"),
		zeroOrOne("AssociatedAdvice"), zeroOrMore("Attributes"), zeroOrOne("PolicyIdentifierList"))},
	"Decision": {content: textOf(decision)},
	"Status":   {content: sequence(one("StatusCode"), zeroOrOne("StatusMessage"), zeroOrOne("StatusDetail"))},
	"StatusCode": {
		attributes: attrs(required("Value", anyURI)),
		content:    sequence(zeroOrOne("StatusCode")),
	},
	"StatusMessage": {content: textOf(anyString)},
	"StatusDetail":  {content: anything(anyElements)},
	"MissingAttributeDetail": {
		attributes: attrs(required("Category", anyURI), required("AttributeId", anyURI), required("DataType", anyURI),
			optional("Issuer", identifier)),
		content: sequence(zeroOrMore("AttributeValue")),
	},
	"Obligations":      {content: sequence(oneOrMore("Obligation"))},
	"AssociatedAdvice": {content: sequence(oneOrMore("Advice"))},
	"Obligation": {
		attributes: attrs(required("ObligationId", anyURI)),
		content:    sequence(zeroOrMore("AttributeAssignment")),
	},
	"Advice": {
		attributes: attrs(required("AdviceId", anyURI)),
		content:    sequence(zeroOrMore("AttributeAssignment")),
	},
	"AttributeAssignment": {
		attributes: attrs(required("AttributeId", anyURI), optional("Category", anyURI), optional("Issuer", identifier),
			required("DataType", anyURI)),
		content: anything(openValue),
	},
	"PolicyIdentifierList": {content: sequence(zeroOrMore("PolicyIdReference", "PolicySetIdReference"))},
}

// idReference is IdReferenceType (§5.10, 5.11).
var idReference = elementDecl{
	attributes: attrs(optional("Version", versionMatch), optional("EarliestVersion", versionMatch), optional("LatestVersion", versionMatch)),
	content:    textOf(anyURI),
}
