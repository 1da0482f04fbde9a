// Package token verifies signed JSON Web Tokens (RFC 7519) of issuers that the
// configuration names, along the lines of RFC 8725.
//
//	verifier, err := token.New(token.Config{
//		Issuers: []token.Issuer{{
//			Name:       "https://platform.altinn.no/authentication/api/v1/openid/",
//			Audiences:  []string{"forseti"},
//			Algorithms: []string{"RS256"},
//			Keys:       jwks.Config{URL: "https://platform.altinn.no/.../jwks"},
//		}},
//		Leeway: 10 * time.Second,
//	})
//	...
//	defer verifier.Close()
//	claims, err := verifier.Verify(ctx, text)
//
// [Claims] come from [Verifier.Verify] only, so whoever holds some holds those of a
// token that was good then. The claim iss chooses the issuer, and everything else
// is as that issuer is configured: its audiences, its algorithms, its keys. From
// the header of a token only three things count: alg, which must be one of the
// issuer's and of the key's, kid, which is looked up among the issuer's keys and
// nowhere else, and typ. A header that brings its own key or says where one is
// (jwk, jku, x5c, x5u), that asks for understanding (crit) or changes what is
// signed (b64, zip, cty, enc) is refused. So is everything that two readers could
// read in two ways: names that occur twice, base64 that is not canonical, white
// space, and other forms than the compact one.
//
// A Verifier is a collector of Prometheus metrics: what became of tokens, and how
// the keys of each issuer are.
//
// A caller is told that a token is not valid, and no more: see [Error]. Neither
// errors nor logs hold anything of a token.
//
// What the package is not for: issuing tokens, encrypted tokens (JWE), and what
// the claims mean.
package token
