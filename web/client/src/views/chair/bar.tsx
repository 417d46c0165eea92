/** The chair's bar: five acts and the sitting itself, every one with its word. */
import { chair } from "../../i18n/chair";
import { IconLabelButton } from "../../ui/button";
import { IconList, IconMore, IconMuteAll, IconNext, IconTimer, IconVote } from "../../ui/icons";
import type { Desk } from "./desk";
import { type BallotButton, ballotButton, nextItem } from "./model";
import { reasonOf } from "./reason";

/** ChairBar fills the bar slot of the shell. */
export function ChairBar({ desk }: { desk: Desk }) {
  const { floor, rollcall } = desk.session.views;
  const locked = !desk.online.value;
  const holder = floor.value?.holder;
  const roll = rollcall.value;
  const state = desk.session.views.agenda.value?.sitting.state;
  const running = state === "open" || state === "paused";
  return (
    <div class="ch-bar">
      <LeadButton desk={desk} />
      <BallotKey desk={desk} />
      <IconLabelButton
        icon={IconTimer}
        tone={holder ? "floor" : "plain"}
        testid="end-turn"
        short={chair(holder?.state === "invited" ? "end_invite" : "end_turn_short")}
        disabled={locked || !holder || state !== "open"}
        onClick={() => holder && void desk.endTurn(holder)}
      >
        {chair(holder?.state === "invited" ? "end_invite" : "end_turn")}
      </IconLabelButton>
      <IconLabelButton
        icon={IconMuteAll}
        testid="mute-all"
        short={chair("mute_all_short")}
        disabled={locked || !running}
        onClick={() => void desk.muteAll()}
      >
        {chair("mute_all")}
      </IconLabelButton>
      {roll && desk.session.views.agenda.value?.sitting.roll_call && (
        <span class="ch-bar-roll">
          <IconLabelButton
            icon={IconList}
            testid="rollcall"
            expanded={desk.sheet.value === "rollcall"}
            onClick={() => desk.show("rollcall")}
          >
            {roll.state === "open"
              ? chair("rollcall_running", { present: roll.quorum.present, total: roll.quorum.total })
              : chair("rollcall")}
          </IconLabelButton>
        </span>
      )}
      <IconLabelButton
        icon={IconMore}
        testid="sitting-menu"
        short={chair("more")}
        expanded={desk.sheet.value === "sitting"}
        onClick={() => desk.show("sitting")}
      >
        {chair("sitting")}
      </IconLabelButton>
    </div>
  );
}

/** LeadButton opens the sitting, goes to the next item, or ends the break: what the state asks for. */
function LeadButton({ desk }: { desk: Desk }) {
  const agenda = desk.session.views.agenda.value;
  const locked = !desk.online.value;
  const state = agenda?.sitting.state;
  if (state === "published") {
    return (
      <IconLabelButton
        icon={IconNext}
        tone="action"
        testid="sitting-open"
        disabled={locked}
        onClick={() => void desk.act({ type: "sitting.open" }, chair("sitting_opened"))}
      >
        {chair("sitting_open")}
      </IconLabelButton>
    );
  }
  if (state === "paused") {
    return (
      <IconLabelButton
        icon={IconNext}
        tone="action"
        testid="sitting-resume"
        disabled={locked}
        onClick={() => void desk.act({ type: "sitting.resume" }, chair("sitting_resumed"))}
      >
        {chair("sitting_resume")}
      </IconLabelButton>
    );
  }
  const voting = desk.session.views.ballot.value?.ballot?.state === "open";
  const last = !nextItem(agenda);
  return (
    <IconLabelButton
      icon={IconNext}
      testid="next-item"
      short={chair("next_item_short")}
      title={voting ? chair("close_vote_first") : undefined}
      disabled={locked || voting || last || state !== "open"}
      onClick={() => void desk.next()}
    >
      {chair(voting ? "close_vote_first" : last ? "next_item_last" : "next_item")}
    </IconLabelButton>
  );
}

/** BallotKey opens the card, closes the vote, or says why it cannot. */
function BallotKey({ desk }: { desk: Desk }) {
  const { agenda, ballot, rollcall } = desk.session.views;
  const b = ballotButton(ballot.value, rollcall.value, agenda.value?.sitting.state);
  if (b.mode === "close") {
    return (
      <IconLabelButton
        icon={IconVote}
        tone={desk.sheet.value === "missing" ? "plain" : "action"}
        testid="ballot-close"
        short={chair("ballot_close_short", { pressed: b.pressed, present: b.present })}
        disabled={!desk.online.value || desk.busy.value.has("ballot.close")}
        onClick={() => desk.closeBallot()}
      >
        {chair("ballot_close", { pressed: b.pressed, present: b.present })}
      </IconLabelButton>
    );
  }
  const why = lockWords(b);
  return (
    <IconLabelButton
      icon={IconVote}
      tone={b.mode === "locked" || desk.sheet.value ? "plain" : "action"}
      testid="ballot-open"
      short={why || chair("ballot_open_short")}
      disabled={!desk.online.value || b.mode === "locked"}
      expanded={desk.sheet.value === "compose"}
      title={why ? chair("ballot_locked", { why }) : undefined}
      onClick={() => desk.show("compose")}
    >
      {chair("ballot_open")}
      {why && <small class="ch-why">{why}</small>}
    </IconLabelButton>
  );
}

function lockWords(b: BallotButton): string {
  if (b.mode !== "locked" || !b.why) return "";
  return reasonOf(b.why, b.quorum ? { ...b.quorum } : {});
}
