/** What the meeting page shows, as pure functions of the views. */
import type { AgendaView, BallotView, FloorView, PeopleView, RollCallView, SelfView } from "../../core/protocol";

/** itemOf gives the current agenda item and the number of items. */
export function itemOf(agenda: AgendaView | null): { no: number; count: number; title: string } | null {
  const item = agenda?.items.find((i) => i.id === agenda.current);
  return agenda && item ? { no: item.no, count: agenda.items.length, title: item.title } : null;
}

/** onStage says who should be seen large: the chair's pin, else who has the floor, else nobody in particular. */
export function onStage(floor: FloorView | null): { who: string; label: string } {
  if (!floor) return { who: "", label: "" };
  if (floor.pin) return { who: floor.pin, label: "" };
  const h = floor.holder;
  return h ? { who: h.source || h.person || "", label: h.label } : { who: "", label: "" };
}

/** hasFloor tells whether a person is the holder of the floor or its media. */
export function hasFloor(floor: FloorView | null, who: string): boolean {
  const h = floor?.holder;
  return !!h && !!who && (h.person === who || h.source === who);
}

/**
 * fitsStage tells whether what arrives in the stage's slot is of whom the stage is for. Somebody without a picture has no
 * slot: the server fills it with another, and the floor must not be shown as that other's. listed says whether a person
 * is on the sitting's list; a citizen with the floor is not, and his id is told to chair and clerk only.
 */
export function fitsStage(floor: FloorView | null, arriving: string, listed: (id: string) => boolean): boolean {
  const wanted = onStage(floor).who;
  if (!arriving) return true;
  if (wanted) return arriving === wanted || (!floor?.pin && hasFloor(floor, arriving));
  return !floor?.holder || !listed(arriving);
}

/** strip orders the small tiles: the chair first, then halls, then the others by seat; never who is large already. */
export function strip(
  people: PeopleView | null,
  floor: FloorView | null,
  large: string,
  me: string,
  room: number,
): string[] {
  const all = people?.people ?? [];
  const rank = (p: (typeof all)[number]) => (p.id === floor?.chair ? 0 : p.roles.includes("hall") ? 1 : p.hand ? 2 : 3);
  return all
    .filter((p) => p.online && p.id !== large && p.id !== me && !p.roles.includes("display"))
    .sort((a, b) => rank(a) - rank(b) || (a.seat ?? 999) - (b.seat ?? 999) || (a.id < b.id ? -1 : 1))
    .slice(0, Math.max(0, room))
    .map((p) => p.id);
}

export type OverlayKind = "vote" | "rollcall" | "result";

/** overlays lists what wants the sheet, most important first; an invitation is a dialog of its own. */
export function overlays(
  self: SelfView | null,
  ballot: BallotView | null,
  rollcall: RollCallView | null,
  resultUntil: number,
  now: number,
): OverlayKind[] {
  const list: OverlayKind[] = [];
  const b = ballot?.ballot;
  if (b?.state === "open") list.push("vote");
  if (rollcall?.state === "open" && self?.voter && !isPresent(self)) list.push("rollcall");
  if (b?.state === "closed" && b.result && now < resultUntil) list.push("result");
  return list;
}

/** isPresent: present or late. */
export function isPresent(self: SelfView | null): boolean {
  return self?.presence === "present" || self?.presence === "late";
}

export type Standing = "may" | "absent" | "none";

/** standing says whether this person votes now: may, must check in first, or has no vote. */
export function standing(self: SelfView | null): Standing {
  if (!self?.voter) return "none";
  return isPresent(self) ? "may" : "absent";
}

/** minutesText writes allowed milliseconds as whole minutes, "7"; halves as "2,5". */
export function minutesText(ms: number): string {
  return new Intl.NumberFormat("vi-VN", { maximumFractionDigits: 1 }).format(ms / 60_000);
}
