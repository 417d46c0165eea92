package auth

import (
	"slices"
	"strings"
	"testing"

	"nghitruong/council"
)

// rights is the permission table as people read it: a column per role of council.Roles, x = may, . = may not.
//
//	c k d t g n h z s = chair, clerk, deputy, teller, guest, technician, hall, citizen, display
const rights = `
                   ckdtgnhzs
sitting.open       xx.......
sitting.pause      xx.......
sitting.resume     xx.......
sitting.close      xx.......
agenda.goto        xx.......
rollcall.open      xx.......
rollcall.checkin   ..x......
rollcall.set       xx....x..
rollcall.close     xx.......
queue.raise        .xx.x.xx.
queue.withdraw     xxx.x.xx.
floor.give         xx.......
floor.accept       xxxxx.xx.
floor.decline      xxxxx.xx.
floor.extend       xx.......
floor.end          xxxxx.xx.
gate.set           xx.......
gate.mute          xx.......
gate.unmute        xx.......
gate.mute_all      xx.......
gate.undo          xx.......
gate.stop_citizens xx.......
stage.pin          xx.......
ballot.open        x........
ballot.close       x........
ballot.remind      xx.......
vote.cast          ..x......
vote.record        .x.......
message.send       xxxxxxxx.
message.hide       xx.......
admission.set      xx.......
admission.admit    xx.......
admission.refuse   xx.......
chair.take         .x.......
chair.return       xx.......
recording.start    .x.......
recording.pause    .x.......
recording.resume   .x.......
recording.stop     .x.......
recording.halt     .........
recording.reduce   .........
recording.seal     .........
recording.miss     .........
connection.lost    .........
connection.back    .........
attendance.count   .........
`

func TestMayEveryRoleAndCommand(t *testing.T) {
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(rights), "\n")[1:] {
		name, row, _ := strings.Cut(line, " ")
		row = strings.TrimSpace(row)
		seen[name] = true
		if len(row) != len(council.Roles) {
			t.Fatalf("%s has %d columns, there are %d roles", name, len(row), len(council.Roles))
		}
		for i, role := range council.Roles {
			if got, want := May([]council.Role{role}, name), row[i] == 'x'; got != want {
				t.Errorf("May(%s, %s) = %v, the table says %v", role, name, got, want)
			}
		}
		if May(nil, name) {
			t.Errorf("somebody without a role may %s", name)
		}
		if May([]council.Role{"nobody"}, name) {
			t.Errorf("an unknown role may %s", name)
		}
	}
	all := append(council.CommandNames(), council.SystemCommandNames()...)
	for _, name := range all {
		if !seen[name] {
			t.Errorf("command %s has no row in the table", name)
		}
	}
	for name := range commands {
		if !seen[name] || !slices.Contains(all, name) {
			t.Errorf("the permission table names %s, which is no command", name)
		}
	}
}

func TestMayLookEveryRole(t *testing.T) {
	want := map[string]string{"media.lines": "xx...x..."} // columns as in rights
	for name := range looks {
		if want[name] == "" {
			t.Errorf("%s has no row here", name)
		}
	}
	for name, row := range want {
		for i, role := range council.Roles {
			if got := MayLook([]council.Role{role}, name); got != (row[i] == 'x') {
				t.Errorf("MayLook(%s, %s) = %v", role, name, got)
			}
		}
		if MayLook(nil, name) || May([]council.Role{council.RoleClerk}, name) {
			t.Errorf("%s is allowed without a role, or as a command", name)
		}
	}
	if MayLook([]council.Role{council.RoleChair}, "media.everything") {
		t.Error("an unknown question is allowed")
	}
}

func TestMayAddsRolesUp(t *testing.T) {
	chair := []council.Role{council.RoleChair, council.RoleDeputy}
	for _, name := range []string{"ballot.open", "vote.cast", "rollcall.checkin"} {
		if !May(chair, name) {
			t.Errorf("a chair who is a deputy may not %s", name)
		}
	}
	if May(chair, "vote.record") || May(chair, "unknown") || May(chair, "") {
		t.Error("a sum of roles may what neither may")
	}
}

func TestMayOffice(t *testing.T) {
	rows := []struct {
		operation string
		may       []AccountRole
	}{
		{OfficeRead, []AccountRole{AccountClerk, AccountAdmin, AccountInstaller}},
		{OfficeSittings, []AccountRole{AccountClerk, AccountAdmin, AccountInstaller}},
		{OfficeLinks, []AccountRole{AccountClerk, AccountAdmin, AccountInstaller}},
		{OfficeResults, []AccountRole{AccountClerk, AccountAdmin, AccountInstaller}},
		{OfficeAccounts, []AccountRole{AccountAdmin, AccountInstaller}},
		{OfficeCouncils, []AccountRole{AccountInstaller}},
		{"unknown", nil},
		{"", nil},
		{OpenToAll, nil},
	}
	for _, r := range rows {
		for _, role := range append(slices.Clone(AccountRoles), "", "nobody") {
			if got, want := MayOffice(role, r.operation), slices.Contains(r.may, role); got != want {
				t.Errorf("MayOffice(%q, %q) = %v, want %v", role, r.operation, got, want)
			}
		}
	}
	if len(offices) != len(rows)-3 {
		t.Errorf("%d office operations, %d are tested", len(offices), len(rows)-3)
	}
}

func TestNeedsCode(t *testing.T) {
	want := "xxxx.x..." // as the columns above
	for i, role := range council.Roles {
		if got := NeedsCode([]council.Role{role}); got != (want[i] == 'x') {
			t.Errorf("NeedsCode(%s) = %v", role, got)
		}
	}
	if !NeedsCode([]council.Role{council.RoleGuest, council.RoleDeputy}) {
		t.Error("a guest who is a deputy needs no code")
	}
}
