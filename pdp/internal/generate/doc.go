// Package generate makes policies and requests for tests: well-typed policies
// over the whole library and all combining algorithms, and requests of the
// attributes and literals that the policies name, so that every decision is
// frequent. What it makes depends on the seed alone.
//
// A [Case] that shows a fault is made small by [Shrink] and written down as a
// scenario by [Txtar]. The package is for tests only; it knows the model and no
// syntax, and evaluates nothing.
package generate
