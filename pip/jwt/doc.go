// Package jwt answers from the claims of a token (RFC 7519) that came with the
// request: it verifies the token, and its claims become attributes.
//
// The token is the single need of the source, a string. Where there is no token,
// the source is not asked, and what it provides has no values. A token that is not
// valid is an error and never an empty answer: what its claims would have been
// nobody knows. From lists claims as [token.Path] has them:
//
//	urn:altinn:userid
//	$.consumer.ID
//	$.authorization_details[?@.type == 'urn:altinn:systemuser'].systemuser_id
//
// The source is local: it computes, and nothing needs to be cached around it. A
// cache would hold the token as the key of its answer, so that there must be none;
// the verifier remembers good tokens by their hashes. But a token that names a key
// which is not there may wait for the keys of its issuer to be read, at most once
// every 30 seconds.
package jwt
