package http

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/forseti-pdp/forseti/pip"
)

// newShape reads the paths.
func newShape(cfg Config) (*shape, error) {
	r := &shapeReader{cfg: cfg, shape: shape{needs: cfg.Needs, provides: cfg.Provides, list: -1}}
	if cfg.Bulk != nil {
		r.shape.list = slices.IndexFunc(cfg.Needs, func(n pip.Need) bool { return n.Name == cfg.Bulk.Need })
	}
	r.rows()
	r.provides()
	r.conditions()
	r.echoes()
	if !r.shown {
		r.fail("every path is optional, so that {} would say that there are no values: require a path")
	}
	return &r.shape, errors.Join(r.errs...)
}

// shapeReader makes a shape of the paths of a configuration.
type shapeReader struct {
	cfg   Config
	shape shape
	// shown is whether a document of another form, such as {}, cannot pass for one
	// without values.
	shown bool
	errs  []error
}

func (r *shapeReader) fail(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

// path reads a path. An error names its user.
func (r *shapeReader) path(user, text string) path {
	p, err := parsePath(text)
	if err == nil && p.row && r.cfg.Rows == "" {
		err = errors.New("a path with @ needs rows")
	}
	if err != nil {
		r.fail("%s: path %q: %w", user, text, err)
	}
	return p
}

// show takes note of a path without which there is no answer.
func (r *shapeReader) show(p path) { r.shown = r.shown || !p.row && !p.optional() }

func (r *shapeReader) rows() {
	if r.cfg.Rows == "" {
		return
	}
	p := r.path("rows", r.cfg.Rows)
	if p.row || len(p.steps) > 0 && p.steps[len(p.steps)-1].kind == stepEach {
		r.fail("rows: path %q: it begins with $ and leads to the list itself", r.cfg.Rows)
	}
	r.show(p)
	r.shape.rows = &p
}

func (r *shapeReader) provides() {
	for _, out := range r.cfg.Provides {
		if len(out.From) == 0 {
			r.fail("attribute %q has no path", out.Key.ID)
		}
		var paths []path
		for _, text := range out.From {
			user := fmt.Sprintf("attribute %q", out.Key.ID)
			p := r.path(user, text)
			if r.cfg.Bulk != nil && !p.row {
				r.fail("%s: path %q: in bulk it begins with @, because it must be clear whose value it is", user, text)
			}
			r.show(p)
			paths = append(paths, p)
		}
		r.shape.from = append(r.shape.from, paths)
	}
}

// conditions reads what is required and what is forbidden.
func (r *shapeReader) conditions() {
	for _, text := range r.cfg.Require {
		p := r.path("require", text)
		if p.optional() || len(p.steps) == 0 {
			r.fail("require: path %q: what is required has a name or number, and is not optional", text)
		}
		r.show(p)
		r.shape.require = append(r.shape.require, p)
	}
	for _, text := range r.cfg.Forbid {
		p := r.path("forbid", text)
		for i := range p.steps {
			p.steps[i].optional = true
		}
		r.shape.forbid = append(r.shape.forbid, p)
	}
}

// echoes comes after provides: whose values those are is what it checks.
func (r *shapeReader) echoes() {
	for _, name := range slices.Sorted(maps.Keys(r.cfg.Echo)) {
		need := slices.IndexFunc(r.cfg.Needs, func(n pip.Need) bool { return n.Name == name })
		if need < 0 {
			r.fail("echo names the unknown need %q", name)
			continue
		}
		e := echo{need: need, path: r.path("echo of need "+name, r.cfg.Echo[name])}
		if e.path.optional() || need == r.shape.list && !e.path.row {
			r.fail("echo of need %q: path %q: it is not optional, and in bulk begins with @", name, e.path.text)
		}
		r.show(e.path)
		r.shape.echo = append(r.shape.echo, e)
	}
	values := slices.Concat(r.shape.from...)
	if slices.ContainsFunc(r.shape.echo, func(e echo) bool { return e.path.row }) && slices.ContainsFunc(values, func(p path) bool { return !p.row }) {
		r.fail("an echo with @ shows whose the row is, and not whose a value at a path with $")
	}
}
