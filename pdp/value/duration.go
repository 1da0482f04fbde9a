package value

import (
	"cmp"
	"math/bits"
	"strconv"
	"strings"
)

// maxDuration bounds durations, in seconds or months, so that sums with a
// dateTime do not overflow.
const maxDuration = 1 << 62

// DayTimeDuration is a value of http://www.w3.org/2001/XMLSchema#dayTimeDuration
// or of its legacy namesake: signed seconds with up to 18 fraction digits.
// Compare values with Cmp or [Equal]: == tells the legacy type apart.
type DayTimeDuration struct {
	// INVARIANT: neither has the opposite sign of the other.
	seconds int64
	attos   int64
	legacy  bool
}

func parseDayTimeDuration(s string, legacy bool) (DayTimeDuration, error) {
	p := durationParser{lexer: lexer{s}}
	negative := p.accept('-')
	if !p.accept('P') {
		return DayTimeDuration{}, errForm
	}
	p.component('D', daySeconds)
	if p.accept('T') {
		days := p.components
		p.component('H', 3600)
		p.component('M', 60)
		p.component('S', 1)
		if p.components == days {
			return DayTimeDuration{}, errForm
		}
	}
	if err := p.end(); err != nil {
		return DayTimeDuration{}, err
	}
	d := DayTimeDuration{int64(p.total), p.attos, legacy}
	if negative {
		d = d.Negate()
	}
	return d, nil
}

// Type is TypeDayTimeDuration or TypeLegacyDayTimeDuration.
func (d DayTimeDuration) Type() Type {
	if d.legacy {
		return TypeLegacyDayTimeDuration
	}
	return TypeDayTimeDuration
}

// Kind is a single value of the type.
func (d DayTimeDuration) Kind() Kind { return One(d.Type()) }

// String is the canonical form of XPath functions: "P1DT2H", zero is "PT0S".
func (d DayTimeDuration) String() string {
	var b []byte
	if d.seconds < 0 || d.attos < 0 {
		b = append(b, '-')
		d = d.Negate()
	}
	b = append(b, 'P')
	b = appendComponent(b, d.seconds/daySeconds, 'D')
	rest := d.seconds % daySeconds
	if rest != 0 || d.attos != 0 {
		b = append(b, 'T')
		b = appendComponent(b, rest/3600, 'H')
		b = appendComponent(b, rest/60%60, 'M')
		if rest%60 != 0 || d.attos != 0 {
			b = appendFraction(strconv.AppendInt(b, rest%60, 10), d.attos)
			b = append(b, 'S')
		}
	}
	if len(b) == len("P") {
		return "PT0S"
	}
	return string(b)
}

func (DayTimeDuration) datum() {}

// Negate is -d, of the same type as d.
func (d DayTimeDuration) Negate() DayTimeDuration {
	return DayTimeDuration{-d.seconds, -d.attos, d.legacy}
}

// Cmp is -1, 0 or +1 as d is shorter than, as long as or longer than e. The
// standard uses no more of it than the equality.
func (d DayTimeDuration) Cmp(e DayTimeDuration) int {
	return compareExact(d.seconds, d.attos, e.seconds, e.attos)
}

// YearMonthDuration is a value of
// http://www.w3.org/2001/XMLSchema#yearMonthDuration or of its legacy
// namesake: signed months. Compare values with Cmp or [Equal]: == tells the
// legacy type apart.
type YearMonthDuration struct {
	months int64
	legacy bool
}

func parseYearMonthDuration(s string, legacy bool) (YearMonthDuration, error) {
	p := durationParser{lexer: lexer{s}}
	negative := p.accept('-')
	if !p.accept('P') {
		return YearMonthDuration{}, errForm
	}
	p.component('Y', 12)
	p.component('M', 1)
	if err := p.end(); err != nil {
		return YearMonthDuration{}, err
	}
	d := YearMonthDuration{int64(p.total), legacy}
	if negative {
		d = d.Negate()
	}
	return d, nil
}

// Type is TypeYearMonthDuration or TypeLegacyYearMonthDuration.
func (d YearMonthDuration) Type() Type {
	if d.legacy {
		return TypeLegacyYearMonthDuration
	}
	return TypeYearMonthDuration
}

// Kind is a single value of the type.
func (d YearMonthDuration) Kind() Kind { return One(d.Type()) }

// String is the canonical form of XPath functions: "P1Y2M", zero is "P0M".
func (d YearMonthDuration) String() string {
	var b []byte
	if d.months < 0 {
		b = append(b, '-')
		d = d.Negate()
	}
	b = append(b, 'P')
	b = appendComponent(b, d.months/12, 'Y')
	b = appendComponent(b, d.months%12, 'M')
	if len(b) == len("P") {
		return "P0M"
	}
	return string(b)
}

func (YearMonthDuration) datum() {}

// Negate is -d, of the same type as d.
func (d YearMonthDuration) Negate() YearMonthDuration {
	return YearMonthDuration{-d.months, d.legacy}
}

// Cmp is -1, 0 or +1 as d is shorter than, as long as or longer than e. The
// standard uses no more of it than the equality.
func (d YearMonthDuration) Cmp(e YearMonthDuration) int {
	return cmp.Compare(d.months, e.months)
}

// durationParser adds up the components of a duration.
type durationParser struct {
	lexer
	components int
	total      uint64 // <= maxDuration
	attos      int64
	err        error // the first component that cannot be represented
}

// component takes a number and its designator, if both come next.
func (p *durationParser) component(designator byte, unit uint64) {
	before := p.lexer
	digits := p.digits()
	var attos int64
	var err error
	if designator == 'S' {
		attos, err = p.fraction()
	}
	if digits == "" || !p.accept(designator) {
		p.lexer = before
		return
	}
	p.components++
	if err == nil {
		err = p.add(digits, unit)
	}
	p.attos = attos
	if p.err == nil {
		p.err = err
	}
}

func (p *durationParser) add(digits string, unit uint64) error {
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		return nil
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return errRange
	}
	high, product := bits.Mul64(n, unit)
	if high != 0 || product > maxDuration-p.total {
		return errRange
	}
	p.total += product
	return nil
}

// end reports what is wrong with the form as a whole.
func (p *durationParser) end() error {
	if p.components == 0 || p.rest != "" {
		return errForm
	}
	return p.err
}

func appendComponent(b []byte, n int64, designator byte) []byte {
	if n == 0 {
		return b
	}
	return append(strconv.AppendInt(b, n, 10), designator)
}
