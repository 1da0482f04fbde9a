package config

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
	"github.com/forseti-pdp/forseti/pip/grpc"
	"github.com/forseti-pdp/forseti/pip/sql"
)

// Change says what is not true any more of what a source answered.
type Change struct {
	Source pip.Source
	// Match tells which questions are concerned. Nil: all are, because a connection
	// was made anew or because nothing more is known.
	Match func(pip.Question) bool
}

// Watch calls changed, one call after the other, for everything that it hears, until
// ctx is done. It then returns nil; an error is one of the configuration.
type Watch func(ctx context.Context, changed func(Change)) error

// watchService is the watch of one service.
func watchService(p *grpc.Provider, d *contexthandler.Dictionary, source pip.Source) Watch {
	return func(ctx context.Context, changed func(Change)) error {
		p.Watch(ctx, func(i grpc.Invalidation) {
			i = translatedToo(d, source.Needs, i)
			c := Change{Source: source, Match: i.Matches}
			if i.Patterns == nil {
				c.Match = nil
			}
			changed(c)
		})
		return nil
	}
}

// translatedToo adds to each value the form in which sources are asked for what callers
// state, which of the values of a question may be all, some or none. One that the
// dictionary refuses says that something changed, and not what.
func translatedToo(d *contexthandler.Dictionary, needs []pip.Need, i grpc.Invalidation) grpc.Invalidation {
	if i.Patterns == nil {
		return i
	}
	out := grpc.Invalidation{Patterns: make([]grpc.Pattern, len(i.Patterns))}
	for n, pattern := range i.Patterns {
		out.Patterns[n] = make(grpc.Pattern, len(pattern))
		for at, values := range pattern {
			key := needs[at].Key
			r, err := d.Translate(&xacml.Request{Attributes: []xacml.Attributes{{
				Category: key.Category, Attributes: []xacml.Attribute{{ID: key.ID, Values: values}},
			}}})
			if err != nil {
				return grpc.Invalidation{}
			}
			out.Patterns[n][at] = slices.Concat(values, r.Attributes[0].Attributes[0].Values)
		}
	}
	return out
}

// channels are the channels of one server, and the sources that listen there.
type channels struct {
	config  sql.ListenConfig
	sources []pip.Source
}

// hear takes note that a source listens. Sources that listen to the same share a
// connection.
func (o *opener) hear(p *Postgres, source pip.Source) {
	config := sql.ListenConfig{
		Postgres: p.listener(), Channels: p.Listen.Channels, Heartbeat: p.Listen.Heartbeat,
	}
	for i := range o.channels {
		if reflect.DeepEqual(o.channels[i].config, config) {
			o.channels[i].sources = append(o.channels[i].sources, source)
			return
		}
	}
	o.channels = append(o.channels, channels{config, []pip.Source{source}})
}

// listen makes the watches of databases.
func (o *opener) listen() {
	for _, c := range o.channels {
		var names []string
		for _, source := range c.sources {
			names = append(names, source.Name)
		}
		c.config.Logger = o.env.Logger.With("sources", names)
		o.out.Watches = append(o.out.Watches, c.watch(o.dictionary))
	}
}

// watch is the watch of one server.
func (c channels) watch(d *contexthandler.Dictionary) Watch {
	return func(ctx context.Context, changed func(Change)) error {
		err := sql.Listen(ctx, c.config, func(n sql.Notification) {
			n = translated(d, n)
			concerned := false
			for _, source := range c.sources {
				if n.Concerns(source.Name) {
					concerned = true
					changed(Change{source, n.Match(source.Needs)})
				}
			}
			if !concerned {
				c.config.Logger.WarnContext(ctx, "a notification is about a source that does not listen")
			}
		})
		if errors.Is(err, ctx.Err()) {
			return nil
		}
		return err
	}
}

// translated is the notification in the names and forms in which sources are asked, and
// in the form that it has, in which they were asked if another source gave the value.
// One that the dictionary refuses says that something changed, and not what.
func translated(d *contexthandler.Dictionary, n sql.Notification) sql.Notification {
	out := sql.Notification{Source: n.Source}
	for _, v := range n.Values {
		r, err := d.Translate(&xacml.Request{Attributes: []xacml.Attributes{{
			Category:   v.Category,
			Attributes: []xacml.Attribute{{ID: v.ID, Values: []value.Value{value.String(v.Value)}}},
		}}})
		if err != nil {
			return sql.Notification{Source: n.Source}
		}
		for _, attrs := range r.Attributes {
			for _, a := range attrs.Attributes {
				if slices.ContainsFunc(out.Values, func(o sql.AttributeValue) bool { return o.Category == attrs.Category && o.ID == a.ID }) {
					return sql.Notification{Source: n.Source} // told twice, by two names
				}
				translated := sql.AttributeValue{Category: attrs.Category, ID: a.ID, Value: value.Lexical(a.Values[0])}
				if out.Values = append(out.Values, translated); translated.Value != v.Value {
					translated.Value = v.Value
					out.Values = append(out.Values, translated)
				}
			}
		}
	}
	return out
}
