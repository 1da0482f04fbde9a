package reload

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
)

// MaxBytes bounds a file.
const MaxBytes = 1 << 20

// Read reads a regular file up to the bound. An error names the file.
func Read(name string) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a pipe would wait for a writer
		return nil, fmt.Errorf("%s: it is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%s: it is larger than %d bytes", name, MaxBytes)
	}
	return data, nil
}

// KeyPair is a certificate with its key, each in a file of its own in PEM.
func KeyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := Read(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := Read(keyFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

// Secret is the text of a file, without the line break at its end. It is never empty;
// check says what else is wrong with it, as in "is too long", without quoting it.
func Secret(name string, check func(text string) error) *Files[string] {
	return &Files[string]{
		Names: []string{name},
		Make: func(contents [][]byte) (string, error) {
			text := string(bytes.TrimRight(contents[0], "\r\n"))
			if text == "" {
				return "", fmt.Errorf("%s: it is empty", name)
			}
			if err := check(text); err != nil {
				return "", fmt.Errorf("%s: it %w", name, err)
			}
			return text, nil
		},
	}
}
