package value

// Datum is what an expression evaluates to: a [Value] or a [Bag].
type Datum interface {
	// Kind is the kind of the datum, with the literal (legacy) type.
	Kind() Kind
	datum()
}

// Value is one immutable value of a data type. The implementations are those
// of this package: String, Boolean, Integer, Double, Time, Date, DateTime,
// DayTimeDuration, YearMonthDuration, AnyURI, HexBinary, Base64Binary,
// RFC822Name, X500Name, IPAddress, DNSName, XPathExpression, [Entity] and
// [Foreign].
type Value interface {
	Datum
	// Type is the data type.
	Type() Type
	// String is the lexical form that the string-from-TYPE functions of A.3.9
	// give: canonical for the types of XML Schema, original text for the others.
	String() string
}

// Foreign is a value of a data type that the standard does not define. A
// request may carry it and get it back; no expression can use it.
type Foreign struct {
	DataType string // the identifier as the request gave it
	Text     string // the text as the request gave it, with that of elements inside
	// Markup is the value as XML if there is more to it than Text, else empty:
	// an element without a name of its own that matters, with the attributes,
	// elements and namespaces of the value.
	Markup string
}

// Type is TypeUnknown.
func (Foreign) Type() Type { return TypeUnknown }

// Kind is a single value of TypeUnknown.
func (Foreign) Kind() Kind { return One(TypeUnknown) }

// String is the original text.
func (f Foreign) String() string { return f.Text }

func (Foreign) datum() {}

// TypeID is the data type identifier of v, also of a [Foreign] value.
func TypeID(v Value) string {
	if f, ok := v.(Foreign); ok {
		return f.DataType
	}
	return v.Type().ID()
}

// Bag is an immutable, unordered collection of values of one type, in which a
// value may occur more than once (§7.3.2). It keeps the order in which values
// were put in, so that results are reproducible. The zero Bag is empty and has
// TypeUnknown.
type Bag struct {
	typ    Type
	values []Value
}

// NewBag makes a bag of the values, which must all have type t. It keeps the
// slice: the caller must not change it afterwards.
func NewBag(t Type, values ...Value) Bag { return Bag{typ: t, values: values} }

// Kind is a bag of the bag's type.
func (b Bag) Kind() Kind { return BagOf(b.typ) }

// Type is the data type of the elements.
func (b Bag) Type() Type { return b.typ }

// Len is the number of values, duplicates counted.
func (b Bag) Len() int { return len(b.values) }

// At is the i-th value, 0 <= i < Len.
func (b Bag) At(i int) Value { return b.values[i] }

// Values is the elements in insertion order. The caller must not change them.
func (b Bag) Values() []Value { return b.values }

func (Bag) datum() {}
