package signaling

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write web/client/openapi.json from the Go types")

// TestGenerateSchemas holds the committed schema file against the Go types; -update writes it
// (then `npm run generate` in web/client writes src/core/messages.ts).
func TestGenerateSchemas(t *testing.T) {
	file := filepath.Join("..", "web", "client", "openapi.json")
	want, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	again, err := OpenAPI()
	if err != nil || !bytes.Equal(want, again) {
		t.Fatalf("two generations differ (%v)", err)
	}
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from the Go types: go test ./signaling -run TestGenerateSchemas -update, then npm run generate", file)
	}
}
