package xacmlxml

import "slices"

// kind is an element that the fast reader knows.
type kind uint8

const (
	documentKind kind = iota // around the root
	policySetKind
	policyKind
	ruleKind
	descriptionKind
	policySetDefaultsKind
	policyDefaultsKind
	xpathVersionKind
	targetKind
	anyOfKind
	allOfKind
	matchKind
	conditionKind
	variableDefinitionKind
	policySetIDReferenceKind
	policyIDReferenceKind
	applyKind
	functionKind
	variableReferenceKind
	attributeDesignatorKind
	attributeSelectorKind
	attributeValueKind
	obligationExpressionsKind
	adviceExpressionsKind
	obligationExpressionKind
	adviceExpressionKind
	attributeAssignmentExpressionKind
	kinds // how many there are
)

// kindNames are the local names of the kinds.
var kindNames = [kinds]string{
	policySetKind:                     "PolicySet",
	policyKind:                        "Policy",
	ruleKind:                          "Rule",
	descriptionKind:                   "Description",
	policySetDefaultsKind:             "PolicySetDefaults",
	policyDefaultsKind:                "PolicyDefaults",
	xpathVersionKind:                  "XPathVersion",
	targetKind:                        "Target",
	anyOfKind:                         "AnyOf",
	allOfKind:                         "AllOf",
	matchKind:                         "Match",
	conditionKind:                     "Condition",
	variableDefinitionKind:            "VariableDefinition",
	policySetIDReferenceKind:          "PolicySetIdReference",
	policyIDReferenceKind:             "PolicyIdReference",
	applyKind:                         "Apply",
	functionKind:                      "Function",
	variableReferenceKind:             "VariableReference",
	attributeDesignatorKind:           "AttributeDesignator",
	attributeSelectorKind:             "AttributeSelector",
	attributeValueKind:                "AttributeValue",
	obligationExpressionsKind:         "ObligationExpressions",
	adviceExpressionsKind:             "AdviceExpressions",
	obligationExpressionKind:          "ObligationExpression",
	adviceExpressionKind:              "AdviceExpression",
	attributeAssignmentExpressionKind: "AttributeAssignmentExpression",
}

// slot is where an element keeps the value of an attribute.
type slot uint8

const (
	idSlot slot = iota
	versionSlot
	algorithmSlot
	effectSlot
	categorySlot
	dataTypeSlot
	issuerSlot
	mustBePresentSlot
	selectorSlot
	pathSlot
	earliestSlot
	latestSlot
	slots // how many there are
)

// slotsByName are the attributes that the fast reader knows.
var slotsByName = map[string]slot{
	"PolicySetId": idSlot, "PolicyId": idSlot, "RuleId": idSlot, "VariableId": idSlot, "MatchId": idSlot,
	"FunctionId": idSlot, "AttributeId": idSlot, "ObligationId": idSlot, "AdviceId": idSlot,
	"Version": versionSlot, "EarliestVersion": earliestSlot, "LatestVersion": latestSlot,
	"PolicyCombiningAlgId": algorithmSlot, "RuleCombiningAlgId": algorithmSlot,
	"Effect": effectSlot, "FulfillOn": effectSlot, "AppliesTo": effectSlot,
	"Category": categorySlot, "DataType": dataTypeSlot, "Issuer": issuerSlot, "MustBePresent": mustBePresentSlot,
	"ContextSelectorId": selectorSlot, "Path": pathSlot,
}

// fastDecl is what the schema says of an element, as far as the fast reader
// knows it: attributes and children that are not here make it give up.
type fastDecl struct {
	attributes         []fastAttribute
	requiredAttributes uint16 // a bit for each slot
	children           []fastChild
	requiredChildren   uint16 // a bit for each particle
}

type fastAttribute struct {
	head string // its name and =
	typ  simpleType
	slot slot
}

// fastChild is an element that may be a child of another.
type fastChild struct {
	kind  kind
	local string
	bit   uint16 // of its particle
	next  uint8  // the first of the children that may follow
}

// fastDecls are the kinds as the schema declares them.
var fastDecls = func() (decls [kinds]fastDecl) {
	decls[documentKind] = newFastDecl(elementDecl{content: sequence(one("Policy", "PolicySet"))})
	for k := policySetKind; k < kinds; k++ {
		decls[k] = newFastDecl(schema[kindNames[k]])
	}
	return decls
}()

func newFastDecl(decl elementDecl) fastDecl {
	var out fastDecl
	for _, a := range decl.attributes {
		slot, known := slotsByName[a.local]
		if !known {
			continue
		}
		out.attributes = append(out.attributes, fastAttribute{a.local + "=", a.typ, slot})
		if !a.optional {
			out.requiredAttributes |= 1 << slot
		}
	}
	for i, p := range decl.content.particles {
		bit, first := uint16(1)<<i, len(out.children)
		for _, local := range p.names {
			if k := slices.Index(kindNames[:], local); k >= 0 {
				out.children = append(out.children, fastChild{kind: kind(k), local: local, bit: bit, next: uint8(first)})
			}
		}
		if p.max == 1 { // the others have no upper bound
			for c := first; c < len(out.children); c++ {
				out.children[c].next = uint8(len(out.children))
			}
		}
		if p.min > 0 { // 1
			out.requiredChildren |= bit
		}
	}
	return out
}
