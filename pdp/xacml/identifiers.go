package xacml

// Namespaces (B.1).
const (
	Namespace    = "urn:oasis:names:tc:xacml:3.0:core:schema:wd-17"
	XMLNamespace = "http://www.w3.org/XML/1998/namespace"
	XPath10      = "http://www.w3.org/TR/1999/REC-xpath-19991116"
	XPath20      = "http://www.w3.org/TR/2007/REC-xpath20-20070123"
)

// Attribute categories (B.2).
const (
	CategoryAccessSubject       = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
	CategoryRecipientSubject    = "urn:oasis:names:tc:xacml:1.0:subject-category:recipient-subject"
	CategoryIntermediarySubject = "urn:oasis:names:tc:xacml:1.0:subject-category:intermediary-subject"
	CategoryCodebase            = "urn:oasis:names:tc:xacml:1.0:subject-category:codebase"
	CategoryRequestingMachine   = "urn:oasis:names:tc:xacml:1.0:subject-category:requesting-machine"
	CategoryResource            = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
	CategoryAction              = "urn:oasis:names:tc:xacml:3.0:attribute-category:action"
	CategoryEnvironment         = "urn:oasis:names:tc:xacml:3.0:attribute-category:environment"
)

// Categories and the attribute of administrative requests (Administration and
// Delegation profile). The prefix stands before a category of the request that
// the administrative one is about.
const (
	CategoryDelegate            = "urn:oasis:names:tc:xacml:3.0:attribute-category:delegate"
	CategoryDelegationInfo      = "urn:oasis:names:tc:xacml:3.0:attribute-category:delegation-info"
	CategoryDelegatedPrefix     = "urn:oasis:names:tc:xacml:3.0:attribute-category:delegated:"
	AttributeDelegationDecision = "urn:oasis:names:tc:xacml:3.0:delegation:decision"
)

// Attribute ids (B.4 to B.7).
const (
	AttributeSubjectID       = "urn:oasis:names:tc:xacml:1.0:subject:subject-id"
	AttributeResourceID      = "urn:oasis:names:tc:xacml:1.0:resource:resource-id"
	AttributeActionID        = "urn:oasis:names:tc:xacml:1.0:action:action-id"
	AttributeCurrentTime     = "urn:oasis:names:tc:xacml:1.0:environment:current-time"
	AttributeCurrentDate     = "urn:oasis:names:tc:xacml:1.0:environment:current-date"
	AttributeCurrentDateTime = "urn:oasis:names:tc:xacml:1.0:environment:current-dateTime"
)

// Attribute ids of the Multiple Decision profile (2.1 and 2.2), the second
// spelling being that of some implementations, and what stands in their place in
// an individual request (B.6).
const (
	AttributeScope                   = "urn:oasis:names:tc:xacml:2.0:resource:scope"
	AttributeMultipleContentSelector = "urn:oasis:names:tc:xacml:3.0:profile:multiple:content-selector"
	AttributeContentSelectorVariant  = "urn:oasis:names:tc:xacml:3.0:multiple:content-selector"
	AttributeContentSelector         = "urn:oasis:names:tc:xacml:3.0:content-selector"
)

// Status codes (B.8).
const (
	StatusOK               = "urn:oasis:names:tc:xacml:1.0:status:ok"
	StatusMissingAttribute = "urn:oasis:names:tc:xacml:1.0:status:missing-attribute"
	StatusSyntaxError      = "urn:oasis:names:tc:xacml:1.0:status:syntax-error"
	StatusProcessingError  = "urn:oasis:names:tc:xacml:1.0:status:processing-error"
)

// Prefixes of the identifiers of functions (A.3) and combining algorithms
// (appendix C): the name of the function or algorithm follows.
const (
	Function1 = "urn:oasis:names:tc:xacml:1.0:function:"
	Function2 = "urn:oasis:names:tc:xacml:2.0:function:"
	Function3 = "urn:oasis:names:tc:xacml:3.0:function:"

	RuleAlgorithm1    = "urn:oasis:names:tc:xacml:1.0:rule-combining-algorithm:"
	RuleAlgorithm11   = "urn:oasis:names:tc:xacml:1.1:rule-combining-algorithm:"
	RuleAlgorithm3    = "urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:"
	PolicyAlgorithm1  = "urn:oasis:names:tc:xacml:1.0:policy-combining-algorithm:"
	PolicyAlgorithm11 = "urn:oasis:names:tc:xacml:1.1:policy-combining-algorithm:"
	PolicyAlgorithm3  = "urn:oasis:names:tc:xacml:3.0:policy-combining-algorithm:"
)
