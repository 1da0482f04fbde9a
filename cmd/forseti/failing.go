package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"syscall"

	"github.com/forseti-pdp/forseti/pip"
)

// tellFailing logs that a source fails, and that it answers again.
func tellFailing(logger *slog.Logger, source string, f pip.Failing) {
	told := []any{"source", source}
	if f.Err == nil {
		logger.Info("a source answers again", append(told, "failed", f.Questions, "since", f.Since)...)
		return
	}
	told = append(told, "outcome", string(f.Err.Outcome))
	if f.Err.Detail != "" {
		told = append(told, "detail", f.Err.Detail)
	}
	if cause := connectionCause(f.Err); cause != "" {
		told = append(told, "cause", cause)
	}
	logger.Warn("a source fails; decisions that depend on it are Indeterminate",
		append(told, "failed", f.Questions, "since", f.Since)...)
}

// connectionCause says in a few words why a connection failed, as far as that is known;
// empty if it is not. The text of a cause may quote attribute values: only errors count
// that have none by their types.
func connectionCause(err error) string {
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return "the certificate has expired, or does not count yet"
	}
	switch {
	case is[x509.CertificateInvalidError](err):
		return "the certificate is not good for this"
	case is[x509.UnknownAuthorityError](err):
		return "the certificate is of an authority that is not trusted"
	case is[x509.HostnameError](err):
		return "the certificate is for another name"
	case is[tls.RecordHeaderError](err):
		return "the other side does not speak TLS"
	}
	if e, ok := errors.AsType[tls.AlertError](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return "the name of the host is not known"
		}
		return "the name of the host could not be looked up"
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return e.Error()
	}
	return ""
}

// is tells whether an error of the type E is in the chain.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
