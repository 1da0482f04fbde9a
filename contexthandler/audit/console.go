package audit

import "io"

// console writes lines to standard output.
type console struct {
	w       io.Writer
	pending []byte // what is not written yet

	// The chain, if there are no files.
	id   chainID
	last position
}

// add makes lines of records, where no file does.
func (c *console) add(records [][]byte) {
	for _, r := range records {
		c.pending, c.last = appendLine(c.pending, c.id, c.last, 0, r)
	}
}

// flush writes what is pending. After an error it goes on where it stopped.
func (c *console) flush() error {
	if len(c.pending) == 0 {
		return nil
	}
	n, err := c.w.Write(c.pending)
	c.pending = c.pending[n:]
	if len(c.pending) == 0 {
		c.pending = nil
	}
	return err
}
