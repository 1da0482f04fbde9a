package pdp

import (
	"time"

	"github.com/forseti-pdp/forseti/pdp/combine"
	"github.com/forseti-pdp/forseti/pdp/function"
	"github.com/forseti-pdp/forseti/pdp/internal/compile"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

// Builder makes a PDP of documents that come and go one by one. Each is checked
// and compiled when it is set, and its policy model is not kept unless the
// configuration says so. The documents of a Builder have names of their own and
// are in the order of these names, as bytes. Set and Remove may be called by
// several goroutines at once.
type Builder struct {
	config  Config
	builder *compile.Builder
}

// utc is the clock of a PDP that is given none. A time, date or dateTime without a zone
// is UTC (chapter 6), so the clock is too: one in the zone of the machine would never
// have the date that a policy names without a zone, and decide otherwise elsewhere.
func utc() time.Time {
	return time.Now().UTC() //nolint:forbidigo // the default of the clock that everything else is handed
}

// NewBuilder makes a Builder without documents.
func NewBuilder(config Config) *Builder {
	if config.RootAlgorithm == "" {
		config.RootAlgorithm = DefaultRootAlgorithm
	}
	if config.Budget == 0 {
		config.Budget = DefaultBudget
	}
	if config.MaxNested == 0 {
		config.MaxNested = DefaultMaxNested
	}
	if config.Now == nil {
		config.Now = utc
	}
	return &Builder{config, compile.NewBuilder(compile.Options{
		RootAlgorithm:      config.RootAlgorithm,
		RefuseHiddenErrors: config.RefuseHiddenErrors,
		Lenient:            config.Lenient,
		Delegation:         config.Delegation,
		KeepModel:          config.KeepModel,
		Functions:          function.All(),
		Algorithms:         combine.Standard(),
	})}
}

// Edit makes a Builder that has the documents and the configuration of the PDP,
// a clock stopped by [PDP.Frozen] as well. The PDP does not change, and what is
// not set again is shared with it. Documents that New was given in another order
// are in the order of their names from then on; where it was given several of
// one name, Set and Remove are about all of them.
func (p *PDP) Edit() *Builder { return &Builder{p.config, p.policies.Edit()} }

// Set adds a document, or puts it in the place of the one of that name. What is
// wrong with it Build tells. The document must not be changed afterwards.
func (b *Builder) Set(document policy.Document) { b.builder.Set(document) }

// Remove takes the document of this name out, if there is one.
func (b *Builder) Remove(name string) { b.builder.Remove(name) }

// Build makes a PDP of the documents. The problems are everything that is wrong
// with any of them, warnings included; the PDP is nil if a problem is more than
// a warning. The Builder must not be used afterwards.
func (b *Builder) Build() (*PDP, policy.Problems) {
	policies, problems := b.builder.Build()
	if policies == nil {
		return nil, problems
	}
	return &PDP{config: b.config, policies: policies}, problems
}
