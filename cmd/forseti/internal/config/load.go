package config

import (
	_ "embed" // for the defaults
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// Defaults is the commented file of the defaults.
//
//go:embed forseti.yaml
var Defaults string

// defaultsName is the name of [Defaults] in a [Place].
const defaultsName = "defaults"

// Default is the configuration of [Defaults] alone.
func Default() (*Config, error) { return load("", nil, nil) }

// Load lays the file at path, if that is not empty, and then the environment
// over the defaults. lookup is os.LookupEnv, or nil for no environment. The
// error is a [Problems] if the configuration can be read but is wrong.
func Load(path string, lookup func(name string) (string, bool)) (*Config, error) {
	var text []byte
	if path != "" {
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return load(path, text, lookup)
}

func load(name string, text []byte, lookup func(string) (string, bool)) (*Config, error) {
	c := &Config{places: make(map[string]Place)}
	d := &decoder{file: defaultsName, places: c.places}
	d.document([]byte(Defaults), c)
	d.file = name
	if text != nil {
		d.document(text, c)
	}
	if lookup != nil {
		d.environment("FORSETI", "", reflect.ValueOf(c).Elem(), lookup)
	}
	if err := d.problems.orNil(); err != nil {
		return nil, err
	}
	if err := c.check().orNil(); err != nil {
		return nil, err
	}
	return c, nil
}

// environment takes the variables for the single values of a section and of
// the sections in it.
func (d *decoder) environment(variable, key string, section reflect.Value, lookup func(string) (string, bool)) {
	for i := range section.NumField() {
		name := keyOf(section.Type().Field(i))
		if name == "" {
			continue
		}
		v, path := variable+"_"+strings.ToUpper(name), join(key, name)
		switch field := section.Field(i); field.Kind() {
		case reflect.Struct:
			d.environment(v, path, field, lookup)
		case reflect.Slice, reflect.Map, reflect.Pointer:
		default:
			text, ok := lookup(v)
			if !ok {
				continue
			}
			at := Place{File: "environment variable " + v}
			d.places[path] = at
			if err := setScalar(field, text, false); err != nil {
				d.failf(at, path, "%v", err)
			}
		}
	}
}

// YAML is the configuration as a file that [Load] reads to the same effect.
func (c *Config) YAML() ([]byte, error) {
	return yaml.MarshalWithOptions(c, yaml.Indent(2), yaml.IndentSequence(true), yaml.UseLiteralStyleIfMultiline(true))
}
