package sql

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
	"github.com/forseti-pdp/forseti/pip"
)

// Notification says which answers may have changed. The zero Notification says
// that every answer of every source may have.
//
// A database says so with NOTIFY, in its payload: a JSON object that may name a
// source, and may name attributes by category and id, with the value for which
// something changed. The members are
//
//	source       a name; absent: every source of this database
//	subject, resource, action, environment, or the URI of a category:
//	             an object of attribute ids, each with a string or an integer
//
// Answers are concerned if they were given to a question with all these values,
// in whatever case and with whatever spaces, because a database may find ALICE where
// alice changed; an attribute that a source does not need is not looked at. So less
// said is more forgotten. An empty payload, and one that is not of this form, says
// nothing: everything is. A trigger for the roles of users:
//
//	create function roles_changed() returns trigger language plpgsql as $$
//	begin
//	  if tg_op = 'TRUNCATE' then
//	    perform pg_notify('forseti', json_build_object('source', 'roles')::text);
//	    return null;
//	  end if;
//	  if tg_op <> 'INSERT' then
//	    perform pg_notify('forseti', json_build_object('source', 'roles',
//	      'subject', json_build_object('urn:altinn:userid', old.user_id))::text);
//	  end if;
//	  if tg_op <> 'DELETE' then
//	    perform pg_notify('forseti', json_build_object('source', 'roles',
//	      'subject', json_build_object('urn:altinn:userid', new.user_id))::text);
//	  end if;
//	  return null;
//	end $$;
//	create trigger roles_changed after insert or update or delete on roles
//	  for each row execute function roles_changed();
//	create trigger roles_emptied after truncate on roles
//	  for each statement execute function roles_changed();
//
// PostgreSQL delivers it when the transaction commits, and twins only once.
type Notification struct {
	// Source is the name of a source; empty: any.
	Source string
	// Values are the lexical forms of attributes. Several of one attribute are several
	// ways to write one value.
	Values []AttributeValue
}

// AttributeValue is a value of an attribute of any data type and issuer.
type AttributeValue struct{ Category, ID, Value string }

// Concerns reports whether answers of a source may have changed.
func (n Notification) Concerns(source string) bool { return n.Source == "" || n.Source == source }

// Match tells which questions of a source with these needs are concerned, as
// the Forget of a [pip.Source] takes it: nil for all.
func (n Notification) Match(needs []pip.Need) func(pip.Question) bool {
	want := make(map[int][]string)
	for i, need := range needs {
		for _, v := range n.Values {
			if v.Category != need.Key.Category || v.ID != need.Key.ID {
				continue
			}
			// 007 is 7; what is not a value at all concerns every question.
			if parsed, err := pip.Parse(need.Key.Type, v.Value); err == nil {
				want[i] = append(want[i], value.Normal(parsed).String()) // as the question is
			}
		}
	}
	if len(want) == 0 {
		return nil
	}
	return func(q pip.Question) bool {
		for i, texts := range want {
			if i < len(q) && q[i] != nil && !slices.ContainsFunc(texts, func(text string) bool { return pip.Alike(q[i].String(), text) }) {
				return false
			}
		}
		return true
	}
}

// parseNotification reads a payload. ok is false if it is not of the form; the
// zero Notification is then right.
func parseNotification(payload string) (n Notification, ok bool) {
	members, err := object([]byte(payload))
	if err != nil {
		return Notification{}, false
	}
	for _, m := range members {
		if m.name == "source" {
			if n.Source, err = jsonString(m.value); err != nil || n.Source == "" {
				return Notification{}, false
			}
			continue
		}
		category, known := categoryOf(m.name)
		attributes, err := object(m.value)
		if !known || err != nil {
			return Notification{}, false
		}
		for _, a := range attributes {
			v, err := scalar(a.value)
			if err != nil {
				return Notification{}, false
			}
			n.Values = append(n.Values, AttributeValue{category, a.name, v})
		}
	}
	return n, true
}

// categoryOf is the category that a member stands for.
func categoryOf(name string) (string, bool) {
	switch name {
	case "subject":
		return xacml.CategoryAccessSubject, true
	case "resource":
		return xacml.CategoryResource, true
	case "action":
		return xacml.CategoryAction, true
	case "environment":
		return xacml.CategoryEnvironment, true
	default:
		return name, strings.Contains(name, ":")
	}
}

// member is a member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

var errForm = errors.New("the payload is not of the form of a notification")

// object reads a JSON object in which no name occurs twice.
func object(data []byte) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errForm
	}
	var members []member
	seen := make(map[string]bool)
	for d.More() {
		t, err := d.Token()
		name, isName := t.(string)
		m := member{name: name}
		if err != nil || !isName || seen[name] || d.Decode(&m.value) != nil {
			return nil, errForm
		}
		seen[name] = true
		members = append(members, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, errForm
	}
	if _, err := d.Token(); err == nil || d.InputOffset() != int64(len(data)) {
		return nil, errForm
	}
	return members, nil
}

// jsonString reads a JSON string.
func jsonString(data json.RawMessage) (string, error) {
	var s *string
	if err := json.Unmarshal(data, &s); err != nil || s == nil {
		return "", errForm
	}
	return *s, nil
}

// scalar is a JSON string, or an integer as it is written.
func scalar(data json.RawMessage) (string, error) {
	if s, err := jsonString(data); err == nil {
		return s, nil
	}
	if digits := strings.TrimPrefix(string(data), "-"); digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", errForm
	}
	return string(data), nil
}
