package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/office"
	"nghitruong/web"
)

// demoLinks is the file in the data folder that keeps the demo's links for later starts; a server has no such file.
const demoLinks = "demo-links.json"

// demoDeputies is the size of the sample council: three groups of ten.
const demoDeputies = 30

// demoOffice is the sample office's account; its password is drawn at the first start and printed.
const demoOffice = "van-phong"

// linkList is what --links writes: everybody's link. One citizen's link serves any number of citizens.
type linkList struct {
	Base    string       `json:"base"`
	Sitting string       `json:"sitting"`
	Door    string       `json:"door"`
	People  []linkPerson `json:"people"`
	Office  linkOffice   `json:"office"`
	Ingest  []linkStream `json:"ingest"` // WHIP: one encoder per hall
	Egress  []linkStream `json:"egress"` // WHEP: the stage, then each hall by itself
}

// linkStream is the key of an encoder or player.
type linkStream struct {
	Name  string `json:"name"`
	URL   string `json:"url"`
	Token string `json:"token"`
}

type linkPerson struct {
	Role  string         `json:"role"` // the first of roles
	Roles []council.Role `json:"roles"`
	Name  string         `json:"name"`
	URL   string         `json:"url"`
}

type linkOffice struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	URL      string `json:"url"`
}

func demoCommand(configured configurer) *cobra.Command {
	var links string
	cmd := &cobra.Command{
		Use: "demo", Short: "Serve a sample council: 30 deputies by seat, two halls, an agenda with two votes", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configured(cmd)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), c, cmd.OutOrStdout(), func(ctx context.Context, a *app) error {
				list, err := fillOnce(ctx, a)
				if err != nil {
					return fmt.Errorf("fill the sample council: %w", err)
				}
				list.print(cmd)
				if links == "" {
					return nil
				}
				return writeJSON(links, list)
			})
		},
	}
	addSettings(cmd)
	cmd.Flags().StringVar(&links, "links", "", "write everybody's links to this file (JSON) once the server is ready")
	return cmd
}

// fillOnce fills an empty data folder by the office's public commands, or reads the links of an earlier start.
func fillOnce(ctx context.Context, a *app) (*linkList, error) {
	file := filepath.Join(a.config.Data, demoLinks)
	list := &linkList{}
	raw, err := os.ReadFile(file)
	switch {
	case err == nil:
		if err := json.Unmarshal(raw, list); err != nil {
			return nil, fmt.Errorf("read %s: %w", demoLinks, err)
		}
		if list.Base != a.base {
			return nil, fmt.Errorf("this folder's links lead to %s, not to %s: start with the same --listen, or in a fresh folder", list.Base, a.base)
		}
		return list, nil
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	if list, err = fill(ctx, a); err != nil {
		return nil, err
	}
	return list, writeJSON(file, list)
}

// fill makes the council, its office, one sitting and everybody's links.
func fill(ctx context.Context, a *app) (*linkList, error) {
	token, err := a.office.FirstToken(ctx)
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, errors.New("the data folder belongs to another council: choose a fresh one with --data")
	}
	password := rand.Text()
	account, err := a.office.First(ctx, token,
		office.NewCouncil{Name: "HĐND xã Đông Cuông", Unit: "lao-cai/dong-cuong", Khoa: "khóa II", TermFrom: "2026", TermTo: "2031"},
		office.Admin{Name: demoOffice, Password: password})
	if err != nil {
		return nil, err
	}
	draft, err := a.office.Create(ctx, account.Council, office.NewSitting{Template: "ky-hop-thuong-le", PlannedAt: time.Now().Truncate(time.Minute)})
	if err != nil {
		return nil, err
	}
	prepare(&draft.Doc)
	if draft, err = a.office.Save(ctx, account.Council, draft.ID, draft.Version, draft.Doc); err != nil {
		return nil, err
	}
	draft, issued, err := a.office.Publish(ctx, account.Council, draft.ID, draft.Version, council.PersonID(account.ID))
	if err != nil {
		return nil, err
	}
	list := &linkList{
		Base: a.base, Sitting: draft.ID, Door: draft.Door, People: people(a.base, draft, issued),
		Office: linkOffice{Name: demoOffice, Password: password, URL: a.base + "/van-phong"},
	}
	return list, list.streams(ctx, a, account.Council)
}

// streams makes the keys of every encoder and player of the sample sitting.
func (l *linkList) streams(ctx context.Context, a *app, councilID string) error {
	all, err := a.office.Streams(ctx, councilID, l.Sitting)
	if err != nil {
		return err
	}
	for _, s := range all {
		s, token, err := a.office.RenewStream(ctx, councilID, l.Sitting, s.Kind, s.Source)
		if err != nil {
			return err
		}
		one := linkStream{Name: cmp.Or(s.Name, "Sân khấu"), URL: web.StreamURL(a.base, l.Sitting, s), Token: token.String()}
		if s.Kind == auth.StreamIngest {
			l.Ingest = append(l.Ingest, one)
		} else {
			l.Egress = append(l.Egress, one)
		}
	}
	return nil
}

// prepare puts the sample people, hamlets and numbers into a draft of the session template.
func prepare(doc *council.Published) {
	doc.Public, doc.Place = true, "Hội trường UBND xã Đông Cuông"
	doc.Hamlets = []string{"Thôn 1", "Thôn 2", "Thôn 3", "Thôn 4", "Thôn 5"}
	doc.Rules.Elected, doc.Rules.InOffice = demoDeputies, demoDeputies
	doc.People = samplePeople()
}

// demoHalls are the sample's halls with the seats of the deputies who sit there.
var demoHalls = []struct {
	name, unit  string
	first, last int
}{
	{"Điểm cầu Đông Cuông", "xã Đông Cuông", 21, 25},
	{"Điểm cầu Mậu A", "xã Mậu A", 26, 30},
}

// samplePeople names people by seat and role: the sample invents no persons.
func samplePeople() (out []council.Person) {
	one := func(name, title, unit string, role council.Role) council.PersonID {
		id := council.PersonID(auth.NewID())
		out = append(out, council.Person{ID: id, Name: name, Label: name, Office: title, Unit: unit, Roles: []council.Role{role}})
		return id
	}
	for seat := 1; seat <= demoDeputies; seat++ {
		group := fmt.Sprintf("Tổ %d", (seat-1)/10+1)
		one(fmt.Sprintf("Đại biểu số %02d – %s", seat, group), "Đại biểu HĐND", "", council.RoleDeputy)
		p := &out[len(out)-1]
		p.Label, p.Group, p.Seat = fmt.Sprintf("Đại biểu %02d – %s", seat, group), group, seat
	}
	out[0].Office, out[0].Roles = "Chủ tịch HĐND", []council.Role{council.RoleChair, council.RoleDeputy}
	one("Thư ký kỳ họp", "Văn phòng HĐND và UBND", "", council.RoleClerk)
	one("Cán bộ kỹ thuật", "Văn phòng HĐND và UBND", "", council.RoleTechnician)
	for _, h := range demoHalls {
		id := one(h.name, "", h.unit, council.RoleHall)
		for seat := h.first; seat <= h.last; seat++ {
			out[seat-1].Hall = string(id)
		}
	}
	one("Màn hình hội trường", "", "", council.RoleDisplay)
	return out
}

// people makes the list of links; a personal link carries its code behind a dot, so that one click joins.
func people(base string, d office.Draft, issued []auth.Issued) (out []linkPerson) {
	for _, i := range issued {
		at := slices.IndexFunc(d.Doc.People, func(p council.Person) bool { return p.ID == i.Person })
		if at < 0 {
			continue
		}
		p := d.Doc.People[at]
		url := fmt.Sprintf("%s/h/%s#%s", base, d.Door, i.Token)
		if i.Code != "" {
			url += "." + i.Code
		}
		if slices.Contains(p.Roles, council.RoleDisplay) {
			url = fmt.Sprintf("%s/man-hinh#%s", base, i.Token)
		}
		out = append(out, linkPerson{Role: string(p.Roles[0]), Roles: p.Roles, Name: p.Name, URL: url})
	}
	return append(out, linkPerson{Role: string(council.RoleCitizen), Roles: []council.Role{council.RoleCitizen}, Name: "Cử tri", URL: fmt.Sprintf("%s/h/%s", base, d.Door)})
}

// print shows the first link of each role.
func (l *linkList) print(cmd *cobra.Command) {
	seen := map[string]bool{}
	for _, p := range l.People {
		if !seen[p.Role] {
			seen[p.Role] = true
			fmt.Fprintf(cmd.OutOrStdout(), "%-11s %-28s %s\n", p.Role, p.Name, p.URL)
		}
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%-11s %-28s %s  (%s / %s)\n", "office", "Văn phòng", l.Office.URL, l.Office.Name, l.Office.Password)
}

// writeJSON writes a file whole or not at all; only its owner may read it.
func writeJSON(file string, v any) error {
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	part := file + ".part"
	if err := os.WriteFile(part, append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(part, file)
}
