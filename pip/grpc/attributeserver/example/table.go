package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/forseti-pdp/forseti/pip/grpc/attributeserver"
)

// table holds the roles of users. Its zero value holds none.
type table struct {
	mu    sync.RWMutex
	roles map[string][]string
}

// Answer gives the roles of a user. One who is not in the table has none: the
// table is all there is.
func (t *table) Answer(_ context.Context, q attributeserver.Question) (attributeserver.Answer, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return attributeserver.Answer{Values: map[string][]string{"role": t.roles[q.Inputs["user"]]}}, nil
}

// load reads the file in place of what there was, and gives the users whose roles
// changed. A file with an error changes nothing.
func (t *table) load(name string) (changed []string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read-only
	roles, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for user, now := range roles {
		if !slices.Equal(now, t.roles[user]) {
			changed = append(changed, user)
		}
	}
	for user := range t.roles {
		if _, still := roles[user]; !still {
			changed = append(changed, user)
		}
	}
	t.roles = roles
	return changed, nil
}

// read reads a table in CSV with the columns user and role: one row for each role
// that a user has.
func read(r io.Reader) (map[string][]string, error) {
	rows := csv.NewReader(r)
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	if !slices.Equal(header, []string{"user", "role"}) {
		return nil, fmt.Errorf("the header is %q, not user,role", header)
	}
	roles := make(map[string][]string)
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return roles, nil
		}
		if err != nil {
			return nil, err
		}
		if row[0] == "" || row[1] == "" {
			line, _ := rows.FieldPos(0)
			return nil, fmt.Errorf("line %d: the user or the role is missing", line)
		}
		roles[row[0]] = append(roles[row[0]], row[1])
	}
}
