package tlsfile

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// maxBytes bounds a file.
const maxBytes = 1 << 20

// reading is what was in the files, by hashes, and what was wrong with reading them.
type reading struct {
	cert, key, ca [sha256.Size]byte
	failed        string
}

// material is what is in the files, as far as it is in order.
type material struct {
	certificate tls.Certificate
	clients     *x509.CertPool // nil if clients are not asked for certificates
	authorities int            // of clients

	read, expires    time.Time
	authorityExpires time.Time // the first of them
}

// read reads the files. With an error there is only a part of the material, or none.
func (cfg Config) read() (reading, *material, error) {
	cert, certErr := readFile(cfg.CertFile)
	key, keyErr := readFile(cfg.KeyFile)
	var ca []byte
	var caErr error
	if cfg.ClientCAFile != "" {
		ca, caErr = readFile(cfg.ClientCAFile)
	}
	r := reading{cert: sha256.Sum256(cert), key: sha256.Sum256(key), ca: sha256.Sum256(ca)}
	if err := cfg.wrap(certErr, keyErr, caErr); err != nil {
		r.failed = err.Error()
	}
	m := &material{read: time.Now()}
	if certErr == nil && keyErr == nil {
		certErr = m.pair(cert, key)
	}
	if cfg.ClientCAFile != "" && caErr == nil {
		caErr = m.trust(ca)
	}
	return r, m, cfg.wrap(certErr, keyErr, caErr)
}

// wrap says which files errors are about.
func (cfg Config) wrap(cert, key, ca error) error {
	var errs []error
	for _, file := range []struct {
		what, name string
		err        error
	}{{"certificate", cfg.CertFile, cert}, {"key", cfg.KeyFile, key}, {"authorities", cfg.ClientCAFile, ca}} {
		if file.err != nil {
			errs = append(errs, fmt.Errorf("the %s in %s: %w", file.what, file.name, file.err))
		}
	}
	return errors.Join(errs...)
}

// or takes what is missing from what counted before. The authorities do not wait for a
// certificate that is in order: one that is taken away would be trusted meanwhile.
func (m *material) or(before *material) *material {
	if m.certificate.Leaf == nil {
		m.certificate, m.expires = before.certificate, before.expires
	}
	if m.clients == nil {
		m.clients, m.authorities, m.authorityExpires = before.clients, before.authorities, before.authorityExpires
	}
	return m
}

// same reports whether it is no other certificate, and no other authorities.
func (m *material) same(o *material) bool {
	return m.certificate.Leaf.Equal(o.certificate.Leaf) && m.clients.Equal(o.clients)
}

// readFile reads a regular file up to the bound.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a pipe would wait for a writer
		return nil, errors.New("it is not a regular file")
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // read-only
	data, err := io.ReadAll(io.LimitReader(file, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("it is longer than %d bytes", maxBytes)
	}
	return data, nil
}

// pair takes the certificate and its key, which must be of each other.
func (m *material) pair(cert, key []byte) error {
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return errors.New("it does not fit its key, or one of them cannot be read") // the error could quote the key
	}
	if now := m.read; now.Before(pair.Leaf.NotBefore) || now.After(pair.Leaf.NotAfter) {
		return fmt.Errorf("it is good from %v to %v only", pair.Leaf.NotBefore, pair.Leaf.NotAfter)
	}
	m.certificate, m.expires = pair, pair.Leaf.NotAfter
	return nil
}

// trust takes the authorities of clients: all of them or none, because one that is
// left out is missed only when its clients are refused.
func (m *material) trust(data []byte) error {
	clients, number := x509.NewCertPool(), 0
	var first time.Time
	for block, rest := pem.Decode(data); ; block, rest = pem.Decode(rest) {
		if block == nil {
			if len(bytes.TrimSpace(rest)) > 0 {
				return errors.New("there is something that is not PEM at the end")
			}
			break
		}
		if block.Type != "CERTIFICATE" {
			return errors.New("there is something else than certificates")
		}
		authority, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("certificate %d cannot be read", number+1)
		}
		if !authority.IsCA {
			return fmt.Errorf("certificate %d is not that of an authority", number+1)
		}
		clients.AddCert(authority)
		number++
		if first.IsZero() || authority.NotAfter.Before(first) {
			first = authority.NotAfter
		}
	}
	if number == 0 {
		return errors.New("there is no certificate")
	}
	m.clients, m.authorities, m.authorityExpires = clients, number, first
	return nil
}

// config is the configuration of a connection.
func (m *material) config(requireClient bool) *tls.Config {
	c := &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{m.certificate},
		// A session would carry the trust of its time into that of other authorities.
		SessionTicketsDisabled: true,
	}
	if m.clients != nil {
		c.ClientCAs, c.ClientAuth = m.clients, tls.VerifyClientCertIfGiven
		if requireClient {
			c.ClientAuth = tls.RequireAndVerifyClientCert
		}
	}
	return c
}
