/** What the clerk's desk shows, as pure functions of the views: no framework, no clock of its own. */
import type {
  AgendaView,
  BallotView,
  CitizenView,
  FloorView,
  MessageItem,
  PeopleView,
  PersonView,
  PresenceState,
  QueueView,
  RollCallRow,
  RollCallView,
} from "../../core/protocol";
import { bySeat } from "../chair/model";

/** States that a clerk enters. */
export type Entry = Exclude<PresenceState, "unknown">;

/** The mark of a state on its seat: always a sign, never a colour alone. */
export const MARKS: Record<PresenceState, string> = {
  present: "✓",
  late: "✓",
  excused: "–",
  unexcused: "✕",
  left: "»",
  unknown: "?",
};

/** seats are the deputies in the order of their seats. */
export function seats(r: RollCallView | null | undefined): RollCallRow[] {
  return [...(r?.rows ?? [])].sort(bySeat);
}

/** counts tells whether a state means that the deputy is here. */
export function isHere(s: PresenceState): boolean {
  return s === "present" || s === "late";
}

/**
 * entries are the states that can be entered for a deputy now. Before the roll-call nobody can be present; during it
 * three states; after its close coming late and leaving early are what happens, the rest corrects what was counted.
 */
export function entries(roll: string, was: PresenceState): { state: Entry; reason: boolean }[] {
  const plain = (state: Entry) => ({ state, reason: false });
  const list: { state: Entry; reason: boolean }[] = [];
  if (roll === "closed") {
    list.push(plain(isHere(was) ? "left" : "late"));
    for (const state of ["present", "excused", "unexcused"] as const) list.push({ state, reason: true });
  } else {
    if (roll === "open") list.push(plain("present"));
    list.push(plain("excused"), plain("unexcused"));
  }
  return list.filter((e) => e.state !== was);
}

/** The keys of the grid, by what is pressed: C có mặt, L vắng có lý do, K vắng không lý do. */
export const KEYS: Partial<Record<Entry, string>> = { present: "C", excused: "L", unexcused: "K" };

/** entryOfKey maps a key press in the grid to a state; chords and input methods are not ours. */
export function entryOfKey(
  e: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey" | "isComposing">,
): Entry | undefined {
  if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing) return undefined;
  const key = e.key.toUpperCase();
  return (Object.keys(KEYS) as Entry[]).find((s) => KEYS[s] === key);
}

/** step moves the chosen seat by an arrow key in a grid of so many columns; the ends stop it. */
export function step(key: string, at: number, count: number, columns: number): number {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  if (by === undefined) return key === "Home" ? 0 : key === "End" ? count - 1 : -1;
  const to = at + by;
  return to < 0 || to >= count ? -1 : to;
}

/** part names the half of the day by the hour in Vietnam (0..23). */
export function part(hour: number): "morning" | "afternoon" | "evening" {
  if (hour < 12) return "morning";
  return hour < 18 ? "afternoon" : "evening";
}

/** chairAway: somebody presides by the list, none of them is connected, and no clerk stands in. */
export function chairAway(people: PeopleView | null | undefined, floor: FloorView | null | undefined): boolean {
  const all = people?.people ?? [];
  const chairs = all.filter((p) => p.roles.includes("chair"));
  if (chairs.length === 0 || chairs.some((p) => p.online)) return false;
  const now = all.find((p) => p.id === floor?.chair);
  return !now?.roles.includes("clerk");
}

/** holds: this clerk presides for the chair now. */
export function holds(floor: FloorView | null | undefined, me: string): boolean {
  return me !== "" && floor?.chair === me;
}

/** What is still open when a sitting shall end; shown before the last tap. */
export interface StillOpen {
  vote: boolean;
  rollcall: boolean;
  turn: string;
  hands: number;
  waiting: number;
  items: number;
}

export function stillOpen(
  agenda: AgendaView | null | undefined,
  ballot: BallotView | null | undefined,
  rollcall: RollCallView | null | undefined,
  floor: FloorView | null | undefined,
  queue: QueueView | null | undefined,
  people: PeopleView | null | undefined,
): StillOpen {
  const holder = floor?.holder;
  return {
    vote: ballot?.ballot?.state === "open",
    rollcall: rollcall?.state === "open",
    turn: holder?.name || holder?.label || "",
    hands: queue?.length ?? 0,
    waiting: people?.counts.waiting ?? 0,
    items: agenda?.items.filter((i) => i.state === "next").length ?? 0,
  };
}

/** hamlets counts who waits by hamlet, the largest first; people without one are left out. */
export function hamlets(waiting: readonly CitizenView[]): { name: string; n: number }[] {
  const count = new Map<string, number>();
  for (const w of waiting) if (w.hamlet) count.set(w.hamlet, (count.get(w.hamlet) ?? 0) + 1);
  return [...count].map(([name, n]) => ({ name, n })).sort((a, b) => b.n - a.n || a.name.localeCompare(b.name, "vi"));
}

export type Group = "deputies" | "staff" | "halls" | "guests";

/** groupOf sorts a listed person under one heading; a display is nobody. */
export function groupOf(p: PersonView): Group | undefined {
  if (p.roles.includes("display")) return undefined;
  if (p.roles.includes("hall")) return "halls";
  if (p.roles.includes("deputy")) return "deputies";
  return p.roles.includes("guest") ? "guests" : "staff";
}

/** removable: only citizens and invited guests can be shown out; the server refuses the others. */
export function removable(p: PersonView): boolean {
  return p.roles.every((r) => r === "guest" || r === "citizen");
}

/** mayBeRaised: for whom a hand can be raised: a listed person who speaks for himself and has none up. */
export function mayBeRaised(p: PersonView): boolean {
  const who = groupOf(p);
  return who !== undefined && who !== "halls" && !p.hand;
}

/** unread counts messages to everybody or the clerk that came after the newest seen one, the own ones left out. */
export function unread(items: readonly MessageItem[] | undefined, seen: number, me: string): number {
  return (items ?? []).filter((m) => m.seq > seen && m.from !== me).length;
}

/** doorPath is the public path of a sitting; no secret is in it. */
export function doorPath(door: string): string {
  return `/h/${encodeURIComponent(door)}`;
}
