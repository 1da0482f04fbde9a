package rpc

import (
	"reflect"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A message that is small on the wire may be large in memory: an empty message inside
// of another takes two octets there, and hundreds here. So what a message will take is
// found on the wire, before anything is made of it. That is an estimate, on the safe
// side.

// weight is what a message takes, in octets.
type weight struct {
	message  int // what generated code makes of it
	document int // what is made of the documents in it
}

// What parts of messages take beside their octets. A slice may have twice the room that
// it needs, and so may a map, and there are those from which they grew.
const (
	pointerWeight = 3 * 8
	stringWeight  = 3*16 + 8
	entryWeight   = 192 // of a map of strings
	octetWeight   = 2   // of strings, and of what is not known
	// documentWeight is that of an octet of XML or JSON, whose elements have few.
	documentWeight = 64
)

// shape is what there is to know of a type of messages.
type shape struct {
	size   int // of a message without what it points to
	fields map[protowire.Number]part
}

// part is a field of a message that takes more than its octets.
type part struct {
	message  *shape // nil if it is not a message
	entry    bool   // it is one of a map
	document bool
}

// shapeOf finds the shape of a message, and of all that may be in it.
func shapeOf(m proto.Message) *shape {
	return make(shapes).find(m.ProtoReflect())
}

// shapes are those that were found.
type shapes map[protoreflect.FullName]*shape

func (all shapes) find(m protoreflect.Message) *shape {
	name := m.Descriptor().FullName()
	if found := all[name]; found != nil {
		return found
	}
	s := &shape{size: int(reflect.TypeOf(m.Interface()).Elem().Size()), fields: make(map[protowire.Number]part)}
	all[name] = s // before what is in it: that may be of its type
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.IsMap():
			s.fields[f.Number()] = part{entry: true}
		case f.Kind() == protoreflect.MessageKind && f.IsList():
			s.fields[f.Number()] = part{message: all.find(m.NewField(f).List().NewElement().Message())}
		case f.Kind() == protoreflect.MessageKind:
			s.fields[f.Number()] = part{message: all.find(m.NewField(f).Message())}
		case f.Name() == "xml" || f.Name() == "json" || f.Name() == "content":
			s.fields[f.Number()] = part{document: true}
		}
	}
	return s
}

// weigh adds what a message of this shape takes. It stops at what is no message, and
// when that is more than most.
func (s *shape) weigh(data []byte, most int, w *weight) {
	w.message += pointerWeight + s.size
	for len(data) > 0 && w.message <= most {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return
		}
		value := data[n:]
		size := protowire.ConsumeFieldValue(number, kind, value)
		if size < 0 {
			return
		}
		data = value[size:]
		f, known := s.fields[number]
		if kind != protowire.BytesType {
			w.message += octetWeight * (n + size) // a number, or something that is not known
			continue
		}
		content, _ := protowire.ConsumeBytes(value)
		switch {
		case known && f.message != nil:
			f.message.weigh(content, most, w)
		case known && f.entry:
			w.message += entryWeight + octetWeight*len(content)
		default:
			w.message += stringWeight + octetWeight*len(content)
			if f.document {
				w.document += documentWeight * len(content)
			}
		}
	}
}
