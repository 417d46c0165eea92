/**
 * What the hall display shows, as pure functions of the views. The display follows the chair: the scene is chosen by the
 * state of the sitting, a key 0–9 chooses by hand, Escape returns to the state's choice.
 */
import type {
  AgendaView,
  BallotDoc,
  BallotView,
  FloorView,
  MessagesView,
  QueueView,
  RecordingView,
  Result,
  RollCallView,
} from "../../core/protocol";
import { bySeat, type RollCallRow } from "../chair/model";

type OptionResult = Result["options"][number];

/** Scene: C0 waiting, C1 item, C2 speaker, C4 vote open, C5 result, C6 roll-call, C7 large QR, C8 break, C9 notice. */
export type Scene = "C0" | "C1" | "C2" | "C4" | "C5" | "C6" | "C7" | "C8" | "C9";

/** What a scene is chosen from; a view that has not come yet is undefined. */
export interface DisplayState {
  agenda?: AgendaView | null | undefined;
  floor?: FloorView | null | undefined;
  ballot?: BallotView | null | undefined;
  rollcall?: RollCallView | null | undefined;
  queue?: QueueView | null | undefined;
  /** Whether the sitting is being recorded: people in the room are told. */
  recording?: RecordingView | null | undefined;
  /** The newest notice to everybody, "" = none. */
  notice?: string;
}

/** A result stays this long unless something newer happens. */
export const RESULT_MS = 60_000;
/** A closed roll-call stays this long. */
export const ROLL_CALL_MS = 10_000;

/** autoScene is the scene that the state of the sitting asks for at a server time. */
export function autoScene(s: DisplayState, now: number): Scene {
  const head = s.agenda?.sitting;
  if (!head || head.state === "closed") return "C0";
  if (s.ballot?.ballot?.state === "open") return "C4";
  if (head.state === "paused") return "C8";
  if (s.rollcall?.state === "open") return "C6";
  if (resultIsNews(s, now)) return "C5";
  if (rollCallIsNews(s, now)) return "C6";
  if (s.floor?.holder) return "C2";
  return head.state === "open" && s.agenda?.current ? "C1" : "C0";
}

/** resultIsNews: closed less than a minute ago, still the current item, and nobody was invited since. */
function resultIsNews(s: DisplayState, now: number): boolean {
  const b = s.ballot?.ballot;
  if (b?.state !== "closed" || !b.result || now - b.closed_at >= RESULT_MS) return false;
  if (b.item && b.item !== s.agenda?.current) return false;
  return (s.floor?.holder?.invited_at ?? 0) < b.closed_at;
}

/** rollCallIsNews: closed some seconds ago and nobody was invited since. */
function rollCallIsNews(s: DisplayState, now: number): boolean {
  const r = s.rollcall;
  if (r?.state !== "closed" || now - r.closed_at >= ROLL_CALL_MS) return false;
  return (s.floor?.holder?.invited_at ?? 0) < r.closed_at;
}

/** possible: there is something to show in a scene; without it the display falls back to C0. */
export function possible(scene: Scene, s: DisplayState): boolean {
  switch (scene) {
    case "C1":
      return !!s.agenda?.current;
    case "C2":
      return !!s.floor?.holder;
    case "C4":
      return s.ballot?.ballot?.state === "open";
    case "C5":
      return !!s.ballot?.ballot?.result;
    case "C6":
      return !!s.rollcall && s.rollcall.state !== "none";
    case "C9":
      return !!s.notice;
    default:
      return true;
  }
}

/** scene is what stands on the wall: the hand's choice when it can be shown, C0 when it cannot, else the state's. */
export function scene(s: DisplayState, now: number, manual: Scene | ""): Scene {
  if (!manual) return autoScene(s, now);
  return possible(manual, s) ? manual : "C0";
}

/** sceneOfKey maps the keys 0–9; 3 (documents) has no scene in this release. */
export function sceneOfKey(key: string): Scene | "" {
  return /^[0-24-9]$/.test(key) ? (`C${key}` as Scene) : "";
}

/** The look of an option: its mark never stands alone, the word is beside it. */
export type OptionLook = "for" | "against" | "none";

export function optionLook(id: string): OptionLook {
  return id === "for" || id === "against" ? id : "none";
}

/** One bar of a result. */
export interface Bar {
  id: string;
  look: OptionLook;
  label: string;
  count: number;
  /** As papers print it: of all deputies, or of those present when that is the ballot's base. */
  pct: string;
  /** 0..1 of the base: the bar's length. */
  part: number;
}

/** bars draws every option against the ballot's base, so that bars can be compared with the threshold. */
export function bars(r: Result): Bar[] {
  return r.options.map((o) => ({
    id: o.id,
    look: optionLook(o.id),
    label: o.label,
    count: o.count,
    pct: pctOf(r, o),
    part: r.base_count > 0 ? Math.min(1, o.count / r.base_count) : 0,
  }));
}

function pctOf(r: Result, o: OptionResult): string {
  return r.base === "present" ? o.pct_present : o.pct_total;
}

/** inFavour is the option the threshold counts. */
export function inFavour(r: Result): OptionResult | undefined {
  return r.options.find((o) => o.id === "for") ?? r.options[0];
}

/** inFavourPct is its percentage of the ballot's base. */
export function inFavourPct(r: Result): string {
  const o = inFavour(r);
  return o ? pctOf(r, o) : "";
}

/** pressedPart is 0..1 of the bar under "24 / 26"; no trend, only how many have pressed. */
export function pressedPart(b: BallotDoc): number {
  return b.present > 0 ? Math.min(1, b.pressed / b.present) : 0;
}

/** secondsTo is whole seconds until a server time, never negative; undefined without a time. */
export function secondsTo(at: number, now: number): number | undefined {
  return at > 0 ? Math.max(0, Math.ceil((at - now) / 1000)) : undefined;
}

/** seats are the roll-call's rows in the order of the seats. */
export function seats(r: RollCallView | null | undefined): RollCallRow[] {
  return [...(r?.rows ?? [])].sort(bySeat);
}

/** seatColumns keeps a cell readable from 8 m: 30 seats are five columns of six, at most ten columns. */
export function seatColumns(n: number): number {
  if (n <= 12) return 4;
  if (n <= 30) return 5;
  if (n <= 42) return 6;
  return n <= 56 ? 8 : 10;
}

/** newestNotice is the newest message to everybody; "" without one. */
export function newestNotice(m: MessagesView | null | undefined): string {
  return (m?.items ?? []).reduce((text, i) => (i.to === "all" && !i.hidden ? i.text : text), "");
}
