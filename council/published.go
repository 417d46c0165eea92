package council

import (
	"fmt"
	"slices"
)

// Limits of what is published.
const (
	maxPeople = 1000
	maxItems  = 200
	maxLabel  = 24 // runes on a tile
	maxName   = 120
	maxTitle  = 500
)

// Check says why a sitting cannot be published like this: an *Error of code bad_published whose "why" names the field in English,
// or nil. Apply relies on it.
func (p Published) Check() error {
	for _, check := range []func() string{p.checkHead, p.checkPeople, p.checkAgenda, p.checkRules} {
		if why := check(); why != "" {
			return refuse(CodeBadPublished, "why", why)
		}
	}
	return nil
}

func badText(name, text string, least, most int) string {
	if checkText(name, text, least, most, false) != nil {
		return fmt.Sprintf("%s is empty, longer than %d or has control characters", name, most)
	}
	return ""
}

func firstOf(whys ...string) string {
	i := slices.IndexFunc(whys, func(w string) bool { return w != "" })
	if i < 0 {
		return ""
	}
	return whys[i]
}

func (p Published) checkHead() string {
	for _, h := range p.Hamlets {
		if why := badText("hamlet", h, 1, maxName); why != "" {
			return why
		}
	}
	return firstOf(
		badText("council", p.Council, 1, maxName), badText("council_name", p.CouncilName, 1, maxName),
		badText("title", p.Title, 1, maxTitle), badText("kind", p.Kind, 1, maxName), badText("kind_name", p.KindName, 0, maxName),
		badText("place", p.Place, 0, maxTitle), badText("help_phone", p.HelpPhone, 0, maxName), badText("unit", p.Unit, 0, maxName),
	)
}

func (p Published) checkPeople() string {
	if len(p.People) == 0 || len(p.People) > maxPeople {
		return fmt.Sprintf("people: 1 to %d", maxPeople)
	}
	seen := map[PersonID][]Role{}
	for _, who := range p.People {
		if !plainID(who.ID) {
			return fmt.Sprintf("person %q: bad id", who.ID)
		}
		if _, twice := seen[who.ID]; twice {
			return fmt.Sprintf("person %q: listed twice", who.ID)
		}
		seen[who.ID] = who.Roles
		if why := who.check(); why != "" {
			return fmt.Sprintf("person %q: %s", who.ID, why)
		}
	}
	for _, who := range p.People {
		if who.Hall != "" && !slices.Contains(seen[PersonID(who.Hall)], RoleHall) {
			return fmt.Sprintf("person %q: hall is no hall", who.ID)
		}
	}
	return ""
}

func (p Person) check() string {
	if len(p.Roles) == 0 || p.Seat < 0 {
		return "no roles or bad seat"
	}
	for i, r := range p.Roles {
		if !slices.Contains(Roles, r) || r == RoleCitizen || slices.Contains(p.Roles[:i], r) {
			return fmt.Sprintf("bad role %q", r)
		}
	}
	if len(p.Roles) > 1 && hasAny(p.Roles, RoleDisplay, RoleHall) {
		return "a hall or display is nothing else"
	}
	return firstOf(
		badText("name", p.Name, 1, maxName), badText("label", p.Label, 0, maxLabel), badText("office", p.Office, 0, maxTitle),
		badText("group", p.Group, 0, maxName), badText("unit", p.Unit, 0, maxName),
	)
}

func (p Published) checkAgenda() string {
	if len(p.Agenda) > maxItems || len(p.Votes) > maxItems {
		return fmt.Sprintf("agenda, votes: at most %d", maxItems)
	}
	seen := map[string]bool{}
	for _, item := range p.Agenda {
		if item.ID == "" || seen[item.ID] {
			return fmt.Sprintf("agenda item %q: id missing or twice", item.ID)
		}
		seen[item.ID] = true
		why := firstOf(badText("title", item.Title, 1, maxTitle), badText("presenter", item.Presenter, 0, maxName))
		if why == "" && (item.Minutes < 0 || item.Minutes > maxPause) {
			why = "minutes"
		}
		if why == "" && item.Vote != nil {
			why = item.Vote.check()
		}
		if why != "" {
			return fmt.Sprintf("agenda item %q: %s", item.ID, why)
		}
	}
	templates := map[string]bool{}
	for _, t := range p.Votes {
		if t.ID == "" || templates[t.ID] {
			return fmt.Sprintf("vote %q: id missing or twice", t.ID)
		}
		templates[t.ID] = true
		if why := t.check(); why != "" {
			return fmt.Sprintf("vote %q: %s", t.ID, why)
		}
	}
	return ""
}

// check of a template. A preset may have no question of its own: the item's title is asked then.
func (t VoteTemplate) check() string {
	t = withDefaults(t)
	if !t.Threshold.Valid() || (t.Base != BaseAll && t.Base != BasePresent) {
		return "threshold or base"
	}
	if len(t.Options) < 2 || len(t.Options) > 10 {
		return "options: 2 to 10"
	}
	for i, o := range t.Options {
		twice := slices.ContainsFunc(t.Options[:i], func(other Option) bool { return other.ID == o.ID })
		if o.ID == "" || twice || badText("label", o.Label, 1, 80) != "" {
			return fmt.Sprintf("option %q", o.ID)
		}
	}
	return firstOf(
		badText("question", t.Question, 0, maxQuestion), badText("name", t.Name, 0, maxName), badText("announce", t.Announce, 0, maxName),
		badText("citation", t.Citation, 0, maxTitle),
	)
}

func (p Published) checkRules() string {
	r := p.Rules
	deputies := 0
	for _, who := range p.People {
		if slices.Contains(who.Roles, RoleDeputy) {
			deputies++
		}
	}
	switch {
	case r.InOffice < 0 || r.Elected < 0 || r.InOffice > maxPeople || r.Elected > maxPeople:
		return "rules: in_office, elected"
	case r.InOffice > 0 && r.InOffice < deputies:
		return "rules: in_office is less than the deputies listed"
	case r.Quorum != Fraction{} && !r.Quorum.Valid():
		return "rules: quorum"
	case r.QuorumBase != "" && r.QuorumBase != BaseAll:
		return "rules: quorum_base"
	case !slices.Contains([]GatePolicy{"", GateOpen, GateFloor, GateChair}, r.GatePolicy):
		return "rules: gate_policy"
	case r.SecondTurn < 0 || r.SecondTurn > maxSeconds || r.GraceSeconds < 0 || r.GraceSeconds > 3600:
		return "rules: second_turn, grace_seconds"
	}
	for kind, seconds := range r.TurnSeconds {
		if !slices.Contains([]TurnKind{TurnSpeak, TurnQuestion, TurnDebate, TurnExplain, TurnCitizen}, kind) ||
			seconds < 0 || seconds > maxSeconds {
			return fmt.Sprintf("rules: turn_seconds of %q", kind)
		}
	}
	return badText("quorum_citation", r.QuorumCitation, 0, maxTitle)
}
