package jwks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
)

// maxRedirects is how often the host of the keys may send us on within itself.
const maxRedirects = 3

// readFile reads a key set, or certificates, from a regular file.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a pipe would wait for a writer
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read-only
	return readAll(f)
}

// readAll reads up to the bound of a key set.
func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("the keys, or certificates, are longer than %d bytes", MaxBytes)
	}
	return data, nil
}

// checkURL reports what is wrong with the address of a key set.
func checkURL(text string, plain bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return errors.New("the URL of the keys is not an absolute URL")
	case u.User != nil || u.Fragment != "":
		return errors.New("the URL of the keys must have neither user nor fragment")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (plain || loopback(u.Hostname())):
		return nil
	case u.Scheme == "http":
		return errors.New("the keys must come by https: whoever can change them on the way can sign tokens")
	default:
		return fmt.Errorf("the URL of the keys has the scheme %q, not https", u.Scheme)
	}
}

// loopback reports whether a host is this one.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// authorities are the certificates of a file that say whom to trust; nil, for those
// of the system, without a file.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	data, err := readFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return pool, nil
}

// transport is for one fetch. Its connections do not stay open: the next fetch is
// minutes away.
func transport(trusted *x509.CertPool) http.RoundTripper {
	return &http.Transport{
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted},
		DisableKeepAlives:      true,
		DisableCompression:     true, // the bound holds for what comes over the wire
		MaxResponseHeaderBytes: 16 << 10,
		ForceAttemptHTTP2:      true,
	}
}

// client is what key sets are fetched with.
func client(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects || next.URL.Host != via[0].URL.Host || next.URL.Scheme != via[0].URL.Scheme {
				return errors.New("a redirect to another host, or one too many")
			}
			return nil
		},
	}
}

// get fetches a key set. Its errors do not hold the URL.
func get(ctx context.Context, c *http.Client, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("the URL cannot be asked")
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := c.Do(request)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			return nil, e.Err
		}
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // read-only
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the host of the keys answered with status %d", response.StatusCode)
	}
	return readAll(response.Body)
}
