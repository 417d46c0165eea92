package office

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"nghitruong/council"
)

// data holds the templates and the sample units: data with their citations, never rules in code.
//
//go:embed data/*.json
var data embed.FS

// Template is one kind of meeting: docs/GLOSSARY.md names the kinds.
type Template struct {
	ID          string                 `json:"id"`
	KindName    string                 `json:"kind_name"`
	Title       string                 `json:"title"`
	Public      bool                   `json:"public"`
	WaitingRoom bool                   `json:"waiting_room"`
	Citations   []string               `json:"citations" doc:"where the numbers come from; says so where that is not verified"`
	Agenda      []council.AgendaItem   `json:"agenda"`
	Votes       []council.VoteTemplate `json:"votes"`
	Rules       council.Rules          `json:"rules"`
}

// templateFiles are the three kinds of this issue, in the order in which the office offers them.
var templateFiles = []string{"ky-hop-thuong-le", "hop-thuong-truc", "tiep-xuc-cu-tri"}

// LoadTemplates reads the embedded templates; an error means that the program was built with broken data.
func LoadTemplates() ([]Template, error) {
	out := make([]Template, 0, len(templateFiles))
	for _, name := range templateFiles {
		var t Template
		if err := readData(name, &t); err != nil {
			return nil, err
		}
		if t.ID != name {
			return nil, fmt.Errorf("office: template %s calls itself %q", name, t.ID)
		}
		doc := t.Document()
		doc.PlannedAt = time.Unix(1, 0)
		if err := checkDocument(&doc); err != nil {
			return nil, fmt.Errorf("office: template %s: %w", name, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// Document is a new draft made from the template, without people and time. It shares nothing with the template.
func (t Template) Document() council.Published {
	doc := council.Published{
		Kind: t.ID, KindName: t.KindName, Title: t.Title, Public: t.Public, WaitingRoom: t.WaitingRoom,
		Agenda: slices.Clone(t.Agenda), Votes: slices.Clone(t.Votes), Rules: t.Rules,
		People: []council.Person{}, Hamlets: []string{},
	}
	doc.Rules.TurnSeconds = maps.Clone(t.Rules.TurnSeconds)
	for i := range doc.Votes {
		doc.Votes[i].Options = slices.Clone(doc.Votes[i].Options)
	}
	for i, a := range doc.Agenda {
		if a.Vote != nil {
			v := *a.Vote
			v.Options = slices.Clone(v.Options)
			doc.Agenda[i].Vote = &v
		}
	}
	return doc
}

func readData(name string, into any) error {
	b, err := data.ReadFile("data/" + name + ".json")
	if err != nil {
		return wrap("read data "+name, err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return wrap("read data "+name, err)
	}
	return nil
}

// SampleUnits are the units that an empty installation starts with.
func SampleUnits() ([]Unit, error) {
	var file struct {
		Units []Unit `json:"units"`
	}
	if err := readData("units", &file); err != nil {
		return nil, err
	}
	return file.Units, nil
}
