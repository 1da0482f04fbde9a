package xacmljson

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// responseSchemaText is the Response of the profile (4.3), as strict as what this
// package writes.
const responseSchemaText = `{
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "type": "object", "additionalProperties": false, "required": ["Response"],
 "properties": {"Response": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/result"}}},
 "$defs": {
  "name": {"type": "string", "minLength": 1},
  "uri": {"type": "string", "pattern": ":"},
  "result": {
   "type": "object", "additionalProperties": false, "required": ["Decision", "Status"],
   "properties": {
    "Decision": {"enum": ["Permit", "Deny", "NotApplicable", "Indeterminate"]},
    "Status": {"$ref": "#/$defs/status"},
    "Obligations": {"$ref": "#/$defs/obligations"},
    "AssociatedAdvice": {"$ref": "#/$defs/obligations"},
    "Category": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/category"}},
    "PolicyIdentifierList": {
     "type": "object", "additionalProperties": false, "minProperties": 1,
     "properties": {"PolicyIdReference": {"$ref": "#/$defs/policies"}, "PolicySetIdReference": {"$ref": "#/$defs/policies"}}
    }
   }
  },
  "status": {
   "type": "object", "additionalProperties": false, "required": ["StatusCode"],
   "properties": {
    "StatusMessage": {"type": "string"},
    "StatusCode": {
     "type": "object", "additionalProperties": false, "required": ["Value"],
     "properties": {"Value": {"$ref": "#/$defs/name"}, "StatusCode": {"$ref": "#/$defs/status/properties/StatusCode"}}
    },
    "StatusDetail": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/missing"}}
   }
  },
  "missing": {
   "type": "object", "additionalProperties": false, "required": ["Category", "AttributeId", "DataType"],
   "properties": {
    "Category": {"$ref": "#/$defs/name"}, "AttributeId": {"$ref": "#/$defs/name"}, "DataType": {"$ref": "#/$defs/uri"},
    "Issuer": {"$ref": "#/$defs/name"}, "Value": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/value"}}
   }
  },
  "obligations": {
   "type": "array", "minItems": 1,
   "items": {
    "type": "object", "additionalProperties": false, "required": ["Id"],
    "properties": {
     "Id": {"$ref": "#/$defs/name"},
     "AttributeAssignment": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/assignment"}}
    }
   }
  },
  "assignment": {
   "type": "object", "additionalProperties": false, "required": ["AttributeId", "Value"],
   "properties": {
    "AttributeId": {"$ref": "#/$defs/name"}, "Category": {"$ref": "#/$defs/name"}, "Issuer": {"$ref": "#/$defs/name"},
    "DataType": {"$ref": "#/$defs/uri"}, "Value": {"$ref": "#/$defs/value"}
   },
   "$ref": "#/$defs/typed"
  },
  "category": {
   "type": "object", "additionalProperties": false, "required": ["CategoryId"],
   "properties": {
    "CategoryId": {"$ref": "#/$defs/uri"}, "Id": {"$ref": "#/$defs/name"}, "Content": {"type": "string", "pattern": "^<"},
    "Attribute": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/attribute"}}
   }
  },
  "attribute": {
   "type": "object", "additionalProperties": false, "required": ["AttributeId", "Value"],
   "properties": {
    "AttributeId": {"$ref": "#/$defs/name"}, "Issuer": {"$ref": "#/$defs/name"}, "DataType": {"$ref": "#/$defs/uri"},
    "IncludeInResult": {"type": "boolean"},
    "Value": {"anyOf": [{"$ref": "#/$defs/value"}, {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/value"}}]}
   },
   "$ref": "#/$defs/typed"
  },
  "typed": {
   "description": "without a DataType there are strings, booleans and integers only",
   "if": {"not": {"required": ["DataType"]}},
   "then": {"properties": {"Value": {"anyOf": [
    {"type": ["string", "boolean", "integer"]},
    {"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "boolean"}}, {"type": "array", "items": {"type": "integer"}}
   ]}}}
  },
  "value": {"anyOf": [
   {"type": ["string", "boolean", "number"]},
   {
    "type": "object", "additionalProperties": false, "required": ["XPathCategory", "XPath"],
    "properties": {
     "XPathCategory": {"$ref": "#/$defs/uri"}, "XPath": {"$ref": "#/$defs/name"},
     "Namespaces": {"type": "array", "minItems": 1, "items": {
      "type": "object", "additionalProperties": false, "required": ["Namespace"],
      "properties": {"Prefix": {"$ref": "#/$defs/name"}, "Namespace": {"$ref": "#/$defs/name"}}
     }}
    }
   },
   {
    "description": "an entity", "type": "object", "additionalProperties": false,
    "properties": {"Content": {"$ref": "#/$defs/category/properties/Content"}, "Attribute": {"$ref": "#/$defs/category/properties/Attribute"}}
   }
  ]},
  "policies": {
   "type": "array", "minItems": 1,
   "items": {
    "type": "object", "additionalProperties": false, "required": ["Id"],
    "properties": {"Id": {"$ref": "#/$defs/name"}, "Version": {"type": "string", "pattern": "^([0-9]+\\.)*[0-9]+$"}}
   }
  }
 }
}`

func responseSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(responseSchemaText)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("urn:response", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("urn:response")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func checkSchema(t tester, schema *jsonschema.Schema, document []byte) {
	t.Helper()
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatalf("got %v, want JSON: %s", err, document)
	}
	if err := schema.Validate(instance); err != nil {
		t.Fatalf("got a response that is not valid: %v\n%s", err, document)
	}
}

func TestProfile4_3_Schema(t *testing.T) {
	schema := responseSchema(t)
	var b bytes.Buffer
	if err := WriteResponse(&b, fullResponse()); err != nil {
		t.Fatal(err)
	}
	checkSchema(t, schema, b.Bytes())

	// The schema itself must refuse what the profile does.
	for _, document := range []string{
		`{"Response": []}`,
		`{"Response": [{"Decision": "Permit", "Status": {"StatusMessage": "m"}}]}`,
		`{"Response": [{"Decision": "Permit", "Status": {"StatusCode": {"Value": "s"}}, "AssociateAdvice": []}]}`,
		`{"Response": [{"Decision": "Permit", "Status": {"StatusCode": {"Value": "s"}}, "Obligations": [{"Id": "o", "AttributeAssignment": [{"AttributeId": "a", "Value": 1.5}]}]}]}`,
	} {
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(document)))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(instance) == nil {
			t.Errorf("got a valid response, want it refused by the schema: %s", document)
		}
	}
}
