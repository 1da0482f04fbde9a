package rpc

import (
	"strings"
	"unicode/utf8"

	"github.com/forseti-pdp/forseti/contexthandler"
	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// The tags of the fields that plain messages have: the number of the field and
// the wire type, which is 2 for octets with their length and 0 for a number.
const (
	tagSubject     = 1<<3 | 2
	tagResource    = 2<<3 | 2
	tagAction      = 3<<3 | 2
	tagEnvironment = 4<<3 | 2
	tagAttributes  = 5<<3 | 2
	tagRequestID   = 6<<3 | 2
	tagPolicyIDs   = 7 << 3

	tagKey   = 1<<3 | 2 // of an entry of a map
	tagValue = 2<<3 | 2

	tagCategory    = 1<<3 | 2 // of a RequestAttribute
	tagAttributeID = 2<<3 | 2
	tagDataType    = 3<<3 | 2
	tagValues      = 4<<3 | 2

	tagRequest = 1<<3 | 2 // of an AuthorizeBatchRequest or AuthorizeStreamRequest
)

// maxPlain bounds the values of a plain request.
const maxPlain = 1000

// plainReader reads an AuthorizeRequest from its bytes straight into a query.
// What it reads means to it what it means to generated code and request.go. All
// that is not plain it leaves to them: what is wrong, what is seldom, and what
// senders that write fields in order do not write.
type plainReader struct {
	names *names
	// query gets the attributes. If it is nil, the bytes are checked only, so
	// that what is found to be a message is one.
	query     *contexthandler.Query
	requestID string
	values    int
}

// read reads a message. Without ok it is not plain.
func (r *plainReader) read(text string) (ok bool) {
	last := byte(0)
	for len(text) > 0 {
		tag := text[0]
		if tag < last || tag == last && (tag == tagAction || tag >= tagRequestID) {
			return false // of a single field the last counts
		}
		last = tag
		if tag == tagPolicyIDs {
			if len(text) < 2 || text[1] != 1 {
				return false
			}
			if text = text[2:]; r.query != nil {
				r.query.ReturnPolicyIDs()
			}
			continue
		}
		var body string
		if body, text, ok = field(text); !ok {
			return false
		}
		switch tag {
		case tagSubject:
			ok = r.entry(xacml.CategoryAccessSubject, body)
		case tagResource:
			ok = r.entry(xacml.CategoryResource, body)
		case tagAction:
			ok = body == "" || r.attribute(xacml.CategoryAction, xacml.AttributeActionID) && r.value(body)
		case tagEnvironment:
			ok = r.entry(xacml.CategoryEnvironment, body)
		case tagAttributes:
			ok = r.requestAttribute(body)
		case tagRequestID:
			r.requestID, ok = body, utf8.ValidString(body)
		default:
			ok = false
		}
		if !ok {
			return false
		}
	}
	return true
}

// entry reads an entry of a map.
func (r *plainReader) entry(category, text string) (ok bool) {
	var id, body string
	if id, text, ok = optional(text, tagKey); !ok {
		return false
	}
	if body, text, ok = optional(text, tagValue); !ok {
		return false
	}
	return text == "" && r.attribute(category, id) && r.value(body)
}

// requestAttribute reads a RequestAttribute of strings without an issuer.
func (r *plainReader) requestAttribute(text string) (ok bool) {
	var category, id, dataType, body string
	if category, text, ok = optional(text, tagCategory); !ok {
		return false
	}
	if id, text, ok = optional(text, tagAttributeID); !ok {
		return false
	}
	if dataType, text, ok = optional(text, tagDataType); !ok {
		return false
	}
	if dataType != "" && dataType != "string" && dataType != value.TypeString.ID() {
		return false
	}
	if uri, found := r.names.categories[category]; found {
		category = uri
	} else if !isPlainURI(category) {
		return false
	}
	if text == "" || !r.attribute(category, id) {
		return false
	}
	for text != "" {
		if text[0] != tagValues {
			return false
		}
		if body, text, ok = field(text); !ok || !r.value(body) {
			return false
		}
	}
	return true
}

// attribute begins an attribute.
func (r *plainReader) attribute(category, id string) (ok bool) {
	if r.query == nil {
		return utf8.ValidString(category) && utf8.ValidString(id)
	}
	known, ok := r.query.Attribute(category, id)
	return ok && (known || isPlainURI(id))
}

// value adds a value to the attribute.
func (r *plainReader) value(text string) bool {
	r.values++
	return r.values <= maxPlain && isPlainText(text) && (r.query == nil || r.query.Text(text))
}

// optional reads a field that may be left out.
func optional(text string, tag byte) (body, rest string, ok bool) {
	if text == "" || text[0] != tag {
		return "", text, true
	}
	return field(text)
}

// field reads octets with their length, behind a tag of one octet.
func field(text string) (body, rest string, ok bool) {
	size, at := 0, 1
	for shift := 0; ; shift += 7 {
		if at == len(text) || shift > 21 {
			return "", "", false
		}
		octet := text[at]
		at++
		if size |= int(octet&0x7F) << shift; octet < 0x80 {
			break
		}
	}
	if text[0]&7 != 2 || size > len(text)-at {
		return "", "", false
	}
	return text[at : at+size], text[at+size:], true
}

// isPlainURI reports whether checkURI accepts the name, which is ASCII.
func isPlainURI(name string) bool {
	for i := range len(name) {
		if name[i] < ' ' || name[i] >= 0x7F {
			return false
		}
	}
	return strings.IndexByte(name, ':') >= 0
}

// isPlainText reports whether the text is a value of type string.
func isPlainText(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= utf8.RuneSelf {
			_, err := value.Parse(value.TypeString, text)
			return err == nil
		}
	}
	return true
}
