// Package caller tells who makes a call, and what that caller may do.
//
// A caller shows who it is by the certificate of its connection, or by a token. Both
// give identities, which are texts with the kind before a colon:
//
//	uri:spiffe://example/pep    a URI in the certificate (SAN)
//	dns:pep.example             a DNS name in the certificate (SAN), in lower case
//	cn:pep                      the common name of its subject
//	platform:studio.designer    a claim of a token, of the issuer known as platform
//
// A [Rule] gives the caller with some of these identities a name and rights. Who has
// an identity that no rule names has the rights of everybody, which are none unless a
// rule says otherwise.
//
// The package closes rather than guesses. A token that is not good is refused also
// where the certificate is good; two tokens in one call are refused, and so are
// identities of two callers. Whatever is wrong, the text of the error is the same;
// the metrics tell the operator which it was.
//
// What the package is not for: handshakes, which verify certificates before they get
// here, and the tokens of subjects, which a call may carry besides.
package caller
