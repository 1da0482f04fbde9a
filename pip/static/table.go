package static

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pip"
)

// MaxFile is the size in bytes that the file of a table may have.
const MaxFile = 64 << 20

// Table is a list of rows.
type Table struct {
	// File is where the table comes from; empty for a table in memory.
	File string
	// Columns are the columns that a row may have. If they are nil, a row may
	// have those that the source uses.
	Columns []string
	Rows    []Row
}

// Row gives columns their values, as text. A column without values is the same
// as none.
type Row struct {
	// Line is the line in the file; zero for a table in memory.
	Line  int
	Cells map[string][]string
}

// ReadFile reads a table from a file, whose name ends in .yaml, .yml, .json or .csv.
// A file in YAML or JSON holds a list of rows, or a map with the list under "rows"
// and the names of the columns under "columns". One of comma-separated values begins
// with the names of the columns; an empty cell is no value.
func ReadFile(name string) (Table, error) {
	info, err := os.Stat(name)
	if err != nil {
		return Table{}, err
	}
	if !info.Mode().IsRegular() { // a pipe would wait for a writer
		return Table{}, fmt.Errorf("%s: it is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return Table{}, err
	}
	defer f.Close() //nolint:errcheck // read-only
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return Table{}, err
	}
	if len(data) > MaxFile {
		return Table{}, fmt.Errorf("%s: the file is longer than %d bytes", name, MaxFile)
	}
	return Parse(name, data)
}

// Parse reads a table from data; the name says the syntax, as in [ReadFile].
func Parse(name string, data []byte) (Table, error) {
	if !utf8.Valid(data) {
		return Table{}, fmt.Errorf("%s: the text is not UTF-8", name)
	}
	var t Table
	var err error
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".yaml", ".yml":
		t, err = parseYAML(data)
	case ".json":
		t, err = parseJSON(data)
	case ".csv":
		t, err = parseCSV(data)
	default:
		return Table{}, fmt.Errorf("%s: a table is a .yaml, .yml, .json or .csv file", name)
	}
	if err != nil {
		return Table{}, fmt.Errorf("%s:%w", name, err)
	}
	t.File = name
	return t, nil
}

// located puts the name of the file before err.
func (t Table) located(err error) error {
	if t.File == "" {
		return err
	}
	return fmt.Errorf("%s: %w", t.File, err)
}

// place names the i-th row.
func (t Table) place(i int) string {
	if line := t.Rows[i].Line; line > 0 {
		return fmt.Sprintf("%s:%d", t.File, line)
	}
	return fmt.Sprintf("row %d", i+1)
}

// values reads the values of a column.
func (r Row) values(column string, t value.Type) ([]value.Value, error) {
	var values []value.Value
	for _, text := range r.Cells[column] {
		v, err := pip.Parse(t, text)
		if err != nil {
			return nil, fmt.Errorf("column %q: a value is not a lexical form of the data type %s", column, t)
		}
		values = append(values, v)
	}
	return values, nil
}

// placed is an error at a line of a file.
type placed struct {
	line    int
	message string
}

// Error is the line and the message, as they follow the name of a file.
func (p *placed) Error() string { return fmt.Sprintf("%d: %s", p.line, p.message) }

// placedf makes an error at a line.
func placedf(line int, format string, args ...any) error {
	return &placed{line: line, message: fmt.Sprintf(format, args...)}
}
