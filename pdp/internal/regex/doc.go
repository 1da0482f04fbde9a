// Package regex is the regular expressions of the XACML functions of A.3.13:
// those of matches in XPath functions and operators, 7.6.1, without flags.
// They are the ones of XML Schema Part 2, appendix F, with the anchors ^ and $
// and reluctant quantifiers, and they look for a match anywhere in the text.
//
// An expression is parsed into a tree and written again in the syntax of
// package regexp, which gives other meanings to the same characters: \d and \w
// know ASCII only there, $ may be the end of a line, and [a-z-[aeiou]] is a
// class and a bracket. Whatever is not in the language is an error, and so are
// back-references, which cannot be matched in linear time.
//
// It is not for the patterns of XML Schema data types, which are anchored, nor
// does it say what was matched: only whether.
package regex
