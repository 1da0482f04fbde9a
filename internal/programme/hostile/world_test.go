package hostile

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/forseti-pdp/forseti/internal/certtest"
	"github.com/forseti-pdp/forseti/internal/programme/harness"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

// world is how the service is run, and how the others and the attacker connect to it.
type world struct {
	options  harness.Options
	dial     []grpc.DialOption
	attacker *tls.Config
}

// core is where the service runs. The others and the attacker have what is left.
var core = harness.Options{Core: 1, Env: []string{"GOMAXPROCS=1"}}

// plain is a service as it is run for development: whoever reaches it is answered.
func plain() world {
	return world{options: core, dial: []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}}
}

// secured is a service with TLS that tells callers apart: the others have certificates,
// the attacker has none, and no token.
func secured(t testing.TB) world {
	t.Helper()
	folder := t.TempDir()
	file := func(name string, content []byte) string {
		name = filepath.Join(folder, name)
		must(t, os.WriteFile(name, content, 0o600))
		return name
	}
	authority := certtest.New("hostile")
	server := authority.Server()
	w := world{options: core}
	w.options.Config = fmt.Sprintf(`
server:
  tls: {cert_file: %q, key_file: %q, client_ca_file: %q, client_auth: optional}
  authentication:
    mode: any
    certificates: [dns]
    issuers: [{as: t, claim: sub, name: issuer, audiences: [forseti], algorithms: [ES256], keys: {file: %q}}]
callers: [{caller: 'dns:good', methods: ['*']}]
`, file("cert", server.Cert), file("key", server.Key), file("ca", authority.PEM()), file("keys", tokentest.Set(tokentest.NewKey("known", "ES256"))))
	w.attacker = &tls.Config{RootCAs: authority.Pool(), ServerName: "localhost", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13}
	good := w.attacker.Clone()
	good.Certificates = []tls.Certificate{authority.Issue(certtest.Leaf{DNS: []string{"good"}}).TLS()}
	w.dial = []grpc.DialOption{grpc.WithTransportCredentials(credentials.NewTLS(good))}
	return w
}
