package council

import "testing"

// The numbers of need are those of docs/GLOSSARY.md for "quá nửa" and "hai phần ba tổng số đại biểu".
func TestFractionNeed(t *testing.T) {
	half, twoThirds, all := Fraction{1, 2, true}, Fraction{2, 3, false}, Fraction{1, 1, false}
	for _, c := range []struct {
		f     Fraction
		whole int
		need  int
	}{
		{half, 30, 16}, {half, 31, 16}, {half, 19, 10}, {half, 1, 1}, {half, 2, 2},
		{twoThirds, 30, 20}, {twoThirds, 31, 21}, {twoThirds, 19, 13}, {twoThirds, 1, 1}, {twoThirds, 85, 57},
		{all, 30, 30}, {half, 0, 1}, {Fraction{}, 30, 1},
	} {
		if got := c.f.Need(c.whole); got != c.need {
			t.Errorf("%v of %d: need %d, got %d", c.f, c.whole, c.need, got)
		}
		if !c.f.Valid() || c.whole == 0 {
			continue
		}
		if c.f.Met(c.need-1, c.whole) || !c.f.Met(c.need, c.whole) {
			t.Errorf("%v of %d: Met does not begin at %d", c.f, c.whole, c.need)
		}
	}
}

func TestFractionNeverMet(t *testing.T) {
	for _, f := range []Fraction{{}, {0, 1, false}, {1, 0, false}, {2, 1, false}, {1, 1, true}, {-1, 2, false}, {1, 1001, false}} {
		if f.Valid() || f.Met(1000, 1) {
			t.Errorf("%v decides", f)
		}
	}
	if (Fraction{1, 2, false}).Met(0, 0) || (Fraction{1, 2, false}).Met(0, 10) {
		t.Error("met by nobody")
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		count, whole int
		want         string
	}{
		{24, 30, "80%"}, {27, 30, "90%"}, {1, 30, "3,33%"}, {25, 47, "53,19%"}, {19, 47, "40,43%"}, {2, 47, "4,26%"},
		{1, 8, "12,5%"}, {1, 3, "33,33%"}, {2, 3, "66,67%"}, {1, 16, "6,25%"}, {1, 32, "3,13%"}, {1, 99, "1,01%"},
		{1, 1000, "0,1%"}, {1, 10_000, "0,01%"}, {1, 20_000, "0,01%"}, {1, 20_001, "0%"},
		{0, 30, "0%"}, {30, 30, "100%"}, {1, 0, "0%"},
	} {
		if got := Percent(c.count, c.whole); got != c.want {
			t.Errorf("%d of %d: %s, want %s", c.count, c.whole, got, c.want)
		}
	}
}

func TestSentence(t *testing.T) {
	for _, c := range []struct {
		count, whole int
		base         Base
		subject      string
		passed       bool
		want         string
	}{
		{27, 30, BaseAll, "Nghị quyết", true, "27/30 đại biểu tán thành, đạt 90% tổng số đại biểu; Nghị quyết được thông qua."},
		{13, 30, BaseAll, "Nghị quyết", false, "13/30 đại biểu tán thành, đạt 43,33% tổng số đại biểu; Nghị quyết không được thông qua."},
		{14, 26, BasePresent, "Chương trình", true, "14/26 đại biểu có mặt tán thành, đạt 53,85% số đại biểu có mặt; Chương trình được thông qua."},
		{0, 30, BaseAll, "", false, "0/30 đại biểu tán thành, đạt 0% tổng số đại biểu; Nội dung không được thông qua."},
	} {
		if got := sentence(c.count, c.whole, c.base, "Tán thành", c.subject, c.passed); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
