/** What is wrong with somebody's line and what to do about it: pure functions of the server's answer and the views. */
import { fold } from "../../core/format";
import type { FloorView, HallLine, Line, MediaLines, PeopleView, PersonView, UpLine } from "../../core/protocol";
import { lines as t } from "../../i18n/lines";

/** 3 = nothing works or speech breaks, 2 = needs help, 1 = to be watched. */
export type Severity = 1 | 2 | 3;
type Text = Parameters<typeof t>[0];

/** Trouble is one sentence: what is wrong and what to do. */
export interface Trouble {
  severity: Severity;
  text: Text;
  n?: number;
}

/** Row is one person on the page. */
export interface Row {
  line: Line;
  name: string;
  troubles: readonly Trouble[];
  severity: 0 | Severity;
}

const QUIET_MS = 5000;
const LONG_FREEZE_MS = 2000;
const SLOW_MS = 400;
const VERY_SLOW_MS = 1000;
const JITTER_MS = 60;
const NARROW_BPS = 150_000;
const FEW_FPS = 8;

/** steps gives the severity of a ratio: from 2 %, 5 %, 15 % on for losses. */
function steps(v: number, note: number, bad: number, grave: number): 0 | Severity {
  return v >= grave ? 3 : v >= bad ? 2 : v >= note ? 1 : 0;
}

/** percent is whole above 10, with one digit below. */
export function percent(ratio: number): number {
  const p = ratio * 100;
  return p >= 9.95 ? Math.round(p) : Math.round(p * 10) / 10;
}

/** arriving are the sources that send now. */
export function arriving(line: Line): UpLine[] {
  return line.up.filter((u) => u.quiet_ms >= 0 && u.quiet_ms < QUIET_MS);
}

const most = (list: readonly number[]) => Math.max(0, ...list);

/** lossDown is the worse of what receiver reports and the page itself say. */
export function lossDown(line: Line): number {
  return Math.max(line.lost ?? 0, line.client?.loss ?? 0);
}

/** lossy: the way down explains what the page hears and sees badly. */
const lossy = (line: Line): boolean => lossDown(line) >= 0.02 || (line.client?.jitter_ms ?? 0) >= JITTER_MS;

export const lossUp = (line: Line): number => most(arriving(line).map((u) => u.lost ?? 0));
export const jitterUp = (line: Line): number =>
  most(arriving(line).map((u) => (u.kind === "mic" ? (u.jitter_ms ?? 0) : 0)));

/** troubles lists what is wrong, the gravest first; nothing for a display that only lost its socket for a moment. */
export function troubles(line: Line): Trouble[] {
  const out: Trouble[] = [];
  const add = (severity: 0 | Severity, text: Text, n?: number) => {
    if (severity) out.push(n === undefined ? { severity, text } : { severity, text, n });
  };
  if (!line.online) {
    add(3, "p_lost");
    return out;
  }
  if (!line.connected) add(2, "p_no_media");
  add(steps(lossUp(line), 0.02, 0.05, 0.15), "p_loss_up", percent(lossUp(line)));
  add(steps(lossDown(line), 0.02, 0.05, 0.15), "p_loss_down", percent(lossDown(line)));
  const c = line.client;
  if (c) {
    const pieces = c.concealed ?? 0;
    add(steps(pieces, 0.03, 0.05, 0.15), lossy(line) ? "p_concealed" : "p_concealed_machine", percent(pieces));
    const long = (c.freeze_ms ?? 0) >= LONG_FREEZE_MS;
    add(long ? 2 : (c.freezes ?? 0) > 0 ? 1 : 0, long || lossy(line) ? "p_frozen" : "p_frozen_once", c.freezes ?? 0);
    if ((c.jitter_ms ?? 0) >= JITTER_MS) add(1, "p_jitter_down", c.jitter_ms ?? 0);
    const fps = Math.round(c.fps ?? 0);
    if (fps > 0 && fps < FEW_FPS && line.why === "live" && (c.freezes ?? 0) === 0 && !lossy(line))
      add(1, "p_machine", fps);
  }
  const room = line.estimate_bps ?? 0;
  if (line.connected && room > 0 && room < NARROW_BPS) add(2, "p_narrow", Math.round(room / 1000));
  const slow = (ms: number): 0 | Severity => (ms >= VERY_SLOW_MS ? 2 : ms >= SLOW_MS ? 1 : 0);
  add(slow(line.up_rtt_ms ?? 0), "p_slow_up", line.up_rtt_ms ?? 0);
  add(slow(line.rtt_ms ?? 0), "p_slow_down", line.rtt_ms ?? 0);
  if (jitterUp(line) >= JITTER_MS) add(1, "p_jitter_up", jitterUp(line));
  if (line.up.some((u) => u.kind === "mic" && u.open && u.quiet_ms >= QUIET_MS)) add(2, "p_silent_mic");
  if (line.path === "tcp") add(1, "p_by_tcp");
  if (line.path === "relay") add(1, "p_by_relay");
  return out.sort((a, b) => b.severity - a.severity);
}

/** nameOf: the name that the own views show for a person; citizens' names are in the views of chair and clerk only. */
export function nameOf(line: Line, people: PeopleView | null | undefined): string {
  const listed = people?.people.find((p) => p.id === line.person);
  if (listed) return listed.name || listed.label;
  const citizen = people?.citizens?.find((c) => c.person === line.person);
  if (citizen) return citizen.hamlet ? `${citizen.name} (${citizen.hamlet})` : citizen.name;
  if (line.label) return line.label;
  return t(line.roles.includes("display") ? "display" : "citizen");
}

/** rows are those whose name holds the words, the gravest first, halls before others, then by name. */
export function rows(answer: MediaLines, people: PeopleView | null | undefined, query: string): Row[] {
  const q = fold(query.trim());
  const compare = new Intl.Collator("vi", { numeric: true }).compare;
  const hall = (r: Row) => (r.line.roles.includes("hall") ? 0 : 1);
  const weight = (r: Row) => r.troubles.reduce((n, x) => n + x.severity, 0);
  return answer.lines
    .map((line): Row => {
      const found = troubles(line);
      return { line, name: nameOf(line, people), troubles: found, severity: found[0]?.severity ?? 0 };
    })
    .filter((r) => !q || fold(r.name).includes(q))
    .sort(
      (a, b) =>
        b.severity - a.severity ||
        hall(a) - hall(b) ||
        weight(b) - weight(a) ||
        compare(a.name, b.name) ||
        (a.line.key < b.line.key ? -1 : 1),
    );
}

/** ways counts the paths of those who are connected. */
export function ways(answer: MediaLines): { udp: number; tcp: number; relay: number } {
  const n = { udp: 0, tcp: 0, relay: 0 };
  for (const { path } of answer.lines) if (path === "udp" || path === "tcp" || path === "relay") n[path]++;
  return n;
}

/** Hall is one hall on the board. */
export interface Hall {
  id: string;
  name: string;
  online: boolean;
  ready: boolean;
  mic: UpLine | undefined;
  cam: UpLine | undefined;
  /** It has the floor, or its open source fell silent: then nothing coming is a fault, else it waits to be let in. */
  expected: { mic: boolean; cam: boolean };
  /** When it came, went or pressed last; 0 = not since the server started. */
  since: number;
  /** What to do, "" when nothing. */
  todo: Text | "";
}

/** A microphone that gave more than a quiet room within this time counts as heard. */
const HEARD_MS = 60_000;

/** heard tells whether a hall's microphone was heard lately. */
export function heard(mic: UpLine | undefined): boolean {
  return !!mic && mic.heard_ms >= 0 && mic.heard_ms < HEARD_MS;
}

function todo(h: Omit<Hall, "todo">): Hall["todo"] {
  if (!h.online) return "h_out";
  if (!h.ready) return "h_unready";
  if (!h.mic && h.expected.mic) return "h_no_sound";
  if (!h.cam && h.expected.cam) return "h_no_picture";
  return h.mic && !heard(h.mic) ? "h_unheard" : "";
}

/** fell: a source that others get stopped coming. */
function fell(line: Line | undefined, kind: UpLine["kind"]): boolean {
  return !!line?.up.some((u) => u.kind === kind && u.open && u.quiet_ms >= QUIET_MS);
}

/** halls puts the list's halls on the board, those with something to do first. */
export function halls(
  answer: MediaLines | null,
  people: PeopleView | null | undefined,
  floor: FloorView | null | undefined,
): Hall[] {
  const speaks = floor?.holder?.state === "speaking" ? floor.holder.source : undefined;
  const isHall = (p: PersonView) => p.roles.includes("hall");
  const compare = new Intl.Collator("vi", { numeric: true }).compare;
  return (people?.people ?? [])
    .filter(isHall)
    .map((p): Hall => {
      const last: HallLine | undefined = answer?.halls.find((h) => h.person === p.id);
      const line = answer?.lines.find((l) => l.person === p.id);
      const sends = line ? arriving(line) : [];
      const h = {
        id: p.id,
        name: p.name,
        online: last?.online ?? p.online,
        ready: last?.ready ?? false,
        mic: sends.find((u) => u.kind === "mic"),
        cam: sends.find((u) => u.kind === "cam"),
        expected: { mic: p.id === speaks || fell(line, "mic"), cam: fell(line, "cam") },
        since: last?.since ?? 0,
      };
      return { ...h, todo: todo(h) };
    })
    .sort((a, b) => Number(b.todo !== "") - Number(a.todo !== "") || compare(a.name, b.name));
}

/** ago writes how long something is past. */
export function ago(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 5) return t("ago_now");
  if (s < 90) return t("ago_s", { n: s });
  if (s < 90 * 60) return t("ago_min", { n: Math.round(s / 60) });
  return t("ago_h", { n: Math.round(s / 3600) });
}
