package static

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
)

// parseCSV reads a table from comma-separated values (RFC 4180). The first record
// names the columns. An empty cell is no value; a row that needs several values for
// a column is several rows.
func parseCSV(data []byte) (Table, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))))
	columns, err := r.Read()
	if errors.Is(err, io.EOF) {
		return Table{}, placedf(1, "the names of the columns are missing")
	}
	if err != nil {
		return Table{}, csvError(err)
	}
	t := Table{Columns: columns}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return Table{}, csvError(err)
		}
		line, _ := r.FieldPos(0)
		row := Row{Line: line, Cells: make(map[string][]string, len(columns))}
		for i, cell := range cells {
			if cell != "" {
				row.Cells[columns[i]] = []string{cell}
			}
		}
		t.Rows = append(t.Rows, row)
	}
}

// csvError is an error of the reader at its line.
func csvError(err error) error {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return placedf(e.Line, "%v", e.Err)
	}
	return placedf(1, "%v", err)
}
