package claims

// altinnProfile is what claims of the platform Altinn mean, as configuration. The
// order is that of its policy enforcement points: a person before a user id, that
// before a party, system users and organisations after that.
func altinnProfile() Config {
	one := func(id string, from ...string) Attribute { return Attribute{ID: id, From: from} }
	present := func(claim string) Condition { return Condition{Claim: claim} }
	organisation := Attribute{
		ID:    "urn:altinn:organization:identifier-no",
		From:  []string{"urn:altinn:organization:identifier-no", "urn:altinn:orgNumber", "$.consumer.ID"},
		Match: `(?:0192:)?(?P<value>[0-9]{9})`,
	}
	organisationBy := func(when ...Condition) Subject {
		return Subject{Type: "organisation", When: when, Attributes: []Attribute{organisation}}
	}
	optional := organisation
	optional.Optional = true
	return Config{
		Unpack: []string{"consumer", "authorization_details"},
		Subjects: []Subject{
			{
				Type: "system-user", Alone: true, Excludes: []string{"user", "self-identified-user", "enterprise-user"},
				When: []Condition{{Claim: "$.authorization_details[*].type", Equals: []string{"urn:altinn:systemuser"}}},
				Attributes: []Attribute{
					one("urn:altinn:systemuser:uuid", "$.authorization_details[?@.type == 'urn:altinn:systemuser'].systemuser_id"),
				},
			},
			{
				Type:       "enterprise-user",
				When:       []Condition{{Claim: "urn:altinn:authenticatemethod", Equals: []string{"virksomhetsbruker"}}},
				Attributes: []Attribute{one("urn:altinn:userid", "urn:altinn:userid"), optional},
			},
			{
				Type: "self-identified-user",
				When: []Condition{
					present("urn:altinn:userid"), present("urn:altinn:username"), {Claim: "urn:altinn:authlevel", Equals: []string{"0"}},
				},
				Attributes: []Attribute{one("urn:altinn:userid", "urn:altinn:userid")},
			},
			{
				Type: "user", When: []Condition{present("urn:altinn:person:uuid")},
				Attributes: []Attribute{one("urn:altinn:person:uuid", "urn:altinn:person:uuid")},
			},
			{
				Type: "user", When: []Condition{present("urn:altinn:userid")},
				Attributes: []Attribute{one("urn:altinn:userid", "urn:altinn:userid")},
			},
			{
				Type: "user", When: []Condition{present("urn:altinn:partyid")},
				Attributes: []Attribute{one("urn:altinn:partyid", "urn:altinn:partyid")},
			},
			{
				Type: "service-owner",
				When: []Condition{present("urn:altinn:org"), {Claim: "scope", Word: "altinn:serviceowner"}},
				Attributes: []Attribute{
					one("urn:altinn:org", "urn:altinn:org"), optional,
				},
			},
			organisationBy(present("urn:altinn:organization:identifier-no")),
			organisationBy(present("urn:altinn:orgNumber")),
			organisationBy(Condition{Claim: "$.consumer.authority", Equals: []string{"iso6523-actorid-upis"}}),
		},
		Attributes: []Attribute{
			one("urn:altinn:sessionid", "sid", "jti"),
			{ID: "urn:scope", From: []string{"scope"}, Words: true, Several: true},
		},
		Level: Level{
			Attribute: "urn:altinn:authlevel",
			From: []LevelClaim{
				{Claim: "urn:altinn:authlevel"},
				{Claim: "acr", Levels: map[string]int{
					"idporten-loa-low": 0, "idporten-loa-substantial": 3, "idporten-loa-high": 4, "Level3": 3, "Level4": 4,
				}},
			},
		},
	}
}
