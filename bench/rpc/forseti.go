package main

import (
	"context"
	"fmt"
	"time"

	"github.com/forseti-pdp/forseti/bench"
	"github.com/forseti-pdp/forseti/bench/workload"
	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/contexthandler/rpc"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// snapshotID is a name as those of snapshots.
const snapshotID = "sha256:5f0c8a1e7d2b4c559a0e5b1d2f6a9c015f0c8a1e7d2b4c559a0e5b1d2f6a9c01"

// maxInFlight is how many calls a server takes at a time: more than the client
// has in flight.
const maxInFlight = 80

// newForseti is the service with the policies of a workload.
func newForseti(name string) (server, error) {
	w, err := newWorkload(name)
	if err != nil {
		return server{}, err
	}
	p, err := bench.Build(w.Documents())
	if err != nil {
		return server{}, err
	}
	snapshot := &pap.Snapshot{ID: snapshotID, PDP: p}
	config := contexthandler.Config{Snapshot: func() *pap.Snapshot { return snapshot }}
	if name == "W7" {
		if config.Sources, err = sources(w.Requests); err != nil {
			return server{}, err
		}
		if config.Dictionary, err = dictionary(); err != nil {
			return server{}, err
		}
	}
	s, err := rpc.New(rpc.Config{Handler: contexthandler.New(config), Limits: rpc.Limits{MaxInFlight: maxInFlight}})
	if err != nil {
		return server{}, err
	}
	return server{s.Serve, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.Shutdown(ctx) // the connections of the client are cut off
	}}, nil
}

// dictionary declares who and what a minimal request names as single.
func dictionary() (*contexthandler.Dictionary, error) {
	return contexthandler.NewDictionary([]contexthandler.Attribute{
		{Category: xacml.CategoryAccessSubject, ID: attributeUser, Aliases: []string{"user-id"}, Single: true},
		{Category: xacml.CategoryResource, ID: attributeInstance, Aliases: []string{"instance-id"}, Single: true},
	})
}

func key(category, id string) xacml.AttributeKey {
	return xacml.AttributeKey{Category: category, ID: id, Type: value.TypeString}
}

// sources know the instances, and the roles of users for parties, behind caches
// that keep all of it.
func sources(requests []workload.AppRequest) ([]pip.Source, error) {
	instances, roles := make(map[string]pip.Answer), make(map[string]pip.Answer)
	for i, q := range requests {
		instances[instance(i)] = pip.Answer{Bags: []value.Bag{bag(q.Org), bag(q.App), bag(q.Task), bag(party(i))}}
		roles[user(i)+"|"+party(i)] = pip.Answer{Bags: []value.Bag{bag(q.Roles...)}}
	}
	need := func(name, category, id string) pip.Need { return pip.Need{Name: name, Key: key(category, id)} }
	provided := func(category, id string) pip.Provided {
		return pip.Provided{Key: key(category, id), From: []string{"column"}}
	}
	var out []pip.Source
	for _, s := range []pip.Source{
		{
			Name:  "instances",
			Needs: []pip.Need{need("instance", xacml.CategoryResource, attributeInstance)},
			Provides: []pip.Provided{
				provided(xacml.CategoryResource, attributeOrg), provided(xacml.CategoryResource, attributeApp),
				provided(xacml.CategoryResource, attributeTask), provided(xacml.CategoryResource, attributeParty),
			},
			Provider: pip.ProviderFunc(func(_ context.Context, q pip.Question) (pip.Answer, error) {
				return known(instances, q[0].String())
			}),
		},
		{
			Name:     "roles",
			Needs:    []pip.Need{need("user", xacml.CategoryAccessSubject, attributeUser), need("party", xacml.CategoryResource, attributeParty)},
			Provides: []pip.Provided{provided(xacml.CategoryAccessSubject, attributeRole)},
			Provider: pip.ProviderFunc(func(_ context.Context, q pip.Question) (pip.Answer, error) {
				return known(roles, q[0].String()+"|"+q[1].String())
			}),
		},
	} {
		assembled, err := pip.Assemble(s, pip.Config{Timeout: time.Second, Cache: pip.CacheConfig{TTL: time.Hour}}, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, assembled)
	}
	return out, nil
}

func known(answers map[string]pip.Answer, question string) (pip.Answer, error) {
	if a, ok := answers[question]; ok {
		return a, nil
	}
	return pip.Answer{}, fmt.Errorf("an unknown question")
}

func bag(texts ...string) value.Bag {
	values := make([]value.Value, len(texts))
	for i, text := range texts {
		values[i] = value.String(text)
	}
	return value.NewBag(value.TypeString, values...)
}
