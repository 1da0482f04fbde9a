package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// entry is a file of an archive.
type entry struct {
	name       string
	from       string // the file that it is a copy of; empty: data is the content
	data       []byte
	executable bool
}

// writeArchive writes a tar.gz with the entries in one folder. It depends on their
// names and contents only: order, times, owners and modes are always the same.
func writeArchive(path, folder string, at time.Time, entries []entry) error {
	var out bytes.Buffer
	packed, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(packed)
	entries = slices.SortedFunc(slices.Values(entries), func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	head := tar.Header{Format: tar.FormatUSTAR, ModTime: at, Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o755}
	if err := archive.WriteHeader(&head); err != nil {
		return err
	}
	for _, e := range entries {
		data := e.data
		if e.from != "" {
			if data, err = os.ReadFile(e.from); err != nil {
				return err
			}
		}
		head := tar.Header{Format: tar.FormatUSTAR, ModTime: at, Typeflag: tar.TypeReg, Name: folder + "/" + e.name, Mode: 0o644, Size: int64(len(data))}
		if e.executable {
			head.Mode = 0o755
		}
		if err := archive.WriteHeader(&head); err != nil {
			return err
		}
		if _, err := archive.Write(data); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	if err := packed.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// writeSums writes SHA256SUMS, which `sha256sum -c` reads.
func writeSums(folder string, names []string) error {
	var out bytes.Buffer
	for _, name := range slices.Sorted(slices.Values(names)) {
		sum, err := sumOf(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "%s  %s\n", sum, name)
	}
	return os.WriteFile(filepath.Join(folder, "SHA256SUMS"), out.Bytes(), 0o644)
}

// sumOf is the SHA-256 of a file, in hexadecimal.
func sumOf(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
