/**
 * The acts of the clerk's desk. What clerk and chair may both do (next item, floor, mute all, ballot while the clerk
 * stands in) is the chair's Desk; here is what only the clerk's page has: panes, the roll-call's seats, hands on behalf,
 * recorded votes, the waiting room.
 */
import { type Signal, signal } from "@preact/signals";
import type { PresenceState, RollCallRow, TurnKind } from "../../core/protocol";
import { codeOf, type Session } from "../../core/session";
import { chair } from "../../i18n/chair";
import { common } from "../../i18n/common";
import { desk as t } from "../../i18n/desk";
import { announce } from "../../ui/live";
import { toast } from "../../ui/toast";
import { Desk } from "../chair/desk";
import { reason } from "../chair/reason";
import { chairAway, type Entry, entries } from "./model";

/** The work area: "" = the overview (a phone's first screen; wide screens show people there). */
export type Pane = "" | "people" | "ballot" | "messages" | "waiting" | "sitting" | "rollcall" | "lines";

/** A vote that this clerk wrote down for a raised hand, kept on the page only, so that it can be corrected. */
export interface Recorded {
  ballot: string;
  person: string;
  label: string;
  choice: string;
}

/** A correction after the close: what shall be entered once its reason is written. */
export interface Correction {
  row: RollCallRow;
  state: Entry;
}

const UNDO_MS = 10_000;
/** The server holds a lost chair's seat for its time of grace; until then the clerk's wish is asked again. */
const TAKE_AGAIN_MS = 3000;

export class Clerk {
  readonly desk: Desk;
  readonly pane: Signal<Pane> = signal("");
  /** The seat that is chosen in the roll-call. */
  readonly seat = signal("");
  readonly correction: Signal<Correction | null> = signal(null);
  /** For whom a hand is being raised; "" = not chosen yet, null = the card is closed. */
  readonly raising: Signal<string | null> = signal(null);
  /** Who is shown out, once the reason is written. */
  readonly removing: Signal<{ person: string; label: string } | null> = signal(null);
  readonly recorded: Signal<readonly Recorded[]> = signal([]);
  /** To whom a message goes: "all" or a person. */
  readonly to: Signal<{ id: string; label: string }> = signal({ id: "all", label: "" });
  /** Sequence of the newest message that was on screen. */
  readonly seen = signal(0);
  /** "Kết thúc cuộc họp" asks first. */
  readonly ending = signal(false);
  /** The clerk wants to preside and waits until the server lets go of the lost chair. */
  readonly taking = signal(false);
  private takeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly session: Session,
    quit: () => void,
  ) {
    this.desk = new Desk(session, quit);
  }

  /** open shows a pane, or goes back to the overview when it is shown already. */
  open(p: Pane): void {
    this.pane.value = this.pane.value === p ? "" : p;
  }

  /** mark enters a state for a deputy; where a reason is needed it is asked for first. */
  async mark(row: RollCallRow, state: Entry): Promise<void> {
    const roll = this.session.views.rollcall.value?.state ?? "none";
    const entry = entries(roll, row.state).find((e) => e.state === state);
    if (!entry) {
      if (state === "present" && roll === "none") toast(t("roll_open_first"));
      return;
    }
    if (entry.reason) this.correction.value = { row, state };
    else await this.set(row, state, "");
  }

  /** correct enters a state after the close with its reason. */
  async correct(c: Correction, reason: string): Promise<void> {
    if (await this.set(c.row, c.state, reason)) this.correction.value = null;
  }

  private async set(row: RollCallRow, state: PresenceState, reason: string): Promise<boolean> {
    const said = t("roll_set", { who: row.name, state: common(`presence_${state}`) });
    const body = { type: "rollcall.set", person: row.person, state, ...(reason ? { reason } : {}) } as const;
    return (await this.desk.act(body, said)) !== undefined;
  }

  /** raise puts a hand up on behalf of a listed person; ten seconds to take it down again. */
  async raise(person: string, label: string, kind: TurnKind, asked: string): Promise<void> {
    const body = { type: "queue.raise", person, kind, ...(asked ? { asked_who: asked } : {}) } as const;
    if (!(await this.desk.act(body))) return;
    this.raising.value = null;
    toast(t("raised", { who: label }), {
      ms: UNDO_MS,
      action: { label: common("undo"), testid: "undo", run: () => void this.lower(person, label) },
    });
  }

  /** lower takes somebody's hand down. */
  async lower(person: string, label: string): Promise<void> {
    const entry = this.session.views.queue.value?.entries.find((e) => e.person === person);
    if (entry) await this.desk.act({ type: "queue.withdraw", entry: entry.id }, t("lowered", { who: label }));
  }

  /** record writes a raised hand down in the open ballot. */
  async record(ballot: string, person: string, label: string, choice: string): Promise<void> {
    const words = choice === "for" || choice === "against" || choice === "not_voting" ? common(choice) : choice;
    const ok = await this.desk.act(
      { type: "vote.record", ballot, person, choice },
      t("recorded_said", { who: label, choice: words }),
    );
    if (!ok) return;
    this.recorded.value = [
      ...this.recorded.value.filter((r) => r.ballot === ballot && r.person !== person),
      { ballot, person, label, choice },
    ];
  }

  /** mute closes one microphone or removes that mark; who is unmuted still presses himself. */
  async mute(person: string, label: string, on: boolean): Promise<void> {
    await this.desk.act(
      on ? { type: "gate.mute", person } : { type: "gate.unmute", person },
      t(on ? "muted_one" : "unmuted_one", { who: label }),
    );
  }

  async showOut(person: string, reason: string): Promise<void> {
    const body = { type: "admission.refuse", person, ...(reason ? { reason } : {}) } as const;
    if (await this.desk.act(body, t("shown_out"))) this.removing.value = null;
  }

  async admit(what: { all: true } | { hamlet: string } | { persons: string[] }): Promise<void> {
    await this.desk.act({ type: "admission.admit", ...what }, t("admitted"));
  }

  /** take presides for a lost chair: at once, or as soon as the server's time of grace for the chair is over. */
  async take(): Promise<void> {
    this.taking.value = true;
    const { people, floor } = this.session.views;
    try {
      await this.session.act({ type: "chair.take" });
      this.stopTaking();
      announce(t("taken"), "assertive");
    } catch (e) {
      const again = codeOf(e).code === "chair_online" && chairAway(people.value, floor.value);
      if (!this.taking.value) return;
      if (again) this.takeTimer = setTimeout(() => void this.takeAgain(), TAKE_AGAIN_MS);
      else {
        this.stopTaking();
        toast(chair("failed", { why: reason(e) }), { urgency: "assertive" });
      }
    }
  }

  /** takeAgain gives up by itself when the chair is back. */
  private async takeAgain(): Promise<void> {
    const { people, floor } = this.session.views;
    if (!this.taking.value) return;
    if (chairAway(people.value, floor.value)) await this.take();
    else this.stopTaking();
  }

  /** stopTaking withdraws the wish. */
  stopTaking(): void {
    clearTimeout(this.takeTimer);
    this.taking.value = false;
  }

  /** answer opens the messages with somebody as the reader. */
  answer(id: string, label: string): void {
    this.to.value = { id, label };
    this.pane.value = "messages";
  }

  /** copyReminder puts the words for the others into the clipboard: there is no way into Zalo but by hand. */
  async copyReminder(names: readonly string[], url: string): Promise<void> {
    const title = this.session.views.agenda.value?.sitting.title ?? "";
    const text = t("reminder", { title, url, names: names.join(", ") });
    try {
      await navigator.clipboard.writeText(text);
      toast(t("reminder_copied"));
    } catch {
      toast(t("reminder_failed", { text }), { ms: UNDO_MS });
    }
  }
}
