/** The left column: a small stage, what runs, the agenda with the way on. */
import { now } from "../../core/clock";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { chair } from "../../i18n/chair";
import { desk as t } from "../../i18n/desk";
import { Button } from "../../ui/button";
import { nextItem } from "../chair/model";
import { NO_ANSWER_MS, noAnswer } from "../chair/turn";
import { StageView } from "../meeting/stage";
import type { Clerk } from "./clerk";

/** Overview is the column of wide screens and the first screen of a phone. */
export function Overview({ clerk }: { clerk: Clerk }) {
  return (
    <div class="dk-left">
      <div class="dk-stage" data-tone="dark">
        <StageView session={clerk.session} tiles={0} />
      </div>
      <Turn clerk={clerk} />
      <Agenda clerk={clerk} />
    </div>
  );
}

/** Turn: end it, lengthen it, or call again who has not answered. */
function Turn({ clerk }: { clerk: Clerk }) {
  const { desk, session } = clerk;
  const holder = session.views.floor.value?.holder;
  if (!holder) return null;
  const locked = !desk.online.value;
  const late = noAnswer(holder, now.value);
  return (
    <section class="card dk-turn" data-testid="turn">
      <p>
        <strong>{holder.name || holder.label}</strong>{" "}
        {holder.state !== "speaking" && (
          <span class="muted">{late ? t("no_answer_after", { n: NO_ANSWER_MS / 1000 }) : call("invited_now")}</span>
        )}
      </p>
      <div class="dk-acts">
        {holder.state === "speaking" && (
          <Button
            testid="extend"
            disabled={locked}
            busy={desk.busy.value.has("floor.extend")}
            onClick={() => void desk.extend(holder)}
          >
            {chair("plus_minute")}
          </Button>
        )}
        {late && holder.person && (
          <Button testid="call-again" disabled={locked} onClick={() => void desk.callAgain(holder)}>
            {chair("call_again")}
          </Button>
        )}
        <Button kind="floor" testid="end-turn" disabled={locked} onClick={() => void desk.endTurn(holder)}>
          {chair(holder.state === "invited" ? "end_invite" : "end_turn")}
        </Button>
      </div>
    </section>
  );
}

/** Agenda: every item with its state in words, and one button on. */
function Agenda({ clerk }: { clerk: Clerk }) {
  const { session } = clerk;
  const agenda = session.views.agenda.value;
  return (
    <section class="card dk-agenda" aria-labelledby="dk-agenda">
      <div class="row spread">
        <h2 id="dk-agenda">{call("agenda")}</h2>
        <LeadAct clerk={clerk} />
      </div>
      {!agenda?.items.length && <p class="muted">{t("agenda_empty")}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls is reached by the keyboard. */}
      <ol class="dk-items" role="list" tabIndex={0} aria-labelledby="dk-agenda">
        {agenda?.items.map((i) => (
          <li
            key={i.id}
            data-state={i.state}
            data-testid="agenda-item"
            aria-current={i.state === "current" ? "step" : undefined}
          >
            <span class="num">{i.no}</span>
            <span class="grow">
              {i.title}
              <span class="muted dk-small">
                {i.state === "current" && ` · ${call("item_current")}`}
                {i.state === "past" && ` · ${call("item_past")}`}
                {i.has_vote && ` · ${call("item_vote")}`}
              </span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** LeadAct opens the sitting, ends the break, or goes to the next item: what the state asks for. */
function LeadAct({ clerk }: { clerk: Clerk }) {
  const { desk, session } = clerk;
  const agenda = session.views.agenda.value;
  const state = agenda?.sitting.state;
  const locked = !desk.online.value;
  if (state === "published") {
    return (
      <Button
        kind="primary"
        testid="sitting-open"
        disabled={locked}
        busy={desk.busy.value.has("sitting.open")}
        onClick={() => void desk.act({ type: "sitting.open" }, chair("sitting_opened"))}
      >
        {chair("sitting_open")}
      </Button>
    );
  }
  if (state === "paused") {
    return (
      <Button
        kind="primary"
        testid="sitting-resume"
        disabled={locked}
        busy={desk.busy.value.has("sitting.resume")}
        onClick={() => void desk.act({ type: "sitting.resume" }, chair("sitting_resumed"))}
      >
        {chair("sitting_resume")}
      </Button>
    );
  }
  const voting = isVoting(session);
  const last = !nextItem(agenda);
  return (
    <Button
      kind={clerk.pane.value === "" ? "primary" : "quiet"}
      testid="next-item"
      disabled={locked || voting || last}
      busy={desk.busy.value.has("agenda.goto")}
      onClick={() => void desk.next()}
    >
      {voting ? chair("close_vote_first") : last ? chair("next_item_last") : t("next_item")}
    </Button>
  );
}

const isVoting = (session: Session) => session.views.ballot.value?.ballot?.state === "open";
