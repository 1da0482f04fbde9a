package regex

import (
	"strings"
	"testing"
	"unicode"
)

// The names that XML Schema 1.0 lists are known, but for surrogates, and the
// blocks of scripts hold characters of the script: those of Unicode 15.0 too.
func TestF_1_1_Blocks(t *testing.T) {
	const names = `BasicLatin Latin-1Supplement LatinExtended-A LatinExtended-B IPAExtensions
		SpacingModifierLetters CombiningDiacriticalMarks Greek Cyrillic Armenian Hebrew Arabic Syriac
		Thaana Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai
		Lao Tibetan Myanmar Georgian HangulJamo Ethiopic Cherokee UnifiedCanadianAboriginalSyllabics
		Ogham Runic Khmer Mongolian LatinExtendedAdditional GreekExtended GeneralPunctuation
		SuperscriptsandSubscripts CurrencySymbols CombiningMarksforSymbols LetterlikeSymbols NumberForms
		Arrows MathematicalOperators MiscellaneousTechnical ControlPictures OpticalCharacterRecognition
		EnclosedAlphanumerics BoxDrawing BlockElements GeometricShapes MiscellaneousSymbols Dingbats
		BraillePatterns CJKRadicalsSupplement KangxiRadicals IdeographicDescriptionCharacters
		CJKSymbolsandPunctuation Hiragana Katakana Bopomofo HangulCompatibilityJamo Kanbun
		BopomofoExtended EnclosedCJKLettersandMonths CJKCompatibility CJKUnifiedIdeographsExtensionA
		CJKUnifiedIdeographs YiSyllables YiRadicals HangulSyllables PrivateUse
		CJKCompatibilityIdeographs AlphabeticPresentationForms ArabicPresentationForms-A
		CombiningHalfMarks CJKCompatibilityForms SmallFormVariants ArabicPresentationForms-B Specials
		HalfwidthandFullwidthForms OldItalic Gothic Deseret ByzantineMusicalSymbols MusicalSymbols
		MathematicalAlphanumericSymbols CJKUnifiedIdeographsExtensionB
		CJKCompatibilityIdeographsSupplement Tags`
	for name := range strings.FieldsSeq(names) {
		if _, ok := block(name); !ok {
			t.Errorf("got no block, want one, for %q", name)
		}
	}
	if unicode.Version != "15.0.0" {
		t.Errorf("got package unicode of version %s, want the 15.0.0 of the blocks", unicode.Version)
	}
	shared := 0
	for script, table := range unicode.Scripts {
		s, ok := block(strings.ReplaceAll(script, "_", ""))
		if !ok {
			continue
		}
		shared++
		if common := s.minus(s.minus(tableSet(table))); len(common) == 0 {
			t.Errorf("got no character of the script in the block, want some, for %q", script)
		}
	}
	if shared < 100 {
		t.Errorf("got %d blocks with the name of a script, want 100 or more", shared)
	}
}

// The blocks of today ascend and are those of whole columns of 16 characters.
func TestF_1_1_BlocksAreApart(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(blocks), "\n")
	const unicodeBlocks = 327 - 3 // without surrogates
	last := span{-1, -1}
	for i, line := range lines[:unicodeBlocks] {
		_, name, _ := strings.Cut(line[strings.Index(line, " ")+1:], " ")
		s, ok := block(name)
		if !ok || len(s) != 1 || s[0].lo <= last.hi || s[0].hi < s[0].lo || s[0].lo%16 != 0 || s[0].hi%16 != 15 {
			t.Errorf("got %X after %X, want one block after it, for line %d, %q", s, last, i, line)
			continue
		}
		last = s[0]
	}
	if last.hi != unicode.MaxRune {
		t.Errorf("got %X as the last block, want one up to the last character", last)
	}
}
