// Package tlsfile is the TLS of a server whose certificate, key and trusted
// authorities are in files that change while it serves.
//
// The files are read again and again. What is in them counts when two readings in a
// row are the same and it is in order; otherwise what counted before goes on to count,
// and the log says once what is wrong. That is judged for the certificate with its key,
// and for the authorities, each by itself. New connections get what counts; connections
// stay as they were begun.
//
// It is TLS 1.3 and nothing older. Sessions are not resumed, so that each connection
// is judged by the authorities of its time.
package tlsfile
