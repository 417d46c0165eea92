/** What the door of a sitting says before anybody joins (GET /api/doors/{door}). */
import { ApiError, api } from "../../core/http";
import type { Role, SittingState } from "../../core/protocol";

export interface Me {
  person: string;
  name: string;
  label: string;
  roles: Role[];
  seat?: number;
  group?: string;
  /** Name of the hall whose list names this person. */
  hall?: string;
}

export interface DoorInfo {
  sitting: string;
  door: string;
  council_name: string;
  title: string;
  kind: string;
  kind_name: string;
  state: SittingState;
  /** RFC 3339. */
  planned_at: string;
  closed_at?: string;
  place?: string;
  public: boolean;
  roll_call: boolean;
  hamlets: string[];
  help_phone?: string;
  waiting_room: boolean;
  /** Who this device is here; null for somebody new. */
  me: Me | null;
  /** What a citizen wrote on this device before. */
  known: { name: string; hamlet?: string } | null;
}

/** doorOf reads the door; null lists become empty ones. */
export async function doorOf(door: string): Promise<DoorInfo> {
  const d = await api<DoorInfo>("GET", `/api/doors/${encodeURIComponent(door)}`);
  return { ...d, hamlets: d.hamlets ?? [] };
}

/** When a citizen comes again after "too many at once", ms: at random, so that a village does not come in waves. */
const AGAIN_FROM = 1000;
const AGAIN_TO = 4000;

/**
 * enter writes a citizen's name in; the device is remembered by its cookie. Many people behind one address come in one after another:
 * who is told to wait comes again by itself, for ever.
 */
export async function enter(door: string, name: string, hamlet: string): Promise<{ person: string }> {
  for (;;) {
    try {
      return await api<{ person: string }>("POST", `/api/doors/${encodeURIComponent(door)}/enter`, { name, hamlet });
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 429) throw e;
    }
    const pause = AGAIN_FROM + Math.random() * (AGAIN_TO - AGAIN_FROM);
    await new Promise((done) => setTimeout(done, pause));
  }
}

/** redeem exchanges a personal link's token, and its code where asked, for the device's cookie. */
export const redeem = (door: string, token: string, code?: string) =>
  api<{ person: string }>("POST", `/api/doors/${encodeURIComponent(door)}/link`, code ? { token, code } : { token });

export interface Address {
  door: string;
  token: string;
  code: string;
}

/** addressOf reads /h/{door}#{token}.{code}. */
export function addressOf(path: string, fragment: string): Address {
  const door = /^\/h\/([^/]+)/u.exec(path)?.[1] ?? "";
  const [token = "", code = ""] = fragment.replace(/^#/u, "").split(".");
  return { door: decodeURIComponent(door), token, code };
}

export type NetLevel = "good" | "fair" | "weak" | "unreachable";

/** netLevel judges the best of some round trips in milliseconds: sound only above 400, the speaker only above 150. */
export function netLevel(rtts: readonly number[], saver: boolean): NetLevel {
  if (!rtts.length) return "unreachable";
  const best = Math.min(...rtts);
  if (best >= 400) return "weak";
  return best >= 150 || saver ? "fair" : "good";
}

/** checkNetwork asks the server three times; at most 3 s, no permission. */
export async function checkNetwork(): Promise<NetLevel> {
  const rtts: number[] = [];
  const end = performance.now() + 3000;
  for (let i = 0; i < 3 && performance.now() < end; i++) {
    const t = performance.now();
    try {
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), Math.max(500, end - t));
      await fetch("/healthz", { cache: "no-store", signal: stop.signal });
      clearTimeout(timer);
      rtts.push(performance.now() - t);
    } catch {
      // A lost try counts by its absence.
    }
  }
  const c = (navigator as unknown as { connection?: { saveData?: boolean; effectiveType?: string } }).connection;
  return netLevel(rtts, !!c?.saveData || c?.effectiveType === "2g" || c?.effectiveType === "slow-2g");
}
