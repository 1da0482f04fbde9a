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

// material is what is in the files.
type material struct {
	certificate tls.Certificate
	clients     *x509.CertPool // nil if clients are not asked for certificates
	authorities int            // of clients

	read, expires    time.Time
	authorityExpires time.Time // the first of them
}

// read reads the files. Material comes without an error only.
func (cfg Config) read() (reading, *material, error) {
	cert, certErr := readFile(cfg.CertFile)
	key, keyErr := readFile(cfg.KeyFile)
	var ca []byte
	var caErr error
	if cfg.ClientCAFile != "" {
		ca, caErr = readFile(cfg.ClientCAFile)
	}
	r := reading{cert: sha256.Sum256(cert), key: sha256.Sum256(key), ca: sha256.Sum256(ca)}
	err := errors.Join(
		wrap("certificate", cfg.CertFile, certErr), wrap("key", cfg.KeyFile, keyErr), wrap("authorities", cfg.ClientCAFile, caErr))
	if err != nil {
		r.failed = err.Error()
		return r, nil, err
	}
	m := &material{read: time.Now()}
	certErr = m.pair(cert, key)
	if cfg.ClientCAFile != "" {
		caErr = m.trust(ca)
	}
	err = errors.Join(wrap("certificate", cfg.CertFile, certErr), wrap("authorities", cfg.ClientCAFile, caErr))
	if err != nil {
		return r, nil, err
	}
	return r, m, nil
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
func (m *material) pair(cert, key []byte) (err error) {
	if m.certificate, err = tls.X509KeyPair(cert, key); err != nil {
		return errors.New("it does not fit its key, or one of them cannot be read") // the error could quote the key
	}
	leaf := m.certificate.Leaf
	if now := m.read; now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return fmt.Errorf("it is good from %v to %v only", leaf.NotBefore, leaf.NotAfter)
	}
	m.expires = leaf.NotAfter
	return nil
}

// trust takes the authorities of clients: all of them or none, because one that is
// left out is missed only when its clients are refused.
func (m *material) trust(data []byte) error {
	m.clients = x509.NewCertPool()
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
			return fmt.Errorf("certificate %d cannot be read", m.authorities+1)
		}
		if !authority.IsCA {
			return fmt.Errorf("certificate %d is not that of an authority", m.authorities+1)
		}
		m.clients.AddCert(authority)
		m.authorities++
		if m.authorityExpires.IsZero() || authority.NotAfter.Before(m.authorityExpires) {
			m.authorityExpires = authority.NotAfter
		}
	}
	if m.authorities == 0 {
		return errors.New("there is no certificate")
	}
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
