package office

import (
	"fmt"
	"slices"

	"nghitruong/auth"
	"nghitruong/council"
)

// tidyDocument brings a draft's texts into the form in which they are kept and gives an id to what has none. The ids of
// persons are random: nothing in a ledger may be derived from a name.
func tidyDocument(d *council.Published) {
	for _, s := range []*string{&d.Title, &d.Place, &d.HelpPhone, &d.KindName} {
		*s = cleanText(*s)
	}
	for i := range d.Hamlets {
		d.Hamlets[i] = cleanText(d.Hamlets[i])
	}
	d.Hamlets = slices.DeleteFunc(d.Hamlets, func(s string) bool { return s == "" })
	for i := range d.Agenda {
		a := &d.Agenda[i]
		a.Title, a.Presenter = cleanText(a.Title), cleanText(a.Presenter)
		if a.ID == "" {
			a.ID = auth.NewID()
		}
		if a.Vote != nil {
			tidyVote(a.Vote)
		}
	}
	for i := range d.Votes {
		tidyVote(&d.Votes[i])
	}
	for i := range d.People {
		p := &d.People[i]
		for _, s := range []*string{&p.Name, &p.Label, &p.Office, &p.Group, &p.Unit} {
			*s = cleanText(*s)
		}
		if p.ID == "" {
			p.ID = council.PersonID(auth.NewID())
		}
		if p.Label == "" {
			p.Label = shortLabel(p.Name)
		}
	}
	if d.People == nil {
		d.People = []council.Person{}
	}
	if d.Agenda == nil {
		d.Agenda = []council.AgendaItem{}
	}
	if d.Votes == nil {
		d.Votes = []council.VoteTemplate{}
	}
}

func tidyVote(v *council.VoteTemplate) {
	for _, s := range []*string{&v.Name, &v.Question, &v.Announce, &v.Citation} {
		*s = cleanText(*s)
	}
	for i := range v.Options {
		v.Options[i].Label = cleanText(v.Options[i].Label)
	}
	if v.ID == "" {
		v.ID = auth.NewID()
	}
}

// checkDocument says what a draft must have corrected before it can be saved. An unfinished draft is fine: publishing asks
// for more.
func checkDocument(d *council.Published) error {
	switch {
	case d.Title == "" || tooLong(d.Title, maxTitle):
		return badField("title", "length")
	case tooLong(d.Place, maxPlace):
		return badField("place", "too_long")
	case tooLong(d.HelpPhone, maxName):
		return badField("help_phone", "too_long")
	case len(d.Hamlets) > maxHamlet:
		return badField("hamlets", "too_many")
	case len(d.Agenda) > maxAgenda:
		return badField("agenda", "too_many")
	case len(d.People) > maxPeople:
		return badField("people", "too_many")
	case len(d.Votes) > maxVotes:
		return badField("votes", "too_many")
	}
	for i, h := range d.Hamlets {
		if tooLong(h, maxName) {
			return badField(fmt.Sprintf("hamlets.%d", i), "too_long")
		}
	}
	if err := checkAgenda(d); err != nil {
		return err
	}
	if err := checkPeople(d.People); err != nil {
		return err
	}
	return checkRules(&d.Rules)
}

func checkAgenda(d *council.Published) error {
	ids := map[string]bool{}
	for i, a := range d.Agenda {
		field := fmt.Sprintf("agenda.%d", i)
		switch {
		case a.Title == "" || tooLong(a.Title, maxTitle):
			return badField(field+".title", "length")
		case tooLong(a.Presenter, maxName):
			return badField(field+".presenter", "too_long")
		case a.Minutes < 0 || a.Minutes > maxMinutes:
			return badField(field+".minutes", "range")
		case len(a.ID) > maxID || ids[a.ID]:
			return badField(field+".id", "duplicate")
		}
		ids[a.ID] = true
		if a.Vote != nil {
			if err := checkVote(a.Vote, field+".vote"); err != nil {
				return err
			}
		}
	}
	votes := map[string]bool{}
	for i := range d.Votes {
		field := fmt.Sprintf("votes.%d", i)
		if votes[d.Votes[i].ID] {
			return badField(field+".id", "duplicate")
		}
		votes[d.Votes[i].ID] = true
		if err := checkVote(&d.Votes[i], field); err != nil {
			return err
		}
	}
	return nil
}

const (
	maxMinutes = 24 * 60
	maxID      = 64
	maxOptions = 10
	maxCite    = 500
)

func checkVote(v *council.VoteTemplate, field string) error {
	switch {
	case v.Question == "" || tooLong(v.Question, maxTitle):
		return badField(field+".question", "length")
	case len(v.ID) > maxID:
		return badField(field+".id", "too_long")
	case tooLong(v.Name, maxTitle) || tooLong(v.Announce, maxTitle) || tooLong(v.Citation, maxCite):
		return badField(field, "too_long")
	case v.Base != council.BaseAll && v.Base != council.BasePresent:
		return badField(field+".base", "unknown")
	case !validFraction(v.Threshold):
		return badField(field+".threshold", "range")
	case len(v.Options) < 2 || len(v.Options) > maxOptions:
		return badField(field+".options", "count")
	}
	ids := map[string]bool{}
	for _, o := range v.Options {
		if o.ID == "" || len(o.ID) > maxID || ids[o.ID] || o.Label == "" || tooLong(o.Label, maxName) {
			return badField(field+".options", "unknown")
		}
		ids[o.ID] = true
	}
	return nil
}

// validFraction holds 0 < num/den ≤ 1, and that "more than" leaves a possible result.
func validFraction(f council.Fraction) bool {
	return f.Num > 0 && f.Den > 0 && f.Den <= 1000 && f.Num <= f.Den && (!f.Strict || f.Num < f.Den)
}

func checkPeople(people []council.Person) error {
	halls, ids := map[string]bool{}, map[council.PersonID]bool{}
	for _, p := range people {
		if slices.Contains(p.Roles, council.RoleHall) {
			halls[string(p.ID)] = true
		}
	}
	for i, p := range people {
		field := fmt.Sprintf("people.%d", i)
		switch {
		case p.Name == "" || tooLong(p.Name, maxName):
			return badField(field+".name", "length")
		case tooLong(p.Label, maxLabel):
			return badField(field+".label", "too_long")
		case tooLong(p.Office, maxName) || tooLong(p.Group, maxName) || tooLong(p.Unit, maxName):
			return badField(field, "too_long")
		case len(p.ID) > maxID || ids[p.ID]:
			return badField(field+".id", "duplicate")
		case p.Seat < 0 || p.Seat > maxSeat:
			return badField(field+".seat", "range")
		case p.Hall != "" && !halls[p.Hall]:
			return badField(field+".hall", "unknown")
		case !validRoles(p.Roles):
			return badField(field+".roles", "unknown")
		}
		ids[p.ID] = true
	}
	return nil
}

// validRoles holds a set of known roles. A citizen is never listed; a device of a hall or a display is nobody else.
func validRoles(roles []council.Role) bool {
	if len(roles) == 0 {
		return false
	}
	for i, r := range roles {
		if !slices.Contains(council.Roles, r) || r == council.RoleCitizen || slices.Contains(roles[:i], r) {
			return false
		}
		if (r == council.RoleHall || r == council.RoleDisplay) && len(roles) > 1 {
			return false
		}
	}
	return true
}

// Limits of the rules' numbers.
const (
	maxDeputies    = 1000
	maxTurnSeconds = 2 * 60 * 60
	maxGrace       = 10 * 60
)

func checkRules(r *council.Rules) error {
	switch {
	case r.InOffice < 1 || r.InOffice > maxDeputies:
		return badField("rules.in_office", "range")
	case r.Elected < r.InOffice || r.Elected > maxDeputies:
		return badField("rules.elected", "range")
	case r.RollCall && !validFraction(r.Quorum):
		return badField("rules.quorum", "range")
	case r.RollCall && r.QuorumBase != council.BaseAll:
		return badField("rules.quorum_base", "unknown")
	case tooLong(r.QuorumCitation, maxCite):
		return badField("rules.quorum_citation", "too_long")
	case r.SecondTurn < 0 || r.SecondTurn > maxTurnSeconds:
		return badField("rules.second_turn", "range")
	case r.GraceSeconds < 0 || r.GraceSeconds > maxGrace:
		return badField("rules.grace_seconds", "range")
	case !slices.Contains([]council.GatePolicy{council.GateOpen, council.GateFloor, council.GateChair}, r.GatePolicy):
		return badField("rules.gate_policy", "unknown")
	}
	for kind, seconds := range r.TurnSeconds {
		known := slices.Contains([]council.TurnKind{
			council.TurnSpeak, council.TurnQuestion, council.TurnDebate, council.TurnExplain, council.TurnCitizen,
		}, kind)
		if !known || seconds < 1 || seconds > maxTurnSeconds {
			return badField("rules.turn_seconds", "range")
		}
	}
	return nil
}

// checkPublishable asks for what a sitting cannot do without.
func checkPublishable(d *council.Published) error {
	if err := checkDocument(d); err != nil {
		return err
	}
	chairs, deputies := 0, 0
	for _, p := range d.People {
		if slices.Contains(p.Roles, council.RoleChair) {
			chairs++
		}
		if slices.Contains(p.Roles, council.RoleDeputy) {
			deputies++
		}
	}
	switch {
	case d.PlannedAt.IsZero():
		return badField("planned_at", "empty")
	case len(d.Agenda) == 0:
		return badField("agenda", "empty")
	case chairs == 0:
		return badField("people", "no_chair")
	case d.Rules.RollCall && deputies == 0:
		return badField("people", "no_deputies")
	case d.Rules.RollCall && deputies > d.Rules.InOffice:
		return badField("rules.in_office", "fewer_than_listed")
	}
	if err := d.Check(); err != nil {
		return wrap("check a sitting before it is published", err)
	}
	return nil
}
