// Package faultproxy breaks backends on purpose, for tests of what asks them.
// Nothing but tests may import it.
//
// A [Proxy] stands in front of any server that speaks over TCP, and harms
// connections: it refuses, resets, delays, hangs, drips, garbles, truncates,
// flaps, and breaks TLS. A [Handler] stands in front of an HTTP handler that
// answers in JSON, and harms answers: errors, pages of HTML, other types, the
// rows of somebody else, bombs, and redirects.
//
// The fault can be switched at any time, and holds for connections that are open
// already. Whatever is random comes from a seed and the number of the
// connection or request, so that a test that failed fails again.
package faultproxy
