// Package certtest makes certificate authorities and certificates, for tests. It also
// makes what a server must refuse.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"time"
)

// Authority issues certificates.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// New makes an authority, which is good for a day.
func New(name string) *Authority {
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	key := newKey()
	return &Authority{sign(template, template, &key.PublicKey, key), key}
}

// PEM is the certificate of the authority.
func (a *Authority) PEM() []byte { return encode("CERTIFICATE", a.certificate.Raw) }

// Pool trusts the authority.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// Leaf is what a certificate says. What is zero is not in it, but for times, which are
// from an hour ago until an hour from now, and Usage, which is for clients and servers.
type Leaf struct {
	CommonName          string
	DNS, URIs           []string
	Elsewhere           bool // it is not for 127.0.0.1, which others are for beside their names
	NotBefore, NotAfter time.Time
	Usage               []x509.ExtKeyUsage
}

// Pair is a certificate and its key, as PEM.
type Pair struct{ Cert, Key []byte }

// Server is a certificate for this host and the names.
func (a *Authority) Server(names ...string) Pair {
	return a.Issue(Leaf{CommonName: "server", DNS: append([]string{"localhost"}, names...)})
}

// Issue makes a certificate.
func (a *Authority) Issue(l Leaf) Pair {
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: l.CommonName}, DNSNames: l.DNS,
		NotBefore: l.NotBefore, NotAfter: l.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: l.Usage,
	}
	for _, text := range l.URIs {
		u, err := url.Parse(text)
		must(err)
		template.URIs = append(template.URIs, u)
	}
	if !l.Elsewhere {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-time.Hour)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	if template.ExtKeyUsage == nil {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	key := newKey()
	certificate := sign(template, a.certificate, &key.PublicKey, a.key)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	return Pair{encode("CERTIFICATE", certificate.Raw), encode("PRIVATE KEY", der)}
}

// TLS is the pair as TLS uses it.
func (p Pair) TLS() tls.Certificate {
	certificate, err := tls.X509KeyPair(p.Cert, p.Key)
	must(err)
	return certificate
}

func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	must(err)
	certificate, err := x509.ParseCertificate(der)
	must(err)
	return certificate
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	return key
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	must(err)
	return n
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func must(err error) {
	if err != nil {
		panic("certtest: " + err.Error())
	}
}
