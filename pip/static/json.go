package static

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// parseJSON reads a table from JSON. It works on tokens, because a decoder
// would take the last of two equal keys, and forget the lines.
func parseJSON(data []byte) (Table, error) {
	r := &jsonReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	t, err := r.table()
	if err == nil {
		if _, end := r.decoder.Token(); !errors.Is(end, io.EOF) {
			err = r.failf("text follows the table")
		}
	}
	return t, err
}

// jsonReader reads tokens and knows their lines.
type jsonReader struct {
	data    []byte
	decoder *json.Decoder
}

// line is the line on which the token that was read last ends.
func (r *jsonReader) line() int {
	return 1 + bytes.Count(r.data[:min(r.decoder.InputOffset(), int64(len(r.data)))], []byte{'\n'})
}

// failf makes an error at the current line.
func (r *jsonReader) failf(format string, args ...any) error {
	return placedf(r.line(), format, args...)
}

// next is the next token.
func (r *jsonReader) next() (json.Token, error) {
	tok, err := r.decoder.Token()
	if err != nil {
		return nil, r.failf("the text is not JSON")
	}
	return tok, nil
}

// table reads a list of rows, or an object with rows and columns.
func (r *jsonReader) table() (Table, error) {
	tok, err := r.next()
	if err != nil {
		return Table{}, err
	}
	if tok == json.Delim('[') {
		rows, err := r.rows()
		return Table{Rows: rows}, err
	}
	var t Table
	hasRows := false
	err = r.object(tok, func(key string) error {
		tok, err := r.next()
		if err != nil {
			return err
		}
		switch key {
		case "columns":
			t.Columns, err = r.texts(tok)
			if t.Columns == nil {
				t.Columns = []string{}
			}
		case "rows":
			hasRows = true
			if tok != json.Delim('[') {
				return r.failf("rows are a list")
			}
			t.Rows, err = r.rows()
		default:
			return r.failf("unknown key %q, known are columns and rows", key)
		}
		return err
	})
	if err == nil && !hasRows {
		err = r.failf("the key rows is missing")
	}
	return t, err
}

// rows reads the rest of a list of rows.
func (r *jsonReader) rows() ([]Row, error) {
	rows := []Row{}
	for {
		tok, err := r.next()
		if err != nil {
			return nil, err
		}
		if tok == json.Delim(']') {
			return rows, nil
		}
		row := Row{Line: r.line(), Cells: make(map[string][]string)}
		err = r.object(tok, func(key string) error {
			tok, err := r.next()
			if err != nil {
				return err
			}
			row.Cells[key], err = r.texts(tok)
			return err
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}

// object calls f for each member of the object that tok begins; f reads the value.
func (r *jsonReader) object(tok json.Token, f func(key string) error) error {
	if tok != json.Delim('{') {
		return r.failf("an object is expected")
	}
	seen := make(map[string]bool)
	for {
		tok, err := r.next()
		if err != nil {
			return err
		}
		key, ok := tok.(string)
		if !ok {
			return nil // the closing brace
		}
		if seen[key] {
			return r.failf("the key %q occurs twice", key)
		}
		seen[key] = true
		if err := f(key); err != nil {
			return err
		}
	}
}

// texts reads the scalar tok, or the list of scalars that it begins. Nulls are
// no values.
func (r *jsonReader) texts(tok json.Token) ([]string, error) {
	if tok != json.Delim('[') {
		return r.appendText(nil, tok)
	}
	var texts []string
	for {
		tok, err := r.next()
		if err != nil {
			return nil, err
		}
		if tok == json.Delim(']') {
			return texts, nil
		}
		if texts, err = r.appendText(texts, tok); err != nil {
			return nil, err
		}
	}
}

// appendText appends the text of the scalar tok.
func (r *jsonReader) appendText(texts []string, tok json.Token) ([]string, error) {
	switch tok := tok.(type) {
	case nil:
		return texts, nil
	case string:
		return append(texts, tok), nil
	case json.Number:
		return append(texts, tok.String()), nil
	case bool:
		if tok {
			return append(texts, "true"), nil
		}
		return append(texts, "false"), nil
	default:
		return nil, r.failf("a scalar or a list of scalars is expected")
	}
}
