package xpath

import (
	"math"
	"strings"
	"unicode/utf8"
)

func toString(_ *Budget, _ focus, args []Result) (Result, error) {
	return stringOf(args[0].Text()), nil
}

// texts are the arguments as strings, paid for.
func texts(budget *Budget, args []Result) ([]string, error) {
	all := make([]string, len(args))
	for i, arg := range args {
		all[i] = arg.Text()
	}
	return all, budget.spendText(all...)
}

func concat(budget *Budget, _ focus, args []Result) (Result, error) {
	s, err := texts(budget, args)
	if err != nil {
		return Result{}, err
	}
	return stringOf(strings.Join(s, "")), nil
}

func startsWith(budget *Budget, _ focus, args []Result) (Result, error) {
	s, err := texts(budget, args)
	return booleanOf(strings.HasPrefix(s[0], s[1])), err
}

func contains(budget *Budget, _ focus, args []Result) (Result, error) {
	s, err := texts(budget, args)
	if err != nil {
		return Result{}, err
	}
	return booleanOf(strings.Contains(s[0], s[1])), nil
}

func substringBefore(budget *Budget, _ focus, args []Result) (Result, error) {
	s, err := texts(budget, args)
	if err != nil {
		return Result{}, err
	}
	before, _, found := strings.Cut(s[0], s[1])
	if !found {
		return stringOf(""), nil
	}
	return stringOf(before), nil
}

func substringAfter(budget *Budget, _ focus, args []Result) (Result, error) {
	s, err := texts(budget, args)
	if err != nil {
		return Result{}, err
	}
	_, after, _ := strings.Cut(s[0], s[1])
	return stringOf(after), nil
}

// substring is the characters at the positions p, counted from 1, for which
// p >= round(second) and p < round(second) + round(third) (4.2). With NaN
// neither holds.
func substring(budget *Budget, _ focus, args []Result) (Result, error) {
	s := args[0].Text()
	if err := budget.spendText(s); err != nil {
		return Result{}, err
	}
	number, err := args[1].paidNumber(budget)
	if err != nil {
		return Result{}, err
	}
	first, end := round(number), math.Inf(1)
	if len(args) == 3 {
		if number, err = args[2].paidNumber(budget); err != nil {
			return Result{}, err
		}
		end = first + round(number)
	}
	start, stop, place := -1, len(s), 0.0
	for i := range s {
		if place++; place >= end {
			stop = i
			break
		}
		if start < 0 && place >= first {
			start = i
		}
	}
	if start < 0 || math.IsNaN(end) {
		return stringOf(""), nil
	}
	return stringOf(s[start:stop]), nil
}

// stringLength counts characters (4.2), which are code points.
func stringLength(budget *Budget, _ focus, args []Result) (Result, error) {
	s, err := texts(budget, args)
	return numberOf(float64(utf8.RuneCountInString(s[0]))), err
}

func normalizedSpace(budget *Budget, _ focus, args []Result) (Result, error) {
	s, err := texts(budget, args)
	if err != nil {
		return Result{}, err
	}
	return stringOf(normalizeSpace(s[0])), nil
}

// translate replaces the characters of the second argument by those at the same
// positions of the third, or by nothing (4.2). The first occurrence counts.
func translate(budget *Budget, _ focus, args []Result) (Result, error) {
	s, err := texts(budget, args)
	if err != nil {
		return Result{}, err
	}
	to := []rune(s[2])
	replacement := make(map[rune]rune)
	place := 0
	for _, r := range s[1] {
		if _, ok := replacement[r]; !ok {
			replacement[r] = -1 // strings.Map drops it
			if place < len(to) {
				replacement[r] = to[place]
			}
		}
		place++
	}
	return stringOf(strings.Map(func(r rune) rune {
		if by, ok := replacement[r]; ok {
			return by
		}
		return r
	}, s[0])), nil
}
