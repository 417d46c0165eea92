/**
 * The ballot: three equal buttons, no colour until the result. The receipt stands only after the server's commit; while
 * the socket is away the buttons are locked, and what was pressed is sent again by the link with its own id.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { timeText } from "../../core/format";
import type { BallotDoc } from "../../core/protocol";
import { codeOf, type Session } from "../../core/session";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { errorText } from "../../i18n/error-text";
import { Button } from "../../ui/button";
import { Chip } from "../../ui/chip";
import { Countdown } from "../../ui/clock";
import { announce } from "../../ui/live";
import { useAct } from "./act";
import { typing } from "./controls";
import { standing } from "./model";

const MARKS: Record<string, string> = { for: "✓", against: "✕", not_voting: "–" };
const TESTIDS: Record<string, string> = { for: "vote-for", against: "vote-against", not_voting: "vote-none" };

/** optionLabel gives the law's words, in the page's language for the three known options. */
export function optionLabel(o: { id: string; label: string }): string {
  return o.id === "for" || o.id === "against" || o.id === "not_voting" ? common(o.id) : o.label;
}

/** VoteSheet lives in the sheet slot while a ballot is open. */
export function VoteSheet(p: { session: Session; ballot: BallotDoc; onMinimise: () => void }) {
  const { ballot, session } = p;
  const self = session.views.self.value;
  const stand = standing(self);
  const sheet = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useBallotKeys(sheet);
  useEffect(() => {
    // Focus goes to the heading only from nowhere or the bar: never from somebody who types.
    const at = document.activeElement;
    if (!at || at === document.body || at.closest(".mt-bar")) heading.current?.focus();
  }, []);
  return (
    <section class="sheet" ref={sheet} data-tone="light" aria-labelledby="ballot-title" data-testid="vote-sheet">
      <div class="sheet-head">
        <Chip tone="success">{call("public_vote")}</Chip>
        <strong>
          {ballot.ends_at > 0 ? (
            <Countdown until={ballot.ends_at} say={(s) => call("say_vote_rest", { n: s })} testid="vote-rest" />
          ) : (
            <span class="num" data-testid="vote-count">
              {call("pressed_count", { k: ballot.pressed, n: ballot.present })}
            </span>
          )}
        </strong>
      </div>
      <h2 id="ballot-title" ref={heading} tabIndex={-1}>
        {ballot.question}
      </h2>
      {stand === "none" && <p data-testid="observer">{call("observer")}</p>}
      {stand === "absent" && <CheckInFirst session={session} />}
      {stand === "may" && <Options session={session} ballot={ballot} />}
      {stand !== "may" && (
        <div class="vote-foot">
          <span class="receipt muted">{call("pressed_count", { k: ballot.pressed, n: ballot.present })}</span>
          <Minimise onClick={p.onMinimise} />
        </div>
      )}
      {stand === "may" && (
        <div class="vote-foot">
          <Receipt session={session} ballot={ballot} />
          <Minimise onClick={p.onMinimise} />
        </div>
      )}
    </section>
  );
}

/** Keys 1, 2, 3 choose, only while the sheet has the focus (WCAG 2.1.4). */
function useBallotKeys(sheet: { current: HTMLElement | null }) {
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      if (typing(e) || e.ctrlKey || e.altKey || e.metaKey || e.repeat || !/^[1-9]$/u.test(e.key)) return;
      if (!sheet.current?.contains(document.activeElement)) return;
      sheet.current.querySelectorAll<HTMLButtonElement>(".option")[Number(e.key) - 1]?.click();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [sheet]);
}

function Minimise(p: { onClick: () => void }) {
  return (
    <Button onClick={p.onClick} testid="vote-minimise">
      {common("minimise")}
    </Button>
  );
}

function CheckInFirst(p: { session: Session }) {
  const act = useAct(p.session, "place");
  return (
    <div class="stack">
      <p>{call("not_checked_in")}</p>
      <Button
        kind="primary"
        main
        wide
        busy={act.busy.value}
        disabled={!p.session.open.value}
        testid="checkin-first"
        onClick={() => void act.run({ type: "rollcall.checkin" })}
      >
        {call("check_in_now")}
      </Button>
      {act.error.value && (
        <p class="field-error" role="alert">
          {act.error.value}
        </p>
      )}
    </div>
  );
}

/** pressing is the choice on its way, shared by the buttons and the receipt. */
const pressing = new WeakMap<Session, ReturnType<typeof newPressing>>();

function newPressing() {
  return { ballot: "", choice: "", error: "", tick: 0 };
}

function usePressing(session: Session) {
  let state = pressing.get(session);
  if (!state) {
    state = newPressing();
    pressing.set(session, state);
  }
  const tick = useSignal(0);
  return { state, redraw: () => tick.value++, seen: tick.value };
}

function Options(p: { session: Session; ballot: BallotDoc }) {
  const { session, ballot } = p;
  const self = session.views.self.value;
  const { state, redraw } = usePressing(session);
  const mine = self?.ballot === ballot.id ? self.choice : "";
  const sending = state.ballot === ballot.id ? state.choice : "";
  const shown = sending || mine;
  const press = async (choice: string) => {
    state.ballot = ballot.id;
    state.choice = choice;
    state.error = "";
    redraw();
    try {
      await session.act({ type: "vote.cast", ballot: ballot.id, choice });
    } catch (e) {
      const { code, data } = codeOf(e);
      state.error = common("not_sent", { why: errorText(code, data) });
      announce(state.error, "assertive", "receipt");
    }
    if (state.choice === choice) state.choice = "";
    redraw();
  };
  return (
    <>
      <div class="options" role="group" aria-labelledby="ballot-title" data-testid="options">
        {ballot.options.map((o) => (
          <button
            key={o.id}
            type="button"
            class="option"
            aria-pressed={shown === o.id}
            aria-busy={sending === o.id || undefined}
            disabled={!session.open.value}
            data-testid={TESTIDS[o.id] ?? `vote-${o.id}`}
            onClick={() => void press(o.id)}
          >
            <span class="mark" aria-hidden="true">
              {MARKS[o.id] ?? "•"}
            </span>
            {optionLabel(o)}
          </button>
        ))}
      </div>
      {state.error && state.ballot === ballot.id && (
        <p class="field-error" role="alert" data-testid="vote-error">
          {state.error}
        </p>
      )}
    </>
  );
}

function Receipt(p: { session: Session; ballot: BallotDoc }) {
  const { session, ballot } = p;
  const self = session.views.self.value;
  const waiting = session.link.pending.value.length > 0;
  const open = session.open.value;
  const got = self?.ballot === ballot.id && !!self.choice && !!self.choice_at;
  if (!open && (!got || waiting)) {
    return (
      <p class="receipt" data-testid="vote-waiting">
        {common("waiting_net")}
      </p>
    );
  }
  if (got && !waiting) {
    return (
      <p class="receipt">
        <strong data-testid="receipt" data-choice={self?.choice}>
          ✓ {common("received_at", { time: timeText(self?.choice_at ?? 0) })}
        </strong>
        <br />
        {open ? (
          <span class="muted">{call("may_change")}</span>
        ) : (
          <span class="muted" data-testid="vote-waiting">
            {common("waiting_net")}
          </span>
        )}
      </p>
    );
  }
  return <p class="receipt muted">{waiting ? call("sending") : call("named_vote")}</p>;
}
