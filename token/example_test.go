package token_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/forseti-pdp/forseti/token"
	"github.com/forseti-pdp/forseti/token/jwks"
	"github.com/forseti-pdp/forseti/token/tokentest"
)

func Example() {
	// The issuer, and the keys that it publishes.
	key := tokentest.NewKey("2026-11", "ES256")
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // an example
	file := filepath.Join(folder, "keys.json")
	if err := os.WriteFile(file, tokentest.Set(key), 0o600); err != nil {
		panic(err)
	}

	verifier, err := token.New(token.Config{Issuers: []token.Issuer{{
		Name:       "https://issuer.example",
		Audiences:  []string{"forseti"},
		Algorithms: []string{"ES256"},
		Keys:       jwks.Config{File: file},
	}}})
	if err != nil {
		panic(err)
	}
	defer verifier.Close() //nolint:errcheck // an example

	good := map[string]any{
		"iss": "https://issuer.example", "aud": "forseti", "sub": "ada", "exp": time.Now().Add(time.Minute).Unix(),
		"authorization_details": []any{map[string]any{"type": "urn:altinn:systemuser", "systemuser_id": []string{"a1b2"}}},
	}
	claims, err := verifier.Verify(context.Background(), key.Sign(good))
	fmt.Println(claims.Subject(), err)

	path, err := token.ParsePath("$.authorization_details[?@.type == 'urn:altinn:systemuser'].systemuser_id")
	if err != nil {
		panic(err)
	}
	fmt.Println(claims.Texts(path))

	_, err = verifier.Verify(context.Background(), tokentest.NewKey("2026-11", "ES256").Sign(good))
	fmt.Println(err)
	// Output:
	// ada <nil>
	// [a1b2] <nil>
	// the token is not valid
}
