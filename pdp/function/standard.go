package function

import "slices"

// Standard is the library of the standard: all functions of A.3, the optional
// ones among them, and the identifiers planned for deprecation (10.2.9).
func Standard() *Library { return NewLibrary(standard()...) }

// All is the library of the standard and of the profiles: that of the Related and
// Nested Entities profile.
func All() *Library {
	return NewLibrary(append(standard(), entities())...)
}

func standard() [][]*Function {
	current := [][]*Function{
		equality(),             // A.3.1
		arithmetic(),           // A.3.2
		normalization(),        // A.3.3
		numericConversion(),    // A.3.4
		logical(),              // A.3.5
		numericComparison(),    // A.3.6
		dateArithmetic(),       // A.3.7
		nonNumericComparison(), // A.3.8
		stringFunctions(),      // A.3.9
		conversion(),           // A.3.9
		bagFunctions(),         // A.3.10
		setFunctions(),         // A.3.11
		higherOrder(),          // A.3.12
		regexpMatch(),          // A.3.13
		specialMatch(),         // A.3.14
		xpathFunctions(),       // A.3.15
		otherFunctions(),       // A.3.16
	}
	return append(current, deprecated(slices.Concat(current...)))
}
