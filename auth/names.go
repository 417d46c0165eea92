package auth

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxLoginName is the longest name of an account, in runes.
const maxLoginName = 60

// LoginName is a name as accounts are found by: NFC, lower case, single spaces, nothing invisible.
func LoginName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	// Composed last: what was taken out may have stood between a letter and its mark, and lower case may decompose.
	return norm.NFC.String(strings.ToLower(strings.Join(strings.Fields(s), " ")))
}
