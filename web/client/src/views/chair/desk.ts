/**
 * The acts of the chair's desk: each is one command, said aloud only after the server's commit, undone by a button where
 * it can be undone. What is on screen besides the views (which sheet, who waits for the end of a turn) lives here too.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { now } from "../../core/clock";
import type { ActBody, FloorHolder, Ok, QueueEntry } from "../../core/protocol";
import type { Session } from "../../core/session";
import { chair } from "../../i18n/chair";
import { announce } from "../../ui/live";
import { type ToastOptions, toast } from "../../ui/toast";
import { type Armed, readArmed, writeArmed } from "./armed";
import { allPressed, currentItem, following, nextItem, openBallot, type RollCallRow } from "./model";
import { reason } from "./reason";
import { mayInterrupt, turnClock } from "./turn";

/** What stands in the desk's sheet slot. */
export type SheetName =
  | ""
  | "compose"
  | "missing"
  | "rollcall"
  | "sitting"
  | "pause"
  | "agenda"
  | "people"
  | "messages"
  | "halls"
  | "keys";
/** What asks before it is done. */
export type Question = "" | "rollcall" | "close";

const UNDO_ITEM_MS = 10_000;
const UNDO_MUTE_MS = 5000;
const MINUTE_S = 60;
/** A turn given back after a mistaken end lasts at least this long, in seconds. */
const LEAST_TURN_S = 30;

export class Desk {
  readonly sheet: Signal<SheetName> = signal("");
  readonly question: Signal<Question> = signal("");
  /** Whom the chair wants while somebody speaks with more than ten seconds left. */
  readonly asking: Signal<QueueEntry | null> = signal(null);
  /** Who is invited by itself when the running turn ends. */
  readonly armed: Signal<QueueEntry | null> = signal(null);
  /** The result card was put away, by ballot id. */
  readonly seenResult = signal("");
  /** The result card was brought back from its chip, by ballot id. */
  readonly kept = signal("");
  /** On a phone the whole queue is shown, not the first four rows. */
  readonly allRows = signal(false);
  /** Acts without answer: their buttons wait. */
  readonly busy: Signal<ReadonlySet<string>> = signal(new Set());
  /** The socket is there: what cannot be undone is locked otherwise. */
  readonly online: ReadonlySignal<boolean>;

  /** Who waited for the end of a turn before this page was loaded; until the floor is known. */
  private remembered: Armed | undefined;

  /** Takes the notice with the newest undo away: an older one would undo two steps at once. */
  private dropNotice: () => void = () => undefined;

  constructor(
    readonly session: Session,
    /** The way out of the meeting: "Rời họp". */
    readonly quit: () => void,
  ) {
    this.online = computed(() => session.open.value);
    this.remembered = readArmed(session.o.door);
  }

  /** show opens a sheet, or closes it when it is open. */
  show(name: SheetName): void {
    this.sheet.value = this.sheet.value === name ? "" : name;
  }

  /** act sends one command; done is said after the commit. A double tap is one act. */
  async act(body: ActBody, done = ""): Promise<Ok | undefined> {
    const type = (body as { type: string }).type;
    if (this.busy.value.has(type)) return undefined;
    this.busy.value = new Set([...this.busy.value, type]);
    try {
      const ok = await this.session.act(body);
      if (done) announce(done);
      return ok;
    } catch (e) {
      toast(chair("failed", { why: reason(e) }), { urgency: "assertive" });
      return undefined;
    } finally {
      this.busy.value = new Set([...this.busy.value].filter((t) => t !== type));
    }
  }

  /** next goes to the next item; ten seconds to undo. */
  async next(): Promise<void> {
    const agenda = this.session.views.agenda.value;
    const before = currentItem(agenda);
    const item = nextItem(agenda);
    if (!item) return;
    if (!(await this.act({ type: "agenda.goto", item: item.id }))) return;
    const undo = before && {
      label: chair("undo"),
      testid: "undo",
      run: () => void this.act({ type: "agenda.goto", item: before.id }),
    };
    this.notice(chair("item_changed", { n: item.no, title: item.title }), {
      ms: UNDO_ITEM_MS,
      action: undo,
      key: "item",
    });
  }

  /** give invites an entry of the queue; who would cut somebody off is asked first. */
  give(entry: QueueEntry): void {
    if (mayInterrupt(this.session.views.floor.value?.holder, now.peek())) this.asking.value = entry;
    else void this.giveNow(entry);
  }

  async giveNow(entry: QueueEntry): Promise<void> {
    this.asking.value = null;
    this.disarm();
    await this.act({ type: "floor.give", entry: entry.id }, chair("given", { who: entry.label }));
  }

  /** giveAfter waits for the end of the running turn. */
  giveAfter(entry: QueueEntry): void {
    this.asking.value = null;
    this.armed.value = entry;
    const turn = this.session.views.floor.value?.holder?.turn;
    writeArmed(this.session.o.door, turn ? { turn, entry } : undefined);
    toast(chair("armed_toast", { who: entry.label }), {
      action: { label: chair("armed_cancel"), testid: "armed-cancel", run: () => this.disarm() },
    });
  }

  disarm(): void {
    this.armed.value = null;
    writeArmed(this.session.o.door, undefined);
  }

  /**
   * floorChanged is called with each news of the floor. When it is free, whoever waits for it is invited if the hand is still up.
   * After a reload somebody still waits if the same turn runs.
   */
  floorChanged(holder: FloorHolder | null | undefined): void {
    const before = this.remembered;
    this.remembered = undefined;
    if (before && holder?.turn === before.turn) this.armed.value = before.entry;
    else if (before) this.disarm();
    const entry = this.armed.value;
    if (holder || !entry) return;
    this.disarm();
    const still = this.session.views.queue.value?.entries.some((e) => e.id === entry.id);
    if (still) void this.giveNow(entry);
  }

  /** first invites the first of the queue. */
  first(): void {
    const entry = following(this.session.views.queue.value, this.session.views.floor.value?.holder);
    if (entry) this.give(entry);
  }

  /** callAgain repeats an invitation without answer: it is taken back and given anew, so that it rings again. */
  async callAgain(holder: FloorHolder): Promise<void> {
    if (!holder.person || !(await this.act({ type: "floor.end" }))) return;
    await this.act(
      { type: "floor.give", person: holder.person, kind: holder.kind, seconds: Math.round(holder.allowed_ms / 1000) },
      chair("given", { who: holder.label }),
    );
  }

  async extend(holder: FloorHolder): Promise<void> {
    await this.act({ type: "floor.extend", seconds: MINUTE_S }, chair("extended", { who: holder.label }));
  }

  /** endTurn ends the turn or takes an invitation back; a turn ended by mistake can be given back with what was left. */
  async endTurn(holder: FloorHolder): Promise<void> {
    const left = Math.max(LEAST_TURN_S, turnClock(holder, now.peek()).rest);
    if (!(await this.act({ type: "floor.end" }))) return;
    const { person, kind } = holder;
    const undo =
      person && holder.state === "speaking"
        ? {
            label: chair("undo"),
            testid: "undo",
            run: () => void this.act({ type: "floor.give", person, kind, seconds: left }),
          }
        : undefined;
    this.notice(chair("turn_ended", { who: holder.label }), { ms: UNDO_ITEM_MS, action: undo, key: "turn" });
  }

  /** muteAll closes every microphone but the chair's and the speaker's; five seconds to undo. */
  async muteAll(): Promise<void> {
    if (!(await this.act({ type: "gate.mute_all" }))) return;
    this.notice(chair("muted_all"), {
      ms: UNDO_MUTE_MS,
      action: {
        label: chair("undo"),
        testid: "undo",
        run: () => void this.act({ type: "gate.undo" }, chair("muted_undone")),
      },
    });
  }

  /** closeBallot closes at once when everybody pressed, else shows who is missing. */
  closeBallot(): void {
    const view = this.session.views.ballot.value;
    if (allPressed(view)) void this.closeAnyway();
    else if (openBallot(view)) this.show("missing");
  }

  async closeAnyway(): Promise<void> {
    const open = openBallot(this.session.views.ballot.value);
    if (!open) return;
    if (await this.act({ type: "ballot.close", ballot: open.id }, chair("ballot_closed"))) this.leave("missing");
  }

  async remind(): Promise<void> {
    const view = this.session.views.ballot.value;
    const open = openBallot(view);
    if (!open) return;
    if (!(await this.act({ type: "ballot.remind", ballot: open.id }))) return;
    toast(chair("reminded", { n: view?.missing?.length ?? 0 }));
    this.leave("missing");
  }

  async openBallot(body: Omit<Extract<ActBody, { type: "ballot.open" }>, "type">): Promise<void> {
    if (await this.act({ ...body, type: "ballot.open" }, chair("ballot_opened"))) this.leave("compose");
  }

  async setPresence(row: RollCallRow, state: "present" | "excused" | "unexcused"): Promise<void> {
    const words = chair("rc_of", { state: chair(`rc_${state}`), who: row.name });
    await this.act({ type: "rollcall.set", person: row.person, state }, words);
  }

  /** putAway hides the result card of a ballot. */
  putAway(ballot: string): void {
    this.seenResult.value = ballot;
    this.kept.value = "";
  }

  /** keep shows the result card of a ballot until it is put away. */
  keep(ballot: string): void {
    this.kept.value = ballot;
    this.seenResult.value = "";
  }

  /** leave closes a sheet if it is still the one that is open. */
  leave(name: SheetName): void {
    if (this.sheet.value === name) this.sheet.value = "";
  }

  /** notice shows what can be undone; it replaces the one before. */
  private notice(text: string, o: ToastOptions): void {
    this.dropNotice();
    this.dropNotice = toast(text, o);
  }

  /** microphone switches the chair's own microphone. */
  async microphone(): Promise<void> {
    const own = this.session.own;
    const on = !own.on.mic.value;
    if (await own.switch("mic", on)) announce(chair(on ? "mic_is_on" : "mic_is_off"));
  }
}
