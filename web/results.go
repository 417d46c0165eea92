package web

import (
	"bytes"
	"net/http"

	"nghitruong/council"
	"nghitruong/papers"
)

// tableNames are the tables of a sitting's results, each as .csv and .xlsx.
var tableNames = []string{"attendance", "speakers", "votes"}

// media types of the downloads.
var downloadTypes = map[string]string{
	"csv":  "text/csv; charset=utf-8",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"zip":  "application/zip",
}

// tablesOf builds a download's tables; a CSV file holds only the first.
func tablesOf(name string, m *council.Minutes) []papers.Table {
	switch name {
	case "attendance":
		return []papers.Table{papers.Attendance(m)}
	case "speakers":
		return []papers.Table{papers.Speakers(m)}
	default:
		return []papers.Table{papers.VotesByName(m), papers.Votes(m)}
	}
}

// table writes one of the tables as a file. It is written to memory first, so that a failure is an answer and not half a file.
func (s *server) table(name, format string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m, err := s.office.Minutes(r.Context(), account(r.Context()).Council, r.PathValue("id"))
		if err != nil {
			writeProblem(w, s.refuse(exchangeOf(r.Context()), err))
			return
		}
		var b bytes.Buffer
		tables := tablesOf(name, &m)
		if format == "csv" {
			err = papers.WriteCSV(&b, tables[0])
		} else {
			err = papers.WriteXLSX(&b, tables...)
		}
		s.download(w, r, name, format, &b, err)
	}
}

// ledgerZip writes the ledger bundle; refused while a ballot is open.
func (s *server) ledgerZip(w http.ResponseWriter, r *http.Request) {
	records, err := s.office.Ledger(r.Context(), account(r.Context()).Council, r.PathValue("id"))
	if err != nil {
		writeProblem(w, s.refuse(exchangeOf(r.Context()), err))
		return
	}
	var b bytes.Buffer
	err = papers.WriteBundle(&b, records, s.now())
	s.download(w, r, "ledger", "zip", &b, err)
}

func (s *server) download(w http.ResponseWriter, r *http.Request, name, format string, b *bytes.Buffer, err error) {
	if err != nil {
		writeProblem(w, s.refuse(exchangeOf(r.Context()), err))
		return
	}
	w.Header().Set("Content-Type", downloadTypes[format])
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+"."+format+`"`)
	_, _ = w.Write(b.Bytes()) // the client has gone: nobody is left to tell
}
