package pap_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

// readers lets everybody read.
const readers = `<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="readers" Version="1.0"
    RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides">
  <Target><AnyOf><AllOf>
    <Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">
      <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">read</AttributeValue>
      <AttributeDesignator Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id"
        DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/>
    </Match>
  </AllOf></AnyOf></Target>
  <Rule RuleId="everybody" Effect="Permit"/>
</Policy>`

// reading asks whether somebody may read.
const reading = `<Request xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" CombinedDecision="false" ReturnPolicyIdList="false">
  <Attributes Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action">
    <Attribute AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id" IncludeInResult="false">
      <AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">read</AttributeValue>
    </Attribute>
  </Attributes>
</Request>`

// A program of one's own that decides on a folder of policies, and goes on with the last
// good ones while somebody edits them.
func ExampleStore() {
	if err := decide(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: 1 policy: Permit
}

func decide(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "policies")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // it is only an example
	if err := os.WriteFile(filepath.Join(folder, "readers.xml"), []byte(readers), 0o600); err != nil {
		return err
	}

	store, err := pap.Open(ctx, pap.Config{
		Dir:           folder,
		Compile:       pap.CompileXACML(pdp.Config{}, xacmlxml.DefaultLimits(), "library"),
		RootAlgorithm: pdp.DefaultRootAlgorithm,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = store.Run(ctx) }() // until ctx ends
	defer func() { cancel(); <-done }()

	request, err := xacmlxml.ReadRequest([]byte(reading), xacmlxml.DefaultLimits())
	if err != nil {
		return err
	}
	snapshot := store.Current()
	if snapshot == nil { // nobody may decide
		return store.Status().Problems.Errors()
	}
	result := snapshot.PDP.Evaluate(ctx, request, nil)
	fmt.Printf("%d policy: %s\n", snapshot.Policies, result.Decision)
	return nil
}
