/**
 * The clock of a turn. Tiles show elapsed / allowed ("02:41 / 07:00"), the hall display the rest ("Còn 04:19"). All
 * times are milliseconds of the server's clock; the two forms round so that elapsed and rest always add up.
 */
import type { FloorHolder } from "../../core/protocol";

/** TurnPhase: idle = nobody, invited = no clock yet, normal, last = the last minute, over = past the allowed time. */
export type TurnPhase = "idle" | "invited" | "normal" | "last" | "over";

export interface TurnClock {
  phase: TurnPhase;
  /** Whole seconds since the start. */
  elapsed: number;
  /** Whole seconds allowed. */
  allowed: number;
  /** Whole seconds left; negative when over. */
  rest: number;
}

const LAST_MINUTE_S = 60;

/** The chair is asked "now or after the turn" while the speaker has more than this left. */
export const INTERRUPT_MS = 10_000;
/** An invited person who has not answered for this long may be called again or passed over. */
export const NO_ANSWER_MS = 20_000;

/** turnClock reads the clock of the holder of the floor at a server time. */
export function turnClock(holder: FloorHolder | null | undefined, now: number): TurnClock {
  if (!holder) return { phase: "idle", elapsed: 0, allowed: 0, rest: 0 };
  const allowed = Math.round(holder.allowed_ms / 1000);
  if (holder.state !== "speaking" || !holder.started_at)
    return { phase: "invited", elapsed: 0, allowed, rest: allowed };
  const elapsed = Math.max(0, Math.floor((now - holder.started_at) / 1000));
  const rest = allowed - elapsed;
  const phase = rest < 0 ? "over" : rest <= LAST_MINUTE_S ? "last" : "normal";
  return { phase, elapsed, allowed, rest };
}

/** waited writes a waiting time as "0:32" or "12:05". */
export function waited(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

/** bellBetween says which bell is due between two readings of one turn: 1 = one minute left, 2 = time is up. */
export function bellBetween(before: TurnClock, after: TurnClock): 0 | 1 | 2 {
  if (before.phase === "idle" || before.phase === "invited" || after.phase === "idle" || after.phase === "invited")
    return 0;
  if (before.rest > 0 && after.rest <= 0) return 2;
  if (before.rest > LAST_MINUTE_S && after.rest <= LAST_MINUTE_S && after.allowed > LAST_MINUTE_S) return 1;
  return 0;
}

/** mayInterrupt: giving the floor now would cut off somebody with more than ten seconds left. */
export function mayInterrupt(holder: FloorHolder | null | undefined, now: number): boolean {
  if (holder?.state !== "speaking") return false;
  return holder.started_at + holder.allowed_ms - now > INTERRUPT_MS;
}

/** noAnswer: the invitation has stood for twenty seconds without an answer. */
export function noAnswer(holder: FloorHolder | null | undefined, now: number): boolean {
  return holder?.state === "invited" && now - holder.invited_at >= NO_ANSWER_MS;
}
