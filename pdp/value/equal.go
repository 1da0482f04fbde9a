package value

// Equal reports whether a and b are equal by the TYPE-equal function of their
// data type (A.3.1). Values of different canonical types, values of types
// without equality (ipAddress, dnsName, xpathExpression) and foreign values are never equal.
func Equal(a, b Value) bool {
	return a == b
}
