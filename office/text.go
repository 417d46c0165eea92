package office

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of texts, in runes.
const (
	maxName   = 80 // names, offices, groups, hamlets
	maxTitle  = 300
	maxPlace  = 200
	maxLabel  = 24 // a tile's text
	maxAgenda = 100
	maxPeople = 2000
	maxVotes  = 50
	maxHamlet = 200
)

// cleanText is a text as it is kept: NFC, one line, single spaces, and none of the characters that change the direction or
// hide inside a line, which could make a name look like another.
func cleanText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	// Composed last: what was taken out may have stood between a letter and its mark.
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}

// tooLong says whether a clean text has more runes than allowed.
func tooLong(s string, runes int) bool { return utf8.RuneCountInString(s) > runes }

// shortLabel is a text for a tile: the whole name, or its first runes and an ellipsis.
func shortLabel(name string) string {
	r := []rune(name)
	if len(r) <= maxLabel {
		return name
	}
	return strings.TrimSpace(string(r[:maxLabel-1])) + "…"
}

// fold makes a text comparable without case, accents and đ: headers of tables come in every spelling.
func fold(s string) string {
	s = strings.ToLower(norm.NFD.String(cleanText(s)))
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'đ':
			return 'd'
		}
		return r
	}, s)
}
