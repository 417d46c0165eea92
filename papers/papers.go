// Package papers writes what comes out of a sitting: tables of attendance, speakers and votes as CSV and XLSX, QR codes, and
// the bundle with which anybody can check the ledger.
package papers

import (
	"strings"
	"time"

	"nghitruong/council"
)

// Table is a titled table of texts and numbers; a cell is a string or an int.
type Table struct {
	Name string // at most 31 runes: the name of a sheet
	Head []string
	Rows [][]any
}

// vietnam is the time zone of every paper; it has had no daylight saving since 1975.
var vietnam = time.FixedZone("ICT", 7*60*60)

// clock is a time of the sitting as papers print it; "" for not yet.
func clock(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(vietnam).Format("15:04:05 02/01/2006")
}

// length is a length of time as minutes and seconds: 02:41; "" for none.
func length(fromMS, toMS int64) string {
	if fromMS == 0 || toMS < fromMS {
		return ""
	}
	s := (toMS - fromMS + 500) / 1000
	return pad(s/60) + ":" + pad(s%60)
}

func pad(n int64) string {
	if n < 10 {
		return "0" + itoa(n)
	}
	return itoa(n)
}

// words of the glossary (docs/GLOSSARY.md).
var (
	presenceWords = map[council.PresenceState]string{
		council.PresenceUnknown: "Chưa rõ", council.PresencePresent: "Có mặt", council.PresenceLate: "Đến muộn",
		council.PresenceExcused: "Vắng có lý do", council.PresenceUnexcused: "Vắng không lý do", council.PresenceLeft: "Về sớm",
	}
	turnWords = map[council.TurnKind]string{
		council.TurnSpeak: "Phát biểu", council.TurnQuestion: "Chất vấn", council.TurnDebate: "Tranh luận",
		council.TurnExplain: "Giải trình", council.TurnCitizen: "Cử tri",
	}
	byWords = map[string]string{"self": "tự điểm danh", "hall": "điểm cầu ghi", "clerk": "thư ký ghi"}
)

// names finds how a paper calls people and agenda items.
type names struct {
	people map[council.PersonID]council.Person
	items  map[string]string
}

func namesOf(m *council.Minutes) names {
	n := names{people: map[council.PersonID]council.Person{}, items: map[string]string{}}
	for _, p := range m.Published.People {
		n.people[p.ID] = p
	}
	for _, i := range m.Items {
		n.items[i.Item.ID] = itoa(int64(i.No)) + ". " + i.Item.Title
	}
	return n
}

func (n names) person(id council.PersonID) string { return n.people[id].Name }

func (n names) place(place string) string {
	switch place {
	case "":
		return ""
	case council.Online:
		return "Trực tuyến"
	}
	return n.person(council.PersonID(place))
}

// Attendance has one line per deputy, with every change of the roll-call in words.
func Attendance(m *council.Minutes) Table {
	n := namesOf(m)
	t := Table{Name: "Điểm danh", Head: []string{
		"STT", "Họ và tên", "Chức vụ", "Tổ đại biểu", "Đơn vị", "Ghế", "Trạng thái", "Nơi dự", "Có mặt từ", "Diễn biến",
	}}
	for i, a := range m.Attendance {
		var steps []string
		for _, c := range a.Changes {
			steps = append(steps, n.change(c))
		}
		t.Rows = append(t.Rows, []any{
			i + 1, a.Person.Name, a.Person.Office, a.Person.Group, a.Person.Unit, blankZero(a.Person.Seat),
			presenceWords[a.State], n.place(a.Place), clock(a.FirstAt), strings.Join(steps, "; "),
		})
	}
	return t
}

// change is one step of a deputy's time line: "08:02:11 có mặt (tự điểm danh)".
func (n names) change(c council.PresenceChange) string {
	word, known := presenceWords[council.PresenceState(c.State)]
	switch {
	case known:
		word = strings.ToLower(word)
	case c.State == "lost":
		word = "mất kết nối"
	case c.State == "back":
		word = "kết nối lại"
	default:
		word = c.State
	}
	out := time.UnixMilli(c.At).In(vietnam).Format("15:04:05") + " " + word
	var more []string
	if by := byWords[c.By]; by != "" {
		more = append(more, by)
	}
	if p := n.place(c.Place); p != "" {
		more = append(more, p)
	}
	if c.Reason != "" {
		more = append(more, c.Reason)
	}
	if len(more) > 0 {
		out += " (" + strings.Join(more, ", ") + ")"
	}
	return out
}

// Speakers has one line per turn, and at the end those who asked and were not heard.
func Speakers(m *council.Minutes) Table {
	n := namesOf(m)
	t := Table{Name: "Phát biểu", Head: []string{
		"STT", "Nội dung", "Người phát biểu", "Tổ đại biểu", "Hình thức", "Người được hỏi", "Nơi", "Bắt đầu", "Kết thúc",
		"Đã nói", "Được phép",
	}}
	for i, s := range m.Speakers {
		t.Rows = append(t.Rows, []any{
			i + 1, n.items[s.Item], n.speaker(s), n.people[s.Person].Group, turnWords[s.Kind], n.person(s.Asked), n.source(s),
			clock(s.StartedAt), clock(s.EndedAt), length(s.StartedAt, s.EndedAt), length(1, 1+s.AllowedMS),
		})
	}
	for i, s := range m.Unheard {
		t.Rows = append(t.Rows, []any{
			len(m.Speakers) + i + 1, "", n.speaker(s), n.people[s.Person].Group, turnWords[s.Kind], n.person(s.Asked), "",
			"", "", "", "chưa được mời",
		})
	}
	return t
}

func (n names) speaker(s council.SpeakerLine) string {
	if name := n.person(s.Person); name != "" {
		return name
	}
	return s.Label
}

// source names the hall from which somebody spoke.
func (n names) source(s council.SpeakerLine) string {
	if s.Source == "" || s.Source == s.Person {
		return ""
	}
	return n.person(s.Source)
}

// Votes has the results of all closed ballots: counts, percentages of all deputies and of those present, and the verdict.
func Votes(m *council.Minutes) Table {
	t := Table{Name: "Kết quả biểu quyết", Head: []string{
		"Lần", "Nội dung", "Mở lúc", "Đóng lúc", "Tổng số đại biểu", "Có mặt", "Phương án", "Số phiếu", "So với tổng số",
		"So với có mặt", "Có mặt, không bấm", "Cần ít nhất", "Kết luận", "Mã kiểm tra",
	}}
	for i, v := range m.Votes {
		if v.Result == nil {
			continue
		}
		r := v.Result
		for _, o := range r.Options {
			t.Rows = append(t.Rows, []any{
				i + 1, v.Opened.Question, clock(v.OpenedAt), clock(v.ClosedAt), r.Total, r.Present, o.Label, o.Count,
				percent(o.PctTotal), percent(o.PctPresent), r.NotPressed, r.Need, r.Sentence, r.Hash,
			})
		}
	}
	return t
}

// VotesByName has one line per deputy and ballot; the votes of a public ballot are public acts.
func VotesByName(m *council.Minutes) Table {
	n := namesOf(m)
	t := Table{Name: "Biểu quyết theo tên", Head: []string{
		"Lần", "Nội dung", "Đóng lúc", "Đại biểu", "Tổ đại biểu", "Lựa chọn", "Ghi chú",
	}}
	for i, v := range m.Votes {
		if v.Result == nil {
			continue
		}
		labels := map[string]string{"": "Có mặt, không bấm"}
		for _, o := range v.Result.Options {
			labels[o.ID] = o.Label
		}
		for _, b := range v.Result.ByName {
			name, note := b.Label, ""
			if p, ok := n.people[b.Person]; ok {
				name = p.Name
			}
			if b.Recorded {
				note = "Thư ký ghi"
			}
			t.Rows = append(t.Rows, []any{
				i + 1, v.Opened.Question, clock(v.ClosedAt), name, n.people[b.Person].Group, labels[b.Choice], note,
			})
		}
	}
	return t
}

func blankZero(n int) any {
	if n == 0 {
		return ""
	}
	return n
}

// percent makes sure that the sign stands once.
func percent(s string) string {
	if s == "" || strings.HasSuffix(s, "%") {
		return s
	}
	return s + "%"
}
