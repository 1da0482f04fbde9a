package xacmlxml

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The rows of docs/robustness.md about requests in XML. Package pap has those
// about policies, from the folder to the metrics.

// Whatever is wrong with a request, it is a syntax error with a place, soon, and
// without the values of the request.
func TestRows_BrokenRequestIsASyntaxError(t *testing.T) {
	const integer, date, dateTime = `integer">`, `date">`, `dateTime">`
	typed := func(rest string) string {
		return inAttribute(`¦<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#` + rest + `</AttributeValue>`)
	}
	const dtd = `¦<!DOCTYPE r [<!ENTITY a "secret"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>`
	for _, test := range []struct {
		row         int
		name, input string
	}{
		{2, "empty", "¦"},
		{2, "truncated", strings.TrimSuffix(inRequest(""), "</Attributes></Request>") + "¦"},
		{2, "another document", `¦{"Request": {}}`},
		{2, "UTF-16", "¦\xFE\xFF\x00<\x00R\x00/\x00>"},
		{3, "entity expansion", dtd + inAttribute(`<AttributeValue`+stringType+`>&c;</AttributeValue>`)},
		{3, "external entity", `¦<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]>` + inAttribute(`<AttributeValue`+stringType+`>&a;</AttributeValue>`)},
		{3, "external subset", `¦<!DOCTYPE r SYSTEM "http://127.0.0.1:1/r.dtd">` + inRequest("")},
		{3, "bare DOCTYPE", "¦<!DOCTYPE Request>" + inRequest("")},
		{3, "DOCTYPE in a Content", inRequest("<Content>¦<!DOCTYPE a><a/></Content>")},
		{3, "processing instruction", inRequest("¦<?php secret ?>")},
		{4, "attribute twice", strings.Replace(inRequest(""), ` Category="c"`, ` Category="c" ¦Category="secret"`, 1)},
		{4, "prefix that is not bound", inRequest("¦<x:Attribute/>")},
		{4, "two roots", inRequest("") + "¦" + inRequest("")},
		{4, "text after the root", inRequest("") + "¦secret"},
		{4, "surrogate by reference", inAttribute(`<AttributeValue` + stringType + `>¦&#xD800;</AttributeValue>`)},
		{4, "flag of a foreign namespace", strings.Replace(inRequest(""), ` Category="c"`, ` xmlns:x="u" Category="c" ¦x:Category="secret"`, 1)},
		{5, "deep", strings.Repeat("<a>", 64) + "¦" + strings.Repeat("<a>", 1_000_000)},
		{5, "deep in a Content", inRequest("<Content>" + strings.Repeat("<a>", 61) + "¦<a>" + strings.Repeat("</a>", 62) + "</Content>")},
		{6, "long attribute", strings.Replace(inRequest(""), ` Category="c"`, ` ¦Category="`+strings.Repeat("c", 64<<10+1)+`"`, 1)},
		{6, "many attributes", "<Request" + strings.Repeat(` a=""`, 64) + ` ¦a=""` + strings.Repeat(` a=""`, 1_000_000) + "/>"},
		{6, "long value", inAttribute(`<AttributeValue` + stringType + `>¦` + strings.Repeat("x", 1<<20+1) + `</AttributeValue>`)},
		{7, "many values", inAttribute(strings.Repeat(`<AttributeValue`+stringType+`/>`, 100_000) + `¦<AttributeValue` + stringType + `/>`)},
		{13, "integer", typed(integer + "1e3")},
		{13, "day that does not exist", typed(date + "2026-02-30")},
		{13, "time zone", typed(dateTime + "2026-02-28T00:00:00+15:00")},
		{19, "NUL", inAttribute(`<AttributeValue` + stringType + ">¦\x00</AttributeValue>")},
		{19, "invalid UTF-8", inAttribute(`<AttributeValue` + stringType + ">¦\xFF</AttributeValue>")},
		{19, "surrogate in UTF-8", inAttribute(`<AttributeValue` + stringType + ">¦\xED\xA0\x80</AttributeValue>")},
		{19, "control character in an id", inRequest(`<Attribute ¦AttributeId="a&#x85;" IncludeInResult="false"><AttributeValue` + stringType + `/></Attribute>`)},
	} {
		t.Run(test.name, func(t *testing.T) {
			input, at := marked(t, test.input)
			began := time.Now()
			request, err := ReadRequest([]byte(input), Limits{})
			if took := time.Since(began); took > time.Minute {
				t.Errorf("row %d: got an answer after %v, want it soon", test.row, took)
			}
			var syntax *xacml.Error
			if !errors.As(err, &syntax) || request != nil || syntax.Status.Code != xacml.StatusSyntaxError {
				t.Fatalf("row %d: got %v and %v, want a syntax error: %.200s", test.row, request, err, input)
			}
			if got := err.Error(); !strings.HasPrefix(got, at.String()+": ") || len(got) > 500 || strings.Contains(got, "secret") {
				t.Errorf("row %d: got %.600q, want it short, at %v and without values: %.200s", test.row, got, at, input)
			}
		})
	}
}

// Row 6: a document that is too large is not read, and so has no place.
func TestRow6_RequestOf100MB(t *testing.T) {
	input := []byte(inAttribute(`<AttributeValue` + stringType + `>` + strings.Repeat("x", 100<<20) + `</AttributeValue>`))
	began := time.Now()
	if _, err := ReadRequest(input, Limits{}); err == nil || !strings.Contains(err.Error(), "more than 16777216") {
		t.Errorf("got %v, want refused for its size", err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("got an answer after %v, want it at once", took)
	}
}

// Row 19: a byte order mark before the document is not part of it, and no text
// is changed.
func TestRow19_TextsAreKept(t *testing.T) {
	const text = " cafe\u0301 \u202Eadmin\u200B \uFEFF"
	request, err := ReadRequest([]byte("\uFEFF"+inAttribute(`<AttributeValue`+stringType+`>`+text+`</AttributeValue>`)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := request.Attributes[0].Attributes[0].Values[0].String(); got != text {
		t.Errorf("got %q, want %q", got, text)
	}
}
