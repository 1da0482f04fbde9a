package value

import (
	"net/netip"
	"strconv"
	"strings"
)

// PortRange is the ports First to Last, both included.
type PortRange struct{ First, Last uint16 }

// AllPorts is the range of an address or name that restricts no ports.
func AllPorts() PortRange { return PortRange{0, 65535} }

// Contains reports whether port is one of the range.
func (r PortRange) Contains(port uint16) bool { return r.First <= port && port <= r.Last }

// parsePortRange reads n, -n (0 to n), n- (n to 65535) or n-m (A.2).
func parsePortRange(s string) (PortRange, error) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	r := AllPorts()
	if first != "" {
		n, err := parsePort(first)
		if err != nil {
			return PortRange{}, err
		}
		r.First = n
	}
	if last != "" {
		n, err := parsePort(last)
		if err != nil {
			return PortRange{}, err
		}
		r.Last = n
	}
	if first == "" && last == "" || r.First > r.Last {
		return PortRange{}, errForm
	}
	return r, nil
}

func parsePort(s string) (uint16, error) {
	l := lexer{s}
	if l.digits() == "" || l.rest != "" {
		return 0, errForm
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, errForm
	}
	return uint16(n), nil
}

// IPAddress is a value of urn:oasis:names:tc:xacml:2.0:data-type:ipAddress: an
// IPv4 or IPv6 address with an optional mask and an optional range of ports.
// The mask is an address, not a prefix length. The standard defines neither
// equality nor order, so that [Equal] is always false; == compares the
// original text.
type IPAddress struct {
	text  string
	addr  netip.Addr
	mask  netip.Addr // the zero Addr if there is none
	ports PortRange
}

// parseIPAddress reads address ["/" mask] [":" [portrange]] (A.2), where an
// IPv6 address and its mask stand in brackets (RFC 2732). Host names are not
// looked up.
func parseIPAddress(s string) (IPAddress, error) {
	v := IPAddress{text: s, ports: AllPorts()}
	take := takeIPv4
	if strings.HasPrefix(s, "[") {
		take = takeIPv6
	}
	var ok bool
	if v.addr, s, ok = take(s); !ok {
		return IPAddress{}, errForm
	}
	if rest, found := strings.CutPrefix(s, "/"); found {
		if v.mask, s, ok = take(rest); !ok {
			return IPAddress{}, errForm
		}
	}
	if s == "" || s == ":" {
		return v, nil
	}
	rest, found := strings.CutPrefix(s, ":")
	if !found {
		return IPAddress{}, errForm
	}
	var err error
	v.ports, err = parsePortRange(rest)
	return v, err
}

func takeIPv4(s string) (addr netip.Addr, rest string, ok bool) {
	end := strings.IndexAny(s, "/:")
	if end < 0 {
		end = len(s)
	}
	addr, err := netip.ParseAddr(s[:end])
	return addr, s[end:], err == nil && addr.Is4()
}

func takeIPv6(s string) (addr netip.Addr, rest string, ok bool) {
	inner, found := strings.CutPrefix(s, "[")
	if !found {
		return netip.Addr{}, s, false
	}
	inner, rest, found = strings.Cut(inner, "]")
	if !found {
		return netip.Addr{}, s, false
	}
	addr, err := netip.ParseAddr(inner)
	return addr, rest, err == nil && addr.Is6() && addr.Zone() == ""
}

// Type is TypeIPAddress.
func (IPAddress) Type() Type { return TypeIPAddress }

// Kind is a single ipAddress.
func (IPAddress) Kind() Kind { return One(TypeIPAddress) }

// String is the original text, without the white space around it.
func (a IPAddress) String() string { return a.text }

func (IPAddress) datum() {}

// Addr is the address.
func (a IPAddress) Addr() netip.Addr { return a.addr }

// Mask is the mask, an address of the same family. ok is false if there is none.
func (a IPAddress) Mask() (mask netip.Addr, ok bool) { return a.mask, a.mask.IsValid() }

// Ports is the range of ports, [AllPorts] if the value restricts none.
func (a IPAddress) Ports() PortRange { return a.ports }

// DNSName is a value of urn:oasis:names:tc:xacml:2.0:data-type:dnsName: a host
// name, whose left-most label may be "*", with an optional range of ports. The
// standard defines neither equality nor order, nor a function that reads the
// wildcard, so that [Equal] is always false; == compares the original text.
type DNSName struct {
	text  string
	host  string
	ports PortRange
}

// parseDNSName reads hostname [":" portrange] (A.2).
func parseDNSName(s string) (DNSName, error) {
	host, ports, found := strings.Cut(s, ":")
	if !isHostName(host) {
		return DNSName{}, errForm
	}
	v := DNSName{s, host, AllPorts()}
	if !found {
		return v, nil
	}
	var err error
	v.ports, err = parsePortRange(ports)
	return v, err
}

// isHostName is hostname of RFC 2396, §3.2.2, with a wildcard before it: the
// last label starts with a letter, and a dot may follow it.
func isHostName(s string) bool {
	s = strings.TrimPrefix(s, "*.")
	s = strings.TrimSuffix(s, ".")
	if last := s[strings.LastIndexByte(s, '.')+1:]; last == "" || !isLetter(last[0]) {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

// Type is TypeDNSName.
func (DNSName) Type() Type { return TypeDNSName }

// Kind is a single dnsName.
func (DNSName) Kind() Kind { return One(TypeDNSName) }

// String is the original text, without the white space around it.
func (n DNSName) String() string { return n.text }

func (DNSName) datum() {}

// Host is the host name as it was written, with its wildcard.
func (n DNSName) Host() string { return n.host }

// Wildcard reports whether the left-most label is "*".
func (n DNSName) Wildcard() bool { return strings.HasPrefix(n.host, "*.") }

// Ports is the range of ports, [AllPorts] if the value restricts none.
func (n DNSName) Ports() PortRange { return n.ports }
