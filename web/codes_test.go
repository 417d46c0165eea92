package web

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/office"
)

// TestProtocolNamesEveryCallAndCode holds docs/PROTOCOL.md to the route table and the packages' codes.
func TestProtocolNamesEveryCallAndCode(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "docs", "PROTOCOL.md"))
	must(t, err)
	_, text, ok := strings.Cut(string(b), "\n## HTTP\n")
	if !ok {
		t.Fatal("docs/PROTOCOL.md has no section HTTP")
	}
	for _, rt := range routes() {
		path := strings.NewReplacer("{$}", "", "{rest...}", "", "{name...}", "").Replace(rt.path)
		named := strings.Contains(text, "`"+rt.method+" "+path+"`") || strings.Contains(text, "`"+path+"`") ||
			strings.Contains(text, "`"+filepath.Base(path)+"`")
		if !named && !slices.Contains([]string{"/assets/", "/favicon.svg", "/tls.css", "/van-phong/", "/ws"}, path) {
			t.Errorf("docs/PROTOCOL.md does not name %s %s", rt.method, path)
		}
	}
	for _, c := range slices.Concat(auth.Codes, office.Codes, Codes) {
		data := make([]string, len(c.Data))
		for i, d := range c.Data {
			data[i] = "`" + d + "`"
		}
		row := fmt.Sprintf("| `%s` | %s | %s | %s |", c.Code, c.Kind, strings.Join(data, ", "), c.Meaning)
		if !strings.Contains(text, row) {
			t.Errorf("docs/PROTOCOL.md lacks the row\n%s", row)
		}
	}
}

// TestCodesAreComplete reads the sources: every code that is written down there is in its package's list.
func TestCodesAreComplete(t *testing.T) {
	for dir, list := range map[string][]council.CodeInfo{"../auth": auth.Codes, "../office": office.Codes, ".": Codes} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		must(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || filepath.Base(file) == "codes.go" {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			must(t, err)
			ast.Inspect(f, func(n ast.Node) bool {
				code := codeIn(n)
				if code != "" && !slices.ContainsFunc(list, func(c council.CodeInfo) bool { return c.Code == code }) {
					t.Errorf("%s refuses with %q, which is not in Codes", file, code)
				}
				return true
			})
		}
	}
}

// codeIn finds a refusal's code: the field Code of a literal, or the text argument of invalid and newProblem.
func codeIn(n ast.Node) string {
	var at ast.Expr
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Code" {
			at = n.Value
		}
	case *ast.CallExpr:
		f, ok := n.Fun.(*ast.Ident)
		switch {
		case ok && f.Name == "invalid" && len(n.Args) == 2:
			at = n.Args[0]
		case ok && f.Name == "newProblem" && len(n.Args) == 3:
			at = n.Args[1]
		}
	}
	lit, ok := at.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}
