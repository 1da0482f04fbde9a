package function

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/forseti-pdp/forseti/pdp/value"
	"github.com/forseti-pdp/forseti/pdp/xacml"
)

// higherOrder is the functions of A.3.12. Their arguments come evaluated: one
// that is Indeterminate has made the result so already, even where a bag is
// empty. An Indeterminate application counts as an Indeterminate argument of
// or and and (A.3.5), which is how the standard defines these functions. The
// cost is the number of tuples, whether or not an early one decides.
func higherOrder() []*Function {
	return []*Function{
		quantifier(xacml.Function3+"any-of",
			"True if the function is true of the arguments with some element in place of the only bag; False if the bag is empty.",
			checkOneBag, anyTuple),
		quantifier(xacml.Function3+"all-of",
			"True if the function is true of the arguments with each element in place of the only bag; True if the bag is empty.",
			checkOneBag, allTuples),
		quantifier(xacml.Function3+"any-of-any",
			"True if the function is true of some tuple of the cross product of the arguments, a single value being a bag of one.",
			checkAnyBags, anyTuple),
		quantifier(xacml.Function1+"all-of-any",
			"True if for each element of the first bag there is one of the second for which the function is true of both.",
			checkTwoBags, allOfAny),
		quantifier(xacml.Function1+"any-of-all",
			"True if for each element of the second bag there is one of the first for which the function is true of both.",
			checkTwoBags, anyOfAll),
		quantifier(xacml.Function1+"all-of-all",
			"True if the function is true of each element of the first bag with each element of the second.",
			checkTwoBags, allTuples),
		{
			ID:      xacml.Function3 + "map",
			Section: "A.3.12",
			Doc:     "The bag of the results of the function with each element in place of the only bag; fails if one application fails.",
			Result:  value.BagOf(value.TypeUnknown),
			Higher:  &HigherOrder{Check: checkMap, Apply: applyMap},
		},
	}
}

// quantifier is a higher-order function whose result is boolean.
func quantifier(id, doc string, check func(args []value.Kind) error, apply func(*prepaid, *Function, []value.Datum) (value.Datum, error)) *Function {
	return &Function{
		ID:      id,
		Section: "A.3.12",
		Doc:     doc,
		Result:  boolean(),
		Higher: &HigherOrder{
			Check: func(f *Function, args []value.Kind) (value.Kind, error) {
				if err := check(args); err != nil {
					return value.Kind{}, err
				}
				if err := checkApplied(f, args); err != nil {
					return value.Kind{}, err
				}
				if f.Result != boolean() {
					return value.Kind{}, fmt.Errorf("the result of the applied function must be boolean, not %s", f.Result)
				}
				return boolean(), nil
			},
			Apply: func(c Context, f *Function, args []value.Datum) (value.Datum, error) {
				p := &prepaid{Context: c, left: tuples(args)}
				result, err := apply(p, f, args)
				if short := p.rest(); short != nil {
					return nil, short
				}
				return result, err
			},
		},
	}
}

func anyTuple(c *prepaid, f *Function, args []value.Datum) (value.Datum, error) {
	return decide(true, applications(c, f, args))
}

func allTuples(c *prepaid, f *Function, args []value.Datum) (value.Datum, error) {
	return decide(false, applications(c, f, args))
}

func allOfAny(c *prepaid, f *Function, args []value.Datum) (value.Datum, error) {
	return decide(false, func(yield func(value.Datum, error) bool) {
		for _, a := range args[0].(value.Bag).Values() {
			if !yield(anyTuple(c, f, []value.Datum{a, args[1]})) {
				return
			}
		}
	})
}

// A.3.12: the outer quantifier is over the second bag.
func anyOfAll(c *prepaid, f *Function, args []value.Datum) (value.Datum, error) {
	return decide(false, func(yield func(value.Datum, error) bool) {
		for _, b := range args[1].(value.Bag).Values() {
			if !yield(anyTuple(c, f, []value.Datum{args[0], b})) {
				return
			}
		}
	})
}

func applyMap(c Context, f *Function, args []value.Datum) (value.Datum, error) {
	n := tuples(args) // those of one bag
	results := make([]value.Value, 0, n)
	for v, err := range applications(&prepaid{Context: c, left: n}, f, args) {
		if err != nil {
			return nil, err
		}
		results = append(results, v.(value.Value))
	}
	return value.NewBag(f.Result.Type, results...), nil
}

// tuples is the number of tuples in the cross product of the arguments.
func tuples(args []value.Datum) int {
	n := 1
	for _, a := range args {
		if bag, ok := a.(value.Bag); ok {
			n = times(n, bag.Len())
		}
	}
	return n
}

// applications is the results of f for each tuple of the cross product of the
// arguments, in the order of the bags, the last one running fastest.
func applications(c *prepaid, f *Function, args []value.Datum) iter.Seq2[value.Datum, error] {
	return func(yield func(value.Datum, error) bool) {
		if tuples(args) == 0 {
			return
		}
		tuple := make([]value.Datum, len(args))
		at := make([]int, len(args)) // the places in the bags
		for i, a := range args {
			tuple[i] = a
			if bag, ok := a.(value.Bag); ok {
				tuple[i] = bag.At(0)
			}
		}
		for {
			if err := c.next(); err != nil {
				yield(nil, err)
				return
			}
			if !yield(f.Call(c, tuple)) {
				return
			}
			i := len(args) - 1
			for ; i >= 0; i-- {
				bag, ok := args[i].(value.Bag)
				if !ok {
					continue
				}
				at[i] = (at[i] + 1) % bag.Len()
				tuple[i] = bag.At(at[i])
				if at[i] != 0 {
					break
				}
			}
			if i < 0 {
				return
			}
		}
	}
}

// prepaid is the context of applications of a function, for which it pays some at a
// time: who pays for all at once is not asked for a long time whether to go on.
type prepaid struct {
	Context
	left int // applications that are not paid for
	paid int // applications that are, and still to come
}

// paidAtOnce is how many applications are paid for at a time.
const paidAtOnce = 1024

// next is called before each application.
func (p *prepaid) next() error {
	if p.paid == 0 {
		n := min(p.left, paidAtOnce)
		if err := spend(p.Context, n); err != nil {
			return err
		}
		p.left, p.paid = p.left-n, n
	}
	p.paid--
	return nil
}

// rest pays for the applications that were not made because an early one decided.
func (p *prepaid) rest() error { return spend(p.Context, p.left) }

// checkApplied type-checks the applications of f to elements of the arguments.
func checkApplied(f *Function, args []value.Kind) error {
	if f.Higher != nil {
		return errors.New("a higher-order function cannot be applied")
	}
	if f.Typed != nil {
		return errors.New("a function whose types depend on its arguments cannot be applied")
	}
	parameters := f.Parameters
	if f.Rest != nil {
		parameters = append(slices.Clip(parameters), *f.Rest)
	}
	for _, p := range parameters {
		if p.Bag {
			return errors.New("a function with a bag as parameter cannot be applied")
		}
	}
	if f.Result.Bag {
		return errors.New("a function with a bag as result cannot be applied")
	}
	elements := make([]value.Kind, len(args))
	for i, k := range args {
		elements[i] = value.One(k.Type)
	}
	if _, err := f.Check(nil, elements, nil); err != nil {
		return fmt.Errorf("the applied function: %w", err)
	}
	return nil
}

func checkMap(f *Function, args []value.Kind) (value.Kind, error) {
	if err := checkOneBag(args); err != nil {
		return value.Kind{}, err
	}
	if err := checkApplied(f, args); err != nil {
		return value.Kind{}, err
	}
	return value.BagOf(f.Result.Type), nil
}

func checkOneBag(args []value.Kind) error {
	if n := countBags(args); n != 1 {
		return fmt.Errorf("wants exactly one bag after the function, got %d", n)
	}
	return nil
}

func checkTwoBags(args []value.Kind) error {
	if n := countBags(args); n != 2 || len(args) != 2 {
		return fmt.Errorf("wants exactly two bags after the function, got %s of which %d are bags", count(len(args), false), n)
	}
	return nil
}

func checkAnyBags(args []value.Kind) error {
	if len(args) == 0 {
		return errors.New("wants 1 argument or more after the function, got none")
	}
	return nil
}

func countBags(args []value.Kind) int {
	n := 0
	for _, k := range args {
		if k.Bag {
			n++
		}
	}
	return n
}
