package xpath

import "testing"

func Test4_1_NodeSetFunctions(t *testing.T) {
	table(t, `
		last() => 1
		position() => 1
		count(//k) => 4
		count(//none) => 0
		id('x1') => /*/*[2]/*
		id(' x2 x1  x2 none') => /*/*[2]/* /*/*[3]
		id(//none) => -
		id(//@xml:id) => /*/*[2]/* /*/*[3]
		id('1') => -
		local-name(/*) => r
		local-name(//p:a) => a
		local-name(//@p:id) => id
		local-name(//processing-instruction()) => go
		string-length(local-name(/)) => 0
		string-length(local-name(//none)) => 0
		string-length(local-name(//text())) => 0
		namespace-uri(//p:a) => urn:p
		namespace-uri(/*) => urn:d
		string-length(namespace-uri(//k)) => 0
		string-length(namespace-uri(//@id)) => 0
		namespace-uri(//@p:id) => urn:p
		name(//p:a) => p:a
		name(/*) => r
		name(//@p:id) => p:id
		name(//@xml:lang) => xml:lang
		name(//processing-instruction()) => go
		name(/*/namespace::p) => p
		//*[name() = 'p:a'] => /*/*[1] /*/*[2] /*/*[5]/*
		//*[local-name() = 'k'][2] => /*/*[3]/*[2]
		//*[namespace-uri() = 'urn:other'] => /*/*[5]/*
	`)
}

func Test4_2_StringFunctions(t *testing.T) {
	table(t, `
		string(//p:a[2]) => two2
		string(//@n) => 10
		string-length(string(//none)) => 0
		string(1 div 3) => 0.3333333333333333
		string(0.1 + 0.2) => 0.30000000000000004
		string(-0) => 0
		string(1000000 * 1000000 * 1000000 * 1000) => 1000000000000000000000
		string(0.0000001) => 0.0000001
		string(-1.50) => -1.5
		string(0 div 0) => NaN
		string(-1 div 0) => -Infinity
		string(true()) => true
		string(false()) => false
		normalize-space() => onetwo2123xa<b
		//k[string() = '3'] => /*/*[3]/*[3]
		concat('a', 1, true(), //k) => a1true1
		starts-with('abc', 'ab') => true
		starts-with('abc', 'b') => false
		starts-with('abc', '') => true
		contains('abc', 'bc') => true
		contains('abc', 'd') => false
		contains('', '') => true
		substring-before('1999/04/01', '/') => 1999
		substring-after('1999/04/01', '/') => 04/01
		substring-after('1999/04/01', '19') => 99/04/01
		substring-after('abc', '') => abc
		string-length(substring-before('abc', '')) => 0
		string-length(substring-before('abc', 'd')) => 0
		string-length(substring-after('abc', 'd')) => 0
		substring('12345', 2, 3) => 234
		substring('12345', 2) => 2345
		substring('12345', 1.5, 2.6) => 234
		substring('12345', 0, 3) => 12
		string-length(substring('12345', 0 div 0, 3)) => 0
		string-length(substring('12345', 1, 0 div 0)) => 0
		substring('12345', -42, 1 div 0) => 12345
		string-length(substring('12345', -1 div 0, 1 div 0)) => 0
		substring('12345', -1 div 0) => 12345
		string-length(substring('12345', 1 div 0)) => 0
		string-length(substring('12345', 0 div 0)) => 0
		string-length(substring('12345', 3, -1)) => 0
		string-length(substring('12345', 6)) => 0
		substring('æøå', 2, 1) => ø
		substring('12345', 2.5) => 345
		string-length('æøå') => 3
		string-length('𝄞') => 1
		//k[string-length() = 1][4] => /*/*[3]/*[4]
		concat('[', normalize-space('  a   b c '), ']') => [a b c]
		//*[normalize-space() = 'one'] => /*/*[1]
		string-length(normalize-space(' ')) => 1
		translate('bar', 'abc', 'AB') => BAr
		translate('--aaa--', 'abc-', 'ABC') => AAA
		translate('aaa', 'aa', 'xy') => xxx
		translate('aæ', 'æa', 'aæ') => æa
	`)
}

func Test4_3_BooleanFunctions(t *testing.T) {
	table(t, `
		boolean(0) => false
		boolean(-0) => false
		boolean(0 div 0) => false
		boolean(1 div 0) => true
		boolean('') => false
		boolean('false') => true
		boolean(//none) => false
		boolean(//k) => true
		not(//none) => true
		not('0') => false
		true() => true
		false() => false
		lang('en') => false
		//k[lang('en')][1] => /*/*[3]/*[1]
		//k[lang('EN-gb')][1] => /*/*[3]/*[1]
		//k[lang('en-g')] => -
		//k[lang('en-GB-x')] => -
		//k[lang('')] => -
		//p:a[lang('en')] => /*/*[1] /*/*[2]
		//p:a[lang('en-GB')] => -
		//@n[lang('en')] => /*/*[1]/@n /*/*[2]/@n
		/*/namespace::p[lang('en')] => /*/namespace::p
		//text()[lang('en-gb')][. = 2] => /*/*[3]/*[2]/text()
	`)
}

func Test4_4_NumberFunctions(t *testing.T) {
	table(t, `
		number('12') => 12
		number(' -12.50 ') => -12.5
		number('.5') => 0.5
		number('5.') => 5
		number('-.5') => -0.5
		number('.') => NaN
		number('-') => NaN
		number('- 1') => NaN
		number('--1') => NaN
		number('+1') => NaN
		number('1e3') => NaN
		number('0x10') => NaN
		number('1_000') => NaN
		number('Infinity') => NaN
		number('') => NaN
		number('1 2') => NaN
		number(true()) => 1
		number(false()) => 0
		number(//k[2]) => 2
		number(//none) => NaN
		//k[number() = 3] => /*/*[3]/*[3]
		sum(//k) => NaN
		sum(//k[position() < 4]) => 6
		sum(//none) => 0
		floor(2.6) => 2
		floor(-2.5) => -3
		ceiling(2.2) => 3
		ceiling(-2.5) => -2
		1 div ceiling(-0.5) => -Infinity
		round(2.5) => 3
		round(2.4) => 2
		round(-2.5) => -2
		round(-2.6) => -3
		round(0.49999999999999994) => 0
		1 div round(-0.2) => -Infinity
		1 div round(-0.5) => -Infinity
		1 div round(0.2) => Infinity
		1 div round(-0) => -Infinity
		round(0 div 0) => NaN
		round(1 div 0) => Infinity
		round(-1 div 0) => -Infinity
		floor('x') => NaN
	`)
}
