package council

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// Every event and every field of it stands in the ledger's format document.
func TestLedgerDocument(t *testing.T) {
	data, err := os.ReadFile("../docs/formats/ledger.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			rows[strings.Trim(cells[1], " `")] = cells[2]
		}
	}
	for _, name := range EventTypes() {
		row, ok := rows[name]
		if !ok {
			t.Errorf("%s is missing", name)
			continue
		}
		body, err := events[name](nil)
		if err != nil {
			t.Fatal(err)
		}
		for field := range reflect.TypeOf(body).Fields() {
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if key != "" && !strings.Contains(row, "`"+key+"`") {
				t.Errorf("%s: %s is missing", name, key)
			}
		}
	}
}
