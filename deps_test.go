package nghitruong

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is this module's path.
const module = "nghitruong"

// imports is the architecture: what each package may import of ours (docs/ARCHITECTURE.md). Reading it is reading the house.
var imports = map[string][]string{
	"council":         {},
	"room":            {"council"},
	"office":          {"auth", "council", "store"},
	"sfu":             {"sfu/packets"},
	"sfu/packets":     {},
	"sfu/turn":        {},
	"signaling":       {"auth", "council", "room", "sfu"},
	"papers":          {"council"},
	"ffmpeg":          {},
	"recordings":      {"council", "sfu/packets"},
	"cameras":         {"ffmpeg", "sfu"},
	"smaller":         {"ffmpeg", "sfu"},
	"web":             {"auth", "council", "office", "papers", "room"},
	"auth":            {"council", "store"},
	"store":           {"council"},
	"store/storetest": {"store", "council"},
	"load":            {},
	"bench":           {"load", "sfu"},
	"e2e/lab":         {}, // plays people from outside: only the public protocol
	"e2e/lab/netlab":  {},
	"cmd/nghitruong":  {"auth", "cameras", "council", "ffmpeg", "load", "office", "papers", "recordings", "room", "sfu", "sfu/packets", "sfu/turn", "signaling", "smaller", "store", "web"},
}

// pure packages may import the standard library only.
var pure = []string{"council"}

type listed struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func TestImportsFollowTheHouse(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if name == "" {
			continue
		}
		seen[name] = true
		allowed, ok := imports[name]
		if !ok {
			t.Errorf("package %s is not in the table: give it one sentence in docs/ARCHITECTURE.md and a row here", name)
			continue
		}
		for _, imp := range p.Imports {
			ours, found := strings.CutPrefix(imp, module+"/")
			switch {
			case found && !slices.Contains(allowed, ours):
				t.Errorf("%s imports %s: not in its row", name, ours)
			case !found && slices.Contains(pure, name) && strings.Contains(strings.SplitN(imp, "/", 2)[0], "."):
				t.Errorf("%s imports %s: only the standard library is allowed there", name, imp)
			}
		}
	}
	for name := range imports {
		if !seen[name] {
			t.Errorf("the table names %s, which does not exist", name)
		}
	}
}

// TestCouncilKnowsNoClock holds that the rules take time as a parameter.
func TestCouncilKnowsNoClock(t *testing.T) {
	out, err := exec.Command("git", "grep", "-nE", `time\.(Now|Since|Until|After|NewTimer|Sleep)\(|\bgo func`, "--", "council/*.go", ":!council/*_test.go").Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return
	}
	if err != nil {
		t.Fatalf("git grep: %v", err)
	}
	t.Errorf("council has a clock or a goroutine:\n%s", out)
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
