// Package strictjson reads JSON objects (RFC 8259) of which exactly one reading
// is possible. It is for what signatures and keys are made of, where two readers
// that take different members for the valid one are a way around the check.
//
// It refuses what encoding/json lets pass: member names that occur twice,
// whatever way they are written, text that is not UTF-8, halves of surrogate
// pairs, and text after the object.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep objects and lists may stand in each other.
const maxDepth = 32

// ErrSyntax says that a text is not an object with one reading. It tells nothing
// of the text, which may be secret.
var ErrSyntax = errors.New("not a JSON object with one reading")

// Object reads an object. Its values are as encoding/json gives them, numbers as
// json.Number.
func Object(data []byte) (map[string]any, error) {
	v, err := Value(data)
	if err != nil {
		return nil, err
	}
	if o, ok := v.(map[string]any); ok {
		return o, nil
	}
	return nil, ErrSyntax
}

// Value reads any value.
func Value(data []byte) (any, error) {
	// The grammar first: the tokens of a decoder are read leniently.
	if !json.Valid(data) {
		return nil, ErrSyntax
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return value(d, maxDepth)
}

// value reads the next value, which may be depth levels deep.
func value(d *json.Decoder, depth int) (any, error) {
	tok, err := d.Token()
	if err != nil {
		return nil, ErrSyntax
	}
	switch tok := tok.(type) {
	case json.Delim:
		if depth == 0 {
			return nil, ErrSyntax
		}
		if tok == '{' {
			return object(d, depth-1)
		}
		return list(d, depth-1)
	case string:
		return text(tok)
	default:
		return tok, nil
	}
}

// object reads the rest of an object.
func object(d *json.Decoder, depth int) (any, error) {
	members := make(map[string]any)
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return nil, ErrSyntax
		}
		written, _ := tok.(string)
		name, err := text(written)
		if err != nil {
			return nil, err
		}
		if _, twice := members[name]; twice {
			return nil, ErrSyntax
		}
		if members[name], err = value(d, depth); err != nil {
			return nil, err
		}
	}
	return members, end(d)
}

// list reads the rest of a list.
func list(d *json.Decoder, depth int) (any, error) {
	items := []any{}
	for d.More() {
		item, err := value(d, depth)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, end(d)
}

// end reads the end of an object or a list.
func end(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return ErrSyntax
	}
	return nil
}

// text refuses the replacement character, which is what the decoder makes of half
// a surrogate pair and of what is not UTF-8: different texts would become one.
func text(s string) (string, error) {
	if strings.ContainsRune(s, utf8.RuneError) {
		return "", ErrSyntax
	}
	return s, nil
}
