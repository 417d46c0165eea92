/** What the chair's desk shows, as pure functions of the views: no framework, no clock of its own. */
import type {
  AgendaItemView,
  AgendaView,
  BallotDoc,
  BallotView,
  FloorHolder,
  QueueEntry,
  QueueView,
  RollCallView,
  SittingHead,
} from "../../core/protocol";

export type QuorumView = RollCallView["quorum"];
export type RollCallRow = NonNullable<RollCallView["rows"]>[number];
export type Fraction = BallotDoc["threshold"];
export type SittingState = SittingHead["state"];

/** currentItem and its place; undefined before the first. */
export function currentItem(a: AgendaView | null | undefined): AgendaItemView | undefined {
  return a?.items.find((i) => i.id === a.current);
}

/** nextItem is what "Mục tiếp theo" leads to; undefined on the last item. */
export function nextItem(a: AgendaView | null | undefined): AgendaItemView | undefined {
  if (!a) return undefined;
  if (!a.current) return a.items[0];
  const i = a.items.findIndex((x) => x.id === a.current);
  return i < 0 ? undefined : a.items[i + 1];
}

/** QuorumState: none = this kind of sitting has no quorum (no chip). */
export type QuorumState = "none" | "met" | "short";

export function quorumState(q: QuorumView | null | undefined): QuorumState {
  if (!q?.needed) return "none";
  return q.met ? "met" : "short";
}

/** What the big ballot button is now. */
export type BallotButton =
  | { mode: "open" }
  | { mode: "locked"; why: string; quorum?: QuorumView | null | undefined }
  | { mode: "close"; ballot: string; pressed: number; present: number };

/**
 * ballotButton decides between "Mở biểu quyết", the same locked with its reason, and "Đóng biểu quyết 24/26". The
 * server's own word (can_open, why_not) wins; the quorum adds its numbers to the reason.
 */
export function ballotButton(
  b: BallotView | null | undefined,
  r: RollCallView | null | undefined,
  state: SittingState | null | undefined,
): BallotButton {
  const open = openBallot(b);
  if (open) return { mode: "close", ballot: open.id, pressed: open.pressed, present: open.present };
  const quorum = r?.quorum;
  if (quorumState(quorum) === "short") return { mode: "locked", why: "no_quorum", quorum };
  if (state === "paused") return { mode: "locked", why: "paused" };
  if (state !== "open") return { mode: "locked", why: "not_open" };
  if (b && !b.can_open) return { mode: "locked", why: b.why_not ?? "" };
  return { mode: "open" };
}

/** openBallot is the ballot that runs now. */
export function openBallot(b: BallotView | null | undefined): BallotDoc | undefined {
  return b?.ballot?.state === "open" ? b.ballot : undefined;
}

/** allPressed: nobody present is missing, so one tap closes. */
export function allPressed(b: BallotView | null | undefined): boolean {
  const open = openBallot(b);
  return open !== undefined && open.pressed >= open.present && !b?.missing?.length;
}

/** One row of the speakers' queue. */
export interface QueueRow {
  entry: QueueEntry;
  waitMs: number;
  /** Chosen to be invited when the running turn ends. */
  armed: boolean;
}

/** queueRows keeps the server's order: it is the same on every screen and is never sorted here. */
export function queueRows(q: QueueView | null | undefined, now: number, armed: string): QueueRow[] {
  return (q?.entries ?? []).map((entry) => ({
    entry,
    waitMs: Math.max(0, now - entry.since),
    armed: entry.id === armed,
  }));
}

/** following is whom "Người kế" invites: the first in the queue who is not the one already invited. */
export function following(
  q: QueueView | null | undefined,
  holder: FloorHolder | null | undefined,
): QueueEntry | undefined {
  return q?.entries.find((e) => !holder?.person || e.person !== holder.person);
}

/** Words of a threshold: the two usual ones have names, others are written as a fraction. */
export type ThresholdWords = "half" | "two_thirds" | "more_than" | "at_least";

export function thresholdWords(f: Fraction): ThresholdWords {
  if (f.num === 1 && f.den === 2 && f.strict) return "half";
  if (f.num === 2 && f.den === 3 && !f.strict) return "two_thirds";
  return f.strict ? "more_than" : "at_least";
}

/** The thresholds a chair may choose when opening a vote. */
export const THRESHOLDS: readonly { id: string; value: Fraction }[] = [
  { id: "half", value: { num: 1, den: 2, strict: true } },
  { id: "two_thirds", value: { num: 2, den: 3, strict: false } },
];

/** thresholdId finds a fraction among the choices; "" = the template's own. */
export function thresholdId(f: Fraction): string {
  return (
    THRESHOLDS.find((t) => t.value.num === f.num && t.value.den === f.den && t.value.strict === f.strict)?.id ?? ""
  );
}

/** unknownRows are the deputies of whom nothing is known yet, in the order of their seats. */
export function unknownRows(r: RollCallView | null | undefined): RollCallRow[] {
  return (r?.rows ?? []).filter((x) => x.state === "unknown").sort(bySeat);
}

/** bySeat orders rows by seat, people without one last and by given name. */
export function bySeat(a: RollCallRow, b: RollCallRow): number {
  const sa = a.seat || Number.MAX_SAFE_INTEGER;
  const sb = b.seat || Number.MAX_SAFE_INTEGER;
  return sa - sb || a.name.localeCompare(b.name, "vi");
}

/** What the chair may do with the sitting itself in each state. */
export function sittingActs(
  state: SittingState | null | undefined,
): readonly ("open" | "pause" | "resume" | "close")[] {
  switch (state) {
    case "published":
      return ["open"];
    case "open":
      return ["pause", "close"];
    case "paused":
      return ["resume", "close"];
    default:
      return [];
  }
}
