package function

import "testing"

func rowsXPath() []row {
	const x = "xpathExpression:"
	return []row{
		{"3.0:xpath-node-count", x + "c|//a", "integer:2"},
		{"3.0:xpath-node-count", x + "c|//a/@id", "integer:2"},
		{"3.0:xpath-node-count", x + "c|//none", "integer:0"},
		{"3.0:xpath-node-count", x + "absent|//a", "integer:0"}, // no Content is no error
		{"3.0:xpath-node-count", x + "c|count(//a)", "processing-error"},
		{"3.0:xpath-node-count", x + "c|//", "processing-error"},

		{"3.0:xpath-node-equal", x + "c|//a, " + x + "c|/r/a", "boolean:true"},
		{"3.0:xpath-node-equal", x + "c|/r/b/a, " + x + "c|/r/a", "boolean:false"},
		{"3.0:xpath-node-equal", x + "c|//none, " + x + "c|//none", "boolean:false"},
		{"3.0:xpath-node-equal", x + "absent|//a, " + x + "c|//a", "boolean:false"},
		{"3.0:xpath-node-equal", x + "c|//a, fails xpathExpression", "failure 1"},

		{"3.0:xpath-node-match", x + "c|/r/b, " + x + "c|/r/b/a", "boolean:true"},     // below
		{"3.0:xpath-node-match", x + "c|/r/b, " + x + "c|/r/b", "boolean:true"},       // the same
		{"3.0:xpath-node-match", x + "c|/r/b, " + x + "c|//a/@id", "boolean:true"},    // an attribute below
		{"3.0:xpath-node-match", x + "c|/r/b/a, " + x + "c|/r/b", "boolean:false"},    // above
		{"3.0:xpath-node-match", x + "c|/r/b, " + x + "c|/r/a", "boolean:false"},      // beside
		{"3.0:xpath-node-match", x + "absent|/r/b, " + x + "c|/r/b", "boolean:false"}, // nothing
		{"3.0:xpath-node-match", x + "c|1 + 1, " + x + "c|/r/b", "processing-error"},  // not nodes

		// XACML 1 and 2 had strings.
		{"1.0:xpath-node-count", "string://a", "integer:2"},
		{"1.0:xpath-node-count", "string://p:a", "processing-error"},
		{"1.0:xpath-node-equal", "string://a, string:/r/a", "boolean:true"},
		{"1.0:xpath-node-match", "string:/r/b, string:/r/b/a", "boolean:true"},
	}
}

func TestA3_15_XPath(t *testing.T) { run(t, rowsXPath()) }

func rowsOther() []row {
	return []row{
		{"3.0:access-permitted", "anyURI:yes, string:", "boolean:true"},
		{"3.0:access-permitted", "anyURI:no, string:", "boolean:false"},
		{"3.0:access-permitted", "anyURI:bad, string:<", "syntax-error"},
	}
}

func TestA3_16_Other(t *testing.T) { run(t, rowsOther()) }
