// Package restart ends Forseti, in good order and by force, while others ask it for
// decisions, and starts it again. It holds nothing but tests.
//
// What must be true: of several instances of which one is restarted after the other no
// question fails, whether it is asked alone, in a batch or over a stream; and an instance
// that is told to stop ends in time with exit code 0, whatever it is at.
//
// FORSETI_LONG=1 makes a hundred restarts in place of a dozen.
package restart

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/internal/programme/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// must is for what fails only if the test is wrong.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// secured gives the configuration of a service that knows callers by their certificates,
// and the certificates.
func secured(t *testing.T) (configuration string, authority *certtest.Authority, caller certtest.Pair) {
	t.Helper()
	authority = certtest.New("restart")
	server := authority.Server()
	folder := t.TempDir()
	file := func(name string, data []byte) string {
		name = filepath.Join(folder, name)
		must(t, os.WriteFile(name, data, 0o600))
		return name
	}
	return fmt.Sprintf(`
server:
  tls: {cert_file: %s, key_file: %s, client_ca_file: %s, client_auth: required}
  authentication: {mode: mtls}
callers:
  - {caller: 'dns:pep.example', methods: ['*']}
`, file("server.pem", server.Cert), file("server.key", server.Key), file("ca.pem", authority.PEM())),
		authority, authority.Issue(certtest.Leaf{DNS: []string{"pep.example"}})
}
