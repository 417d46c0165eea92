/** What a hall's own page needs of the views, as pure functions. */
import type { PeopleView, PersonView, QueueView, RollCallView } from "../../core/protocol";

/** A deputy of this hall's list. */
export interface HallDeputy {
  person: string;
  name: string;
  seat: number;
  present: boolean;
  /** Place in the queue and the entry; 0 and "" = no hand. */
  place: number;
  entry: string;
}

/** deputiesHere lists the deputies who sit in a hall, by seat. */
export function deputiesHere(
  hall: string,
  people: PeopleView | null,
  rollcall: RollCallView | null,
  queue: QueueView | null,
): HallDeputy[] {
  const state = new Map((rollcall?.rows ?? []).map((r) => [r.person, r.state]));
  const hands = new Map((queue?.entries ?? []).map((e) => [e.person, e]));
  const here = (p: PersonView) => p.hall === hall && p.roles.includes("deputy");
  return (people?.people ?? [])
    .filter(here)
    .map((p) => {
      const s = state.get(p.id);
      const hand = hands.get(p.id);
      return {
        person: p.id,
        name: p.name || p.label,
        seat: p.seat ?? 0,
        present: s === "present" || s === "late",
        place: hand?.place ?? 0,
        entry: hand?.id ?? "",
      };
    })
    .sort((a, b) => (a.seat || 9999) - (b.seat || 9999) || a.name.localeCompare(b.name, "vi"));
}

/** presentHere counts them: "Điểm danh tại đây: 5/5". */
export function presentHere(list: readonly HallDeputy[]): { n: number; total: number } {
  return { n: list.filter((d) => d.present).length, total: list.length };
}

const MOST = 999;

/** voterNumber reads the number of a voter without device, 1 to 999; 0 = not a number. */
export function voterNumber(text: string): number {
  const t = text.trim();
  if (!/^[1-9][0-9]{0,2}$/.test(t)) return 0;
  return Math.min(MOST, Number(t));
}

/** voterLabel is what the protocol asks for: the label never holds a name. */
export function voterLabel(n: number): string {
  return `cử tri số ${n}`;
}

/** votersWaiting are the hands this hall raised for voters without device. */
export function votersWaiting(hall: string, queue: QueueView | null): { id: string; label: string; place: number }[] {
  return (queue?.entries ?? [])
    .filter((e) => e.on_behalf && !e.person && e.hall === hall)
    .map((e) => ({ id: e.id, label: e.label, place: e.place }));
}
