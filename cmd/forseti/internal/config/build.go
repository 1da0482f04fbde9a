package config

import (
	"io"
	"log/slog"

	"github.com/forseti-pdp/forseti/contexthandler"
)

// Logger makes the logger that the configuration describes.
func (l Log) Logger(to io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		level = slog.LevelInfo // a checked configuration has a level
	}
	options := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}

// Dictionary is the dictionary of the context handler.
func (c *Config) Dictionary() (*contexthandler.Dictionary, error) {
	var attributes []contexthandler.Attribute
	for _, a := range c.Attributes {
		category, _ := categoryURI(a.Category)
		t, _ := dataType(a.DataType)
		made := contexthandler.Attribute{Category: category, ID: a.ID, Type: t, Aliases: a.Aliases, Single: a.Single, Private: a.Private}
		for _, f := range a.Forms {
			made.Forms = append(made.Forms, contexthandler.Form(f))
		}
		attributes = append(attributes, made)
	}
	return contexthandler.NewDictionary(attributes)
}

// Supplies is what callers may supply of what they do not own.
func (c *Config) Supplies() []contexthandler.Supply {
	var out []contexthandler.Supply
	for _, caller := range c.Callers {
		if len(caller.MaySupply) == 0 {
			continue
		}
		category, _ := categoryURI(caller.Category)
		out = append(out, contexthandler.Supply{Caller: caller.Caller, Category: category, Attributes: caller.MaySupply})
	}
	return out
}

// EnforcementRules say which obligations ask for a level of authentication.
func (c *Config) EnforcementRules() contexthandler.EnforcementRules {
	out := contexthandler.EnforcementRules{Level: c.Enforcement.Level}
	for _, l := range c.Enforcement.Levels {
		out.Levels = append(out.Levels, contexthandler.LevelRule(l))
	}
	return out
}

// Databases lists the database files that sources use, each once.
func (c *Config) Databases() []string {
	var out []string
	seen := make(map[string]bool)
	for _, s := range c.Sources {
		if s.SQL != nil && s.SQL.Database != "" && !seen[s.SQL.Database] {
			seen[s.SQL.Database] = true
			out = append(out, s.SQL.Database)
		}
	}
	return out
}
