package office

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nghitruong/council"
)

func deputy(line int, name, post, group, unit string, seat int) Row {
	return Row{Line: line, Name: name, Office: post, Group: group, Unit: unit, Seat: seat, Roles: []council.Role{council.RoleDeputy}}
}

func with(r Row, problem string) Row { r.Problem = problem; return r }

func roles(r Row, rs ...council.Role) Row { r.Roles = rs; return r }

func TestParsePeople(t *testing.T) {
	rows := []struct {
		name, text string
		want       []Row
		duplicates int
	}{
		{"nothing", " \n\t\t\n", []Row{}, 0},
		{
			"tabs without a header", "Đại biểu số 01 – Tổ 1\tTrưởng ban\tTổ 1\txã Đông Cuông\t1\nĐại biểu số 02 – Tổ 1\t\tTổ 1",
			[]Row{deputy(1, "Đại biểu số 01 – Tổ 1", "Trưởng ban", "Tổ 1", "xã Đông Cuông", 1), deputy(2, "Đại biểu số 02 – Tổ 1", "", "Tổ 1", "", 0)}, 0,
		},
		{
			"a header in another order, with a column of numbers and a phone",
			"STT\tTổ đại biểu\tHọ và tên\tĐiện thoại\tSố ghế\n1\tTổ 2\tĐại biểu số 07\t0900\t7",
			[]Row{deputy(2, "Đại biểu số 07", "", "Tổ 2", "", 7)}, 0,
		},
		{
			"semicolons and Windows lines", "\ufeffĐại biểu A;;Tổ 1;\r\nĐại biểu B;;Tổ 1;\r\n",
			[]Row{deputy(1, "Đại biểu A", "", "Tổ 1", "", 0), deputy(2, "Đại biểu B", "", "Tổ 1", "", 0)}, 0,
		},
		{
			"commas, quotes and running numbers", "1,\"Đại biểu A, Tổ 1\",Phó ban\n2,Đại biểu B,",
			[]Row{deputy(1, "Đại biểu A, Tổ 1", "Phó ban", "", "", 0), deputy(2, "Đại biểu B", "", "", "", 0)}, 0,
		},
		{
			"decomposed letters become NFC, invisible ones go", "Đa\u0323i bie\u0302\u0309u \u202eA\u200b\tTrưởng\u00a0ban",
			[]Row{deputy(1, "Đại biểu A", "Trưởng ban", "", "", 0)}, 0,
		},
		{
			"problems", "A\t\tTổ 1\nA\t\tTổ 1\nA\t\tTổ 2\n\tTrưởng ban\n" + strings.Repeat("x", 81) + "\nB\t\t\t\tghế 5\nC\t\t\t\t0",
			[]Row{
				deputy(1, "A", "", "Tổ 1", "", 0), with(deputy(2, "A", "", "Tổ 1", "", 0), "duplicate"), deputy(3, "A", "", "Tổ 2", "", 0),
				with(deputy(4, "", "Trưởng ban", "", "", 0), "empty"), with(deputy(5, strings.Repeat("x", 81), "", "", "", 0), "too_long"),
				with(deputy(6, "B", "", "", "", 0), "bad_seat"), with(deputy(7, "C", "", "", "", 0), "bad_seat"),
			}, 1,
		},
		{
			"roles are proposed", "Người 1\tChủ tọa\nNgười 2\tThư ký kỳ họp\nĐiểm cầu 1\nMàn hình hội trường\nNgười 3\tKhách mời\nNgười 4\tKỹ thuật",
			[]Row{
				roles(deputy(1, "Người 1", "Chủ tọa", "", "", 0), council.RoleChair, council.RoleDeputy),
				roles(deputy(2, "Người 2", "Thư ký kỳ họp", "", "", 0), council.RoleClerk),
				roles(deputy(3, "Điểm cầu 1", "", "", "", 0), council.RoleHall),
				roles(deputy(4, "Màn hình hội trường", "", "", "", 0), council.RoleDisplay),
				roles(deputy(5, "Người 3", "Khách mời", "", "", 0), council.RoleGuest),
				roles(deputy(6, "Người 4", "Kỹ thuật", "", "", 0), council.RoleTechnician),
			}, 0,
		},
	}
	for _, r := range rows {
		got, err := ParsePeople(r.text)
		if err != nil {
			t.Errorf("%s: %v", r.name, err)
			continue
		}
		if d := cmp.Diff(Preview{Rows: r.want, Duplicates: r.duplicates}, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", r.name, d)
		}
	}
	for name, text := range map[string]string{
		"too_long": strings.Repeat("a", maxPaste+1),
		"too_many": strings.Repeat("a\n", maxPeople+1),
	} {
		if _, err := ParsePeople(text); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParsePeople(f *testing.F) {
	f.Add("Họ và tên\tChức vụ\nA\tB")
	f.Add("1;A;\"x\n2;B")
	f.Add("\xff\xfe\x00")
	f.Add("A\b\u0306") // a letter and its mark, parted by what is taken out
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePeople(text)
		if err != nil {
			return
		}
		for _, r := range p.Rows {
			if r.Problem == "" && (r.Name == "" || tooLong(r.Name, maxName) || cleanText(r.Name) != r.Name) {
				t.Errorf("row %+v has no problem", r)
			}
			if !validRoles(r.Roles) {
				t.Errorf("row %+v has bad roles", r)
			}
		}
	})
}

func TestShortLabel(t *testing.T) {
	for name, want := range map[string]string{
		"Đại biểu số 07 – Tổ 2":               "Đại biểu số 07 – Tổ 2",
		"Đại diện Ủy ban Mặt trận Tổ quốc xã": "Đại diện Ủy ban Mặt trậ…",
	} {
		if got := shortLabel(name); got != want || tooLong(got, maxLabel) {
			t.Errorf("shortLabel(%q) = %q", name, got)
		}
	}
}
