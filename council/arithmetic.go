package council

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Valid tells whether the fraction is one that can decide: 0 < num ≤ den ≤ 1000, and "more than" less than all.
func (f Fraction) Valid() bool {
	return f.Num > 0 && f.Den > 0 && f.Num <= f.Den && f.Den <= 1000 && (!f.Strict || f.Num < f.Den)
}

// Met tells whether count is at least (or more than) the fraction of whole. Integers only: 2*count > whole, 3*count >= 2*whole.
// Nothing is met by zero votes.
func (f Fraction) Met(count, whole int) bool {
	if !f.Valid() || count <= 0 || whole <= 0 {
		return false
	}
	if f.Strict {
		return f.Den*count > f.Num*whole
	}
	return f.Den*count >= f.Num*whole
}

// Need is the least count that meets the fraction of whole, at least 1.
func (f Fraction) Need(whole int) int {
	if !f.Valid() || whole <= 0 {
		return 1
	}
	need := (f.Num*whole + f.Den - 1) / f.Den
	if f.Strict {
		need = f.Num*whole/f.Den + 1
	}
	return max(need, 1)
}

// Percent writes count of whole as papers do: at most two decimals, half up, a comma, no trailing zeros ("80%", "3,33%", "53,19%").
// It is for reading only; no verdict uses it.
func Percent(count, whole int) string {
	if whole <= 0 {
		return "0%"
	}
	hundredths := (count*20000 + whole) / (2 * whole)
	text := strconv.Itoa(hundredths / 100)
	if rest := hundredths % 100; rest != 0 {
		digits := strconv.Itoa(rest)
		if rest < 10 {
			digits = "0" + digits
		}
		text += "," + strings.TrimRight(digits, "0")
	}
	return text + "%"
}

// sentence states a verdict: "27/30 đại biểu tán thành, đạt 90% tổng số đại biểu; Nghị quyết được thông qua."
func sentence(count, whole int, base Base, option, subject string, passed bool) string {
	if subject == "" {
		subject = "Nội dung"
	}
	who, of := " đại biểu ", " tổng số đại biểu; "
	if base == BasePresent {
		who, of = " đại biểu có mặt ", " số đại biểu có mặt; "
	}
	verdict := " không được thông qua."
	if passed {
		verdict = " được thông qua."
	}
	return strconv.Itoa(count) + "/" + strconv.Itoa(whole) + who + lowerFirst(option) + ", đạt " + Percent(count, whole) + of + subject + verdict
}

func lowerFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToLower(r)) + s[size:]
}
