package value

// String is a value of http://www.w3.org/2001/XMLSchema#string.
type String string

// Type is TypeString.
func (String) Type() Type { return TypeString }

// Kind is a single string.
func (String) Kind() Kind { return One(TypeString) }

// String is the text itself.
func (s String) String() string { return string(s) }

func (String) datum() {}
