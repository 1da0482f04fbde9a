package validate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// authority issues certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tests"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{template, key}
	a.cert = a.sign(t, template, key)
	return a
}

func (a *authority) sign(t *testing.T, template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// issue writes a certificate and its key to path.crt and path.key: that of a server
// with a name, or that of a client with a URI.
func (a *authority) issue(t *testing.T, path, name, uri string) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
	if name != "" {
		template.DNSNames, template.ExtKeyUsage = []string{name}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		template.IPAddresses = append(template.IPAddresses, []byte{127, 0, 0, 1})
	} else {
		parsed, err := url.Parse(uri)
		if err != nil {
			t.Fatal(err)
		}
		template.URIs, template.ExtKeyUsage = []*url.URL{parsed}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, path+".crt", "CERTIFICATE", a.sign(t, template, key).Raw)
	writePEM(t, path+".key", "PRIVATE KEY", text)
}

// write writes the certificate of the authority.
func (a *authority) write(t *testing.T, path string) { writePEM(t, path, "CERTIFICATE", a.cert.Raw) }

func writePEM(t *testing.T, path, kind string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeSecrets writes the files of secrets that the configuration names.
func writeSecrets(t *testing.T, folder string, d *deployment) {
	t.Helper()
	for _, named := range regexp.MustCompile(`/etc/forseti-secrets/(\S+)`).FindAllStringSubmatch(d.files["config"]["forseti.yaml"], -1) {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, named[1]), []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// command is a command that runs in a folder.
func command(folder string, line []string) *exec.Cmd {
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Dir = folder
	return cmd
}
