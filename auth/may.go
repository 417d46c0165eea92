package auth

import (
	"slices"

	"nghitruong/council"
)

// Office operations: the keys of the office half of the permission table. A route of package web names one of them.
const (
	OpenToAll      = "public"          // anybody, with or without a device
	OfficeRead     = "office.read"     // units, templates, the own council's sittings
	OfficeSittings = "office.sittings" // drafts, people, publishing
	OfficeLinks    = "office.links"    // personal links and devices
	OfficeResults  = "office.results"  // attendance, speakers, votes, ledger bundle
	OfficeAccounts = "office.accounts" // accounts of the own council
	OfficeCouncils = "office.councils" // councils of the installation
)

// steer is chair and clerk: they run a sitting together.
var steer = []council.Role{council.RoleChair, council.RoleClerk}

// speakers may hold the floor.
var speakers = []council.Role{
	council.RoleChair, council.RoleClerk, council.RoleDeputy, council.RoleTeller, council.RoleGuest, council.RoleHall, council.RoleCitizen,
}

// commands is the one static table of docs/PROTOCOL.md: which roles may give which command. What is absent is denied.
// Commands with no role are the room's own. Votes are the deputies' alone (Law on organizing local government 2015, art. 91:
// nobody votes for another); a ballot is opened and closed by who presides.
var commands = map[string][]council.Role{
	"sitting.open":   steer,
	"sitting.pause":  steer,
	"sitting.resume": steer,
	"sitting.close":  steer,

	"agenda.goto": steer,

	"rollcall.open":    steer,
	"rollcall.checkin": {council.RoleDeputy},
	"rollcall.set":     {council.RoleChair, council.RoleClerk, council.RoleHall},
	"rollcall.close":   steer,

	"queue.raise": {council.RoleClerk, council.RoleDeputy, council.RoleGuest, council.RoleHall, council.RoleCitizen},
	"queue.withdraw": {
		council.RoleChair, council.RoleClerk, council.RoleDeputy, council.RoleGuest, council.RoleHall, council.RoleCitizen,
	},

	"floor.give":    steer,
	"floor.accept":  speakers,
	"floor.decline": speakers,
	"floor.extend":  steer,
	"floor.end":     speakers,

	"gate.set":           steer,
	"gate.mute":          steer,
	"gate.unmute":        steer,
	"gate.mute_all":      steer,
	"gate.undo":          steer,
	"gate.stop_citizens": steer,
	"stage.pin":          steer,

	"ballot.open":   {council.RoleChair},
	"ballot.close":  {council.RoleChair},
	"ballot.remind": steer,
	"vote.cast":     {council.RoleDeputy},
	"vote.record":   {council.RoleClerk},

	"message.send": {
		council.RoleChair, council.RoleClerk, council.RoleDeputy, council.RoleTeller, council.RoleGuest, council.RoleTechnician,
		council.RoleHall, council.RoleCitizen,
	},
	"message.hide": steer,

	"admission.set":    steer,
	"admission.admit":  steer,
	"admission.refuse": steer,

	"chair.take":   {council.RoleClerk},
	"chair.return": steer,

	"recording.start":  {council.RoleClerk},
	"recording.pause":  {council.RoleClerk},
	"recording.resume": {council.RoleClerk},
	"recording.stop":   {council.RoleClerk},

	"recording.halt":   {},
	"recording.reduce": {},
	"recording.seal":   {},
	"recording.miss":   {},
	"connection.lost":  {},
	"connection.back":  {},
	"attendance.count": {},
}

// offices is the other half of the table: office operations by account role.
var offices = map[string][]AccountRole{
	OfficeRead:     {AccountClerk, AccountAdmin, AccountInstaller},
	OfficeSittings: {AccountClerk, AccountAdmin, AccountInstaller},
	OfficeLinks:    {AccountClerk, AccountAdmin, AccountInstaller},
	OfficeResults:  {AccountClerk, AccountAdmin, AccountInstaller},
	OfficeAccounts: {AccountAdmin, AccountInstaller},
	OfficeCouncils: {AccountInstaller},
}

// looks is what persons of a sitting may see beyond their views, by the message that asks for it.
var looks = map[string][]council.Role{
	"media.lines": {council.RoleChair, council.RoleClerk, council.RoleTechnician},
}

// May says whether a person with these roles may give the command at all. Roles add up; unknown commands are denied.
// Whether it can be done now is the sitting's own answer.
func May(roles []council.Role, command string) bool { return overlap(roles, commands[command]) }

// MayLook says whether a person with these roles may ask for what is beyond the views; unknown questions are denied.
func MayLook(roles []council.Role, question string) bool { return overlap(roles, looks[question]) }

func overlap(roles, allowed []council.Role) bool {
	return slices.ContainsFunc(allowed, func(r council.Role) bool { return slices.Contains(roles, r) })
}

// MayOffice says whether an account of this role may do an office operation; unknown operations and roles are denied.
func MayOffice(role AccountRole, operation string) bool {
	for _, allowed := range offices[operation] {
		if role == allowed {
			return true
		}
	}
	return false
}

// Permits is May as a value, for consumers that declare a one-method interface.
type Permits struct{}

// May is the function May.
func (Permits) May(roles []council.Role, command string) bool { return May(roles, command) }

// NeedsCode says whether a personal link of these roles also asks for the 6-digit code once per device.
func NeedsCode(roles []council.Role) bool {
	for _, r := range roles {
		switch r {
		case council.RoleChair, council.RoleClerk, council.RoleDeputy, council.RoleTeller, council.RoleTechnician:
			return true
		case council.RoleGuest, council.RoleHall, council.RoleCitizen, council.RoleDisplay:
		}
	}
	return false
}
