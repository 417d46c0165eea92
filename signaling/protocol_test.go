package signaling

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"nghitruong/council"
	"nghitruong/room"
)

// sections reads docs/PROTOCOL.md by heading ("### `vote.cast`" → its text up to the next heading).
func sections(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "docs", "PROTOCOL.md"))
	must(t, err)
	out := map[string]string{}
	head := ""
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			head = strings.TrimSpace(strings.TrimLeft(line, "# "))
			if _, twice := out[head]; twice {
				t.Errorf("docs/PROTOCOL.md has %q twice", head)
			}
		}
		out[head] += line
	}
	return out
}

// fields gives the JSON names of a struct's fields and the structs among their types.
func fields(t reflect.Type) (names []string, inner []reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || name == "" {
			continue
		}
		names = append(names, name)
		ft := f.Type
		for ft.Kind() == reflect.Pointer || ft.Kind() == reflect.Slice || ft.Kind() == reflect.Map {
			ft = ft.Elem()
		}
		if ft.Kind() == reflect.Struct && ft != reflect.TypeFor[time.Time]() {
			inner = append(inner, ft)
		}
	}
	return names, inner
}

var example = regexp.MustCompile("(?s)```json\n(.*?)\n```")

func TestProtocolNamesEveryTypeAndField(t *testing.T) {
	doc := sections(t)
	type entry struct {
		head string
		typ  reflect.Type
	}
	var all []entry
	for _, c := range commands {
		all = append(all, entry{"`" + c.CommandName() + "`", reflect.TypeOf(c)})
	}
	for _, m := range clientMessages {
		all = append(all, entry{"`" + m.messageName() + "` (client)", reflect.TypeOf(m)})
	}
	for _, m := range serverMessages {
		all = append(all, entry{"`" + m.messageType() + "` (server)", reflect.TypeOf(m)})
	}
	for topic, v := range topicViews {
		all = append(all, entry{fmt.Sprintf("View `%s`", topic), reflect.TypeOf(v)})
	}
	all = append(all, entry{"Published", reflect.TypeFor[council.Published]()})
	known := map[reflect.Type]bool{}
	for _, e := range all {
		known[e.typ] = true
	}
	for i := 0; i < len(all); i++ { // grows by the types of fields
		e := all[i]
		text, ok := doc[e.head]
		if !ok {
			t.Errorf("docs/PROTOCOL.md has no section %q", e.head)
			continue
		}
		names, inner := fields(e.typ)
		for _, name := range names {
			if !strings.Contains(text, "| `"+name+"` |") {
				t.Errorf("section %q lacks the field `%s`", e.head, name)
			}
		}
		if rows := strings.Count(text, "\n| `"); rows != len(names) {
			t.Errorf("section %q has %d fields, %s has %d", e.head, rows, e.typ, len(names))
		}
		for _, in := range inner {
			if !known[in] {
				known[in] = true
				all = append(all, entry{in.Name(), in})
			}
		}
	}
}

func TestProtocolExamplesDecode(t *testing.T) {
	doc := sections(t)
	check := func(head string, try func(raw []byte) error) {
		m := example.FindStringSubmatch(doc[head])
		if m == nil {
			t.Errorf("section %q has no example", head)
			return
		}
		if err := try([]byte(m[1])); err != nil {
			t.Errorf("example of %q: %v", head, err)
		}
	}
	for _, c := range commands {
		check("`"+c.CommandName()+"`", func(raw []byte) error {
			m, err := decode(raw)
			if err == nil && reflect.TypeOf(m.act) != reflect.TypeOf(c) {
				err = fmt.Errorf("it is a %T", m.act)
			}
			return err
		})
	}
	for _, want := range clientMessages {
		check("`"+want.messageName()+"` (client)", func(raw []byte) error {
			m, err := decode(raw)
			if err == nil && reflect.TypeOf(m.own) != reflect.TypeOf(want) {
				err = fmt.Errorf("it is a %T", m.own)
			}
			return err
		})
	}
	for _, want := range serverMessages {
		check("`"+want.messageType()+"` (server)", func(raw []byte) error {
			head := []byte(`{"type": "` + want.messageType() + `"`)
			rest, ok := bytes.CutPrefix(raw, head)
			if !ok {
				return fmt.Errorf("it does not begin with %s", head)
			}
			dec := json.NewDecoder(bytes.NewReader(append([]byte("{"), bytes.TrimPrefix(rest, []byte(","))...)))
			dec.DisallowUnknownFields()
			return dec.Decode(reflect.New(reflect.TypeOf(want)).Interface())
		})
	}
}

func TestProtocolNamesCodesAndValues(t *testing.T) {
	doc := sections(t)
	for _, list := range [][]council.CodeInfo{council.Codes, room.Codes, Codes} {
		for _, c := range list {
			if !strings.Contains(doc["Errors"], fmt.Sprintf("| `%s` | %s |", c.Code, c.Kind)) {
				t.Errorf("the error table lacks %s (%s)", c.Code, c.Kind)
			}
			for _, key := range c.Data {
				if !strings.Contains(doc["Errors"], "`"+key+"`") {
					t.Errorf("the error table lacks the datum %s of %s", key, c.Code)
				}
			}
		}
	}
	for _, code := range closeCodes {
		if !strings.Contains(doc["Close codes"], fmt.Sprintf("| %d |", code)) {
			t.Errorf("close code %d is missing", code)
		}
	}
	for _, why := range malformedReasons {
		if !strings.Contains(doc["Close codes"], "`"+string(why)+"`") {
			t.Errorf("reason %s of 4400 is missing", why)
		}
	}
	for typ, vals := range enums {
		row := ""
		for line := range strings.Lines(doc["Values"]) {
			if strings.HasPrefix(line, "| "+typ.Name()+" |") {
				row = line
			}
		}
		for _, v := range vals {
			if !strings.Contains(row, "`"+v+"`") {
				t.Errorf("value %q of %s is missing", v, typ.Name())
			}
		}
	}
}
