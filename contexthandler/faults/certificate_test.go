package faults

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// identity is the certificate of a server of the tests. It can be exchanged for
// one that nobody trusts.
type identity struct {
	caFile        string // of the authority that is trusted
	good, forged  *tls.Certificate
	masquerades   atomic.Bool // it shows the forged one
	nextProtocols []string
}

// newIdentity makes a certificate for all names of the domain.
func newIdentity(t testing.TB, protocols ...string) *identity {
	t.Helper()
	id := &identity{nextProtocols: protocols, caFile: filepath.Join(t.TempDir(), "ca.pem")}
	id.good, id.forged = certificate(t), certificate(t)
	block := &pem.Block{Type: "CERTIFICATE", Bytes: id.good.Certificate[0]}
	must(t, os.WriteFile(id.caFile, pem.EncodeToMemory(block), 0o600))
	return id
}

// certificate is one that signs itself.
func certificate(t testing.TB) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "faults"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		DNSNames: []string{"*" + domain},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// config is that of a server.
func (id *identity) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: id.nextProtocols,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if id.masquerades.Load() {
				return id.forged, nil
			}
			return id.good, nil
		},
	}
}
