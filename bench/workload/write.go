package workload

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"

	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// WriteXML writes the policies of a workload below a folder, a file each, at the
// names of the documents. App policies are spread over sub-folders of 1,000.
func WriteXML(dir string, w Workload) error {
	for d := range w.Documents() {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(d.Name)), d); err != nil {
			return fmt.Errorf("write policy %q: %w", d.Name, err)
		}
	}
	return nil
}

func writeFile(name string, d policy.Document) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // again after Close below, which tells
	out := bufio.NewWriter(file)
	if err := xacmlxml.WritePolicy(out, d); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}
