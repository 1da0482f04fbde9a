package explanation

import (
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// ValueOf shows at most so many values.
func ValueOf(dataType string, bag bool, values []value.Value, most int) *Value {
	v := &Value{DataType: cut(dataType), Bag: bag, Count: len(values)}
	for _, one := range values[:min(most, len(values))] {
		v.Texts = append(v.Texts, cut(value.Lexical(one)))
	}
	return v
}

// Given shows an attribute with its values, which may have several data types.
func Given(category string, a *xacml.Attribute, private bool) Attribute {
	out := Attribute{Category: cut(category), ID: cut(a.ID), Issuer: cut(a.Issuer)}
	if len(a.Values) > 0 {
		out.DataType = cut(value.TypeID(a.Values[0]))
	}
	out.Values = ValueOf(out.DataType, true, a.Values, shownValues)
	if private {
		out.Values.hide()
	}
	return out
}

// AttributeOf shows a key.
func AttributeOf(key xacml.AttributeKey, mustBePresent bool) *Attribute {
	return &Attribute{
		Category: cut(key.Category), ID: cut(key.ID), DataType: key.Type.ID(), Issuer: cut(key.Issuer), MustBePresent: mustBePresent,
	}
}

// StatusOf shows a status; nil if it is ok.
func StatusOf(s xacml.Status) *Status {
	if s.Code == "" || s.Code == xacml.StatusOK {
		return nil
	}
	out := &Status{Code: s.Code, Message: cut(s.Message)}
	for _, m := range s.Missing {
		out.Missing = append(out.Missing, *AttributeOf(m.AttributeKey, false))
	}
	return out
}

func statusOf(err *xacml.Error) *Status {
	if err == nil {
		return nil
	}
	return StatusOf(err.Status)
}

// longest is how much of a text is shown, in bytes.
const longest = 300

// cut shortens text, and replaces what is not UTF-8.
func cut(text string) string {
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
