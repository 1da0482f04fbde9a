// Package claims makes the subject of a request of the verified claims of a token:
// attributes of the category access-subject (core B.2), the type of the subject,
// and the level at which it authenticated.
//
// What claims mean is declared, not coded. A [Config] lists the types of subjects
// in order of precedence, each with conditions on claims and with the attributes
// that identify it:
//
//	Subjects: []claims.Subject{
//		{
//			Type: "system-user", Alone: true, Excludes: []string{"user"},
//			When: []claims.Condition{{Claim: "authorization_details"}},
//			Attributes: []claims.Attribute{{
//				ID:   "urn:altinn:systemuser:uuid",
//				From: []string{"$.authorization_details[?@.type == 'urn:altinn:systemuser'].systemuser_id"},
//			}},
//		},
//		{
//			Type: "user",
//			When: []claims.Condition{{Claim: "urn:altinn:userid"}},
//			Attributes: []claims.Attribute{{ID: "urn:altinn:userid", From: []string{"urn:altinn:userid"}}},
//		},
//	}
//
// Claims are named as [token.Path] says. One that is absent, null or the empty text
// has no value.
//
// Nothing is guessed: a subject without what identifies it, two identities in one,
// two types that exclude each other, and values of another form are errors. The
// package does not verify tokens, and does not look anything up.
package claims
