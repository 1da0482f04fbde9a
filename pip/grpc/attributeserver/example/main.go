// Command example is a complete source of attributes: it answers Forseti's
// questions for the roles of users from a table in CSV, and tells of changes as
// soon as the file is replaced. A copy of it is a start for a source of your own.
//
//	go run ./pip/grpc/attributeserver/example -table roles.csv -plaintext
//
// The table has the columns user and role:
//
//	user,role
//	1337,admin
//	1337,reader
//
// Without -plaintext it wants a certificate, and callers with certificates of
// their own:
//
//	example -table roles.csv -cert server.pem -key server.key -client-ca ca.pem
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip/grpc/attributeserver"
)

const (
	// pollInterval is the time between two looks at the file.
	pollInterval = 250 * time.Millisecond
	// drainTime is how long calls may take to end when the program does.
	drainTime = 5 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done.
func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var files tlsFiles
	address := flags.String("listen", "127.0.0.1:8443", "`address` to listen on")
	name := flags.String("table", "roles.csv", "`file` with the columns user and role")
	plaintext := flags.Bool("plaintext", false, "do without TLS: for trials on one machine")
	flags.StringVar(&files.cert, "cert", "", "`file` with the certificate of the server, in PEM")
	flags.StringVar(&files.key, "key", "", "`file` with its key")
	flags.StringVar(&files.clientCA, "client-ca", "", "`file` with the authorities that callers must have certificates of")
	if err := flags.Parse(args); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))

	roles := new(table)
	if _, err := roles.load(*name); err != nil {
		return err
	}
	server, err := attributeserver.New(attributeserver.Config{
		Needs: []attributeserver.Attribute{{Name: "user", Key: xacml.AttributeKey{
			Category: xacml.CategoryAccessSubject, ID: "urn:example:user-id", Type: value.TypeString,
		}}},
		Provides: []attributeserver.Attribute{{Name: "role", Key: xacml.AttributeKey{
			Category: xacml.CategoryAccessSubject, ID: "urn:example:role", Type: value.TypeString,
		}}},
		Source: roles,
		OnError: func(ctx context.Context, err error) {
			log.ErrorContext(ctx, "a question failed", slog.Any("error", err))
		},
	})
	if err != nil {
		return err
	}
	transport := insecure.NewCredentials()
	if !*plaintext {
		if transport, err = files.credentials(); err != nil {
			return err
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *address)
	if err != nil {
		return err
	}
	g := grpc.NewServer(append(attributeserver.Options(), grpc.Creds(transport))...)
	server.Register(g)
	log.Info("serving", slog.String("address", listener.Addr().String()))

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() {
		defer cancel()
		served <- g.Serve(listener)
	}()
	follow(ctx, *name, roles, server, log)

	server.Close()
	stopping := time.AfterFunc(drainTime, g.Stop)
	defer stopping.Stop()
	g.GracefulStop()
	return <-served
}

// follow looks for changes of the file until ctx is done. Who writes it should
// write another one and rename it: half of a table would be taken for all of it.
func follow(ctx context.Context, name string, roles *table, server *attributeserver.Server, log *slog.Logger) {
	var before os.FileInfo
	gone := false
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		switch now, err := os.Stat(name); {
		case err != nil:
			if !gone {
				log.WarnContext(ctx, "the table is gone, and kept as it was", slog.Any("error", err))
			}
			gone, before = true, nil
		case before == nil || !os.SameFile(before, now) || !before.ModTime().Equal(now.ModTime()) || before.Size() != now.Size():
			gone, before = false, now
			changed, err := roles.load(name)
			if err != nil {
				log.WarnContext(ctx, "the table is kept as it was", slog.Any("error", err))
			}
			for _, user := range changed {
				server.Changed(map[string]string{"user": user})
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tlsFiles are files in PEM.
type tlsFiles struct{ cert, key, clientCA string }

// credentials wants callers to have certificates of the given authorities.
func (f tlsFiles) credentials() (credentials.TransportCredentials, error) {
	if f.cert == "" || f.key == "" || f.clientCA == "" {
		return nil, errors.New("-cert, -key and -client-ca are required, or -plaintext")
	}
	certificate, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(f.clientCA)
	if err != nil {
		return nil, err
	}
	callers := x509.NewCertPool()
	if !callers.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", f.clientCA)
	}
	return credentials.NewTLS(&tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{certificate},
		ClientCAs:    callers,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}), nil
}
