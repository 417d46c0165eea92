package office

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"nghitruong/council"
)

// Row is one pasted line as the office understood it; Problem says why it will not be taken as it stands.
type Row struct {
	Line    int            `json:"line" doc:"line of the pasted text, from 1"`
	Name    string         `json:"name"`
	Office  string         `json:"office"`
	Group   string         `json:"group"`
	Unit    string         `json:"unit"`
	Seat    int            `json:"seat" doc:"0 = none"`
	Roles   []council.Role `json:"roles"`
	Problem string         `json:"problem,omitempty" enum:"duplicate,empty,too_long,bad_seat"`
}

// Preview is what a pasted list would become.
type Preview struct {
	Rows       []Row `json:"rows"`
	Duplicates int   `json:"duplicates"`
}

// Problems of a row.
const (
	problemDuplicate = "duplicate" // the same name, group and unit stood in an earlier line
	problemEmpty     = "empty"     // no name
	problemTooLong   = "too_long"
	problemSeat      = "bad_seat" // not a number from 1 to 9999
)

// column is what a column of a pasted table holds.
type column int

const (
	colSkip column = iota
	colName
	colOffice
	colGroup
	colUnit
	colSeat
	colRole
)

// plainColumns is the order without a header: the one ux and the help page name.
var plainColumns = []column{colName, colOffice, colGroup, colUnit, colSeat}

// headers maps folded header cells to columns.
var headers = map[string]column{
	"stt": colSkip, "tt": colSkip, "so tt": colSkip, "so thu tu": colSkip,
	"ho ten": colName, "ho va ten": colName, "ten": colName, "dai bieu": colName, "name": colName,
	"chuc vu": colOffice, "chuc danh": colOffice, "office": colOffice,
	"to": colGroup, "to dai bieu": colGroup, "group": colGroup,
	"don vi": colUnit, "co quan": colUnit, "don vi cong tac": colUnit, "unit": colUnit,
	"ghe": colSeat, "so ghe": colSeat, "seat": colSeat,
	"vai tro": colRole, "role": colRole,
	"dien thoai": colSkip, "so dien thoai": colSkip, "email": colSkip, "ghi chu": colSkip,
}

// ParsePeople reads a list pasted from a spreadsheet or typed: cells apart by tabs, semicolons or commas, with or without a
// header line and a leading column of numbers. Nothing is refused here; each row carries its problem.
func ParsePeople(text string) (Preview, error) {
	if len(text) > maxPaste {
		return Preview{}, invalid("too_long", map[string]any{"max": maxPaste})
	}
	table, err := readTable(text)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Rows: []Row{}}
	columns, body := layout(table)
	seen := map[string]bool{}
	for _, t := range body {
		row := readRow(t, columns)
		key := strings.ToLower(row.Name + "\x00" + row.Group + "\x00" + row.Unit)
		switch {
		case row.Problem != "":
		case seen[key]:
			row.Problem = problemDuplicate
			p.Duplicates++
		}
		seen[key] = true
		p.Rows = append(p.Rows, row)
	}
	if len(p.Rows) > maxPeople {
		return Preview{}, invalid("too_many", map[string]any{"max": maxPeople})
	}
	return p, nil
}

// maxPaste is the largest pasted text in bytes.
const maxPaste = 256 << 10

// tableLine is one line of the table with its place in the text.
type tableLine struct {
	no    int
	cells []string
}

// readTable splits the text; the separator is the strongest that occurs at all.
func readTable(text string) ([]tableLine, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	r := csv.NewReader(strings.NewReader(text))
	r.LazyQuotes, r.FieldsPerRecord, r.Comma = true, -1, ','
	for _, sep := range []rune{'\t', ';'} {
		if strings.ContainsRune(text, sep) {
			r.Comma = sep
			break
		}
	}
	var out []tableLine
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, invalid("bad_table", nil)
		}
		line, _ := r.FieldPos(0)
		blank := true
		for i := range cells {
			cells[i] = cleanText(cells[i])
			blank = blank && cells[i] == ""
		}
		if !blank {
			out = append(out, tableLine{no: line, cells: cells})
		}
	}
}

// layout finds the header, or the plain order behind a column of running numbers.
func layout(table []tableLine) ([]column, []tableLine) {
	if len(table) == 0 {
		return plainColumns, nil
	}
	first := table[0].cells
	columns, hasName := make([]column, len(first)), false
	for i, cell := range first {
		c, known := headers[fold(cell)]
		if known && c != colSkip && slices.Contains(columns[:i], c) {
			c = colSkip
		}
		columns[i] = c
		hasName = hasName || c == colName
	}
	if hasName {
		return columns, table[1:]
	}
	if numbered(table) {
		return append([]column{colSkip}, plainColumns...), table
	}
	return plainColumns, table
}

// numbered says whether the first column is 1, 2, 3, …
func numbered(table []tableLine) bool {
	for i, t := range table {
		if len(t.cells) < 2 || strings.TrimSuffix(t.cells[0], ".") != strconv.Itoa(i+1) {
			return false
		}
	}
	return true
}

func readRow(t tableLine, columns []column) Row {
	row := Row{Line: t.no}
	role := ""
	for i, cell := range t.cells {
		if i >= len(columns) {
			break
		}
		switch columns[i] {
		case colName:
			row.Name = cell
		case colOffice:
			row.Office = cell
		case colGroup:
			row.Group = cell
		case colUnit:
			row.Unit = cell
		case colRole:
			role = cell
		case colSeat:
			if cell == "" {
				continue
			}
			n, err := strconv.Atoi(cell)
			if err != nil || n < 1 || n > maxSeat {
				row.Problem = problemSeat
				continue
			}
			row.Seat = n
		case colSkip:
		}
	}
	row.Roles = guessRoles(role, row.Office, row.Name)
	switch {
	case row.Name == "":
		row.Problem = problemEmpty
	case tooLong(row.Name, maxName) || tooLong(row.Office, maxName) || tooLong(row.Group, maxName) || tooLong(row.Unit, maxName):
		row.Problem = problemTooLong
	}
	return row
}

// maxSeat is the highest seat number.
const maxSeat = 9999

// roleWords are looked for in the role column, then in the office, then at the start of the name; the first hit counts.
// They are a proposal: the clerk sees and changes them before publishing.
var roleWords = []struct {
	word  string
	roles []council.Role
}{
	{"chu toa", []council.Role{council.RoleChair, council.RoleDeputy}},
	{"chu tri", []council.Role{council.RoleChair, council.RoleDeputy}},
	{"ban kiem phieu", []council.Role{council.RoleDeputy, council.RoleTeller}},
	{"thu ky", []council.Role{council.RoleClerk}},
	{"ky thuat", []council.Role{council.RoleTechnician}},
	{"khach moi", []council.Role{council.RoleGuest}},
	{"mat tran", []council.Role{council.RoleGuest}},
	{"diem cau", []council.Role{council.RoleHall}},
	{"man hinh", []council.Role{council.RoleDisplay}},
}

func guessRoles(role, post, name string) []council.Role {
	for _, text := range []string{fold(role), fold(post), fold(name)} {
		for _, w := range roleWords {
			if strings.Contains(text, w.word) {
				return slices.Clone(w.roles)
			}
		}
	}
	return []council.Role{council.RoleDeputy}
}
