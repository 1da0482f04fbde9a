package workload

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The purposes of random numbers, so that policies do not depend on requests.
const (
	forApps uint64 = iota + 1
	forAppRequests
	forConditionRequests
	forCorpus
)

// random gives the numbers of thing number i: each thing has its own, so that it
// can be made without those before it.
func random(purpose uint64, i int) *rand.Rand {
	return rand.New(rand.NewPCG(purpose, uint64(i)))
}

// sample gives from least to most of the words, no word twice.
func sample(r *rand.Rand, words []string, least, most int) []string {
	order := r.Perm(len(words))[:least+r.IntN(most-least+1)]
	chosen := make([]string, len(order))
	for i, n := range order {
		chosen[i] = words[n]
	}
	return chosen
}

// pick gives one of the words.
func pick(r *rand.Rand, words []string) string { return words[r.IntN(len(words))] }

// vocabulary is what app policies and their requests speak of.
type vocabulary struct {
	roles      []string // 64 that policies name
	otherRoles []string // that no policy names
	tasks      []string
	actions    []string
}

func newVocabulary() vocabulary {
	v := vocabulary{
		actions: strings.Fields("read write instantiate delete sign complete confirm reject pay publish"),
	}
	for i := range 64 {
		v.roles = append(v.roles, fmt.Sprintf("role-%03d", i))
	}
	for i := range 256 {
		v.otherRoles = append(v.otherRoles, fmt.Sprintf("role-%03d", len(v.roles)+i))
	}
	for i := range 5 {
		v.tasks = append(v.tasks, fmt.Sprintf("Task_%d", i+1))
	}
	return v
}

// appName is the name of the app of policy i. Of 42 policies in a row two have
// the same name, and three others: neighbours, whose orgs differ.
func appName(i int) string {
	switch i % 42 {
	case 20, 40:
		i--
	case 41:
		i -= 2
	}
	return fmt.Sprintf("app-%06d", i)
}

// ownStrings makes copies of strings, as if the request that holds them had just
// been read: strings that share memory with those of policies compare faster.
func ownStrings(texts ...*string) {
	for _, text := range texts {
		*text = strings.Clone(*text)
	}
}
