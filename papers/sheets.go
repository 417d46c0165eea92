package papers

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// byteOrderMark makes spreadsheet programs read a CSV file as UTF-8.
const byteOrderMark = "\ufeff"

// WriteCSV writes a table as RFC 4180 CSV in UTF-8 with a byte order mark. A text that a spreadsheet program would run as a
// formula is made plain by an apostrophe (OWASP, CSV injection).
func WriteCSV(w io.Writer, t Table) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return fmt.Errorf("papers: write csv: %w", err)
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	if err := c.Write(t.Head); err != nil {
		return fmt.Errorf("papers: write csv: %w", err)
	}
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = cellText(v)
		}
		if err := c.Write(cells); err != nil {
			return fmt.Errorf("papers: write csv: %w", err)
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("papers: write csv: %w", err)
	}
	return nil
}

// cellText is a cell as text; only texts can be formulas, numbers are ours.
func cellText(v any) string {
	switch v := v.(type) {
	case int:
		return strconv.Itoa(v)
	case string:
		return plain(v)
	default:
		return plain(fmt.Sprint(v))
	}
}

// plain takes from a text the power to be a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠|", []rune(s)[0]) {
		return "'" + s
	}
	return s
}

// widest is the widest column in characters.
const widest = 60

// WriteXLSX writes tables as the sheets of one workbook. Texts are stored as texts, never as formulas.
func WriteXLSX(w io.Writer, tables ...Table) (err error) {
	f := excelize.NewFile()
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("papers: write xlsx: %w", cerr)
		}
	}()
	head, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return fmt.Errorf("papers: write xlsx: %w", err)
	}
	for i, t := range tables {
		if i == 0 {
			err = f.SetSheetName("Sheet1", t.Name)
		} else {
			_, err = f.NewSheet(t.Name)
		}
		if err == nil {
			err = writeSheet(f, t, head)
		}
		if err != nil {
			return fmt.Errorf("papers: write xlsx: %w", err)
		}
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("papers: write xlsx: %w", err)
	}
	return nil
}

func writeSheet(f *excelize.File, t Table, head int) error {
	widths := make([]int, len(t.Head))
	put := func(row int, cells []any) error {
		for i, v := range cells {
			at, err := excelize.CoordinatesToCellName(i+1, row)
			if err != nil {
				return err
			}
			if n, ok := v.(int); ok {
				err = f.SetCellInt(t.Name, at, int64(n))
			} else {
				s := fmt.Sprint(v)
				err = f.SetCellStr(t.Name, at, s)
				if i < len(widths) {
					widths[i] = max(widths[i], min(len([]rune(s))+2, widest))
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	titles := make([]any, len(t.Head))
	for i, h := range t.Head {
		titles[i] = h
	}
	if err := put(1, titles); err != nil {
		return err
	}
	for i, row := range t.Rows {
		if err := put(i+2, row); err != nil {
			return err
		}
	}
	if err := f.SetRowStyle(t.Name, 1, 1, head); err != nil {
		return err
	}
	for i, width := range widths {
		col, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := f.SetColWidth(t.Name, col, col, float64(max(width, 6))); err != nil {
			return err
		}
	}
	return f.SetPanes(t.Name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
