/** Who waits for the end of the running turn, kept in session storage so that a reload of the chair's page loses nobody. */
import type { QueueEntry } from "../../core/protocol";

export interface Armed {
  /** The turn whose end is waited for: after another one nobody is invited by himself. */
  turn: string;
  entry: QueueEntry;
}

const key = (door: string) => `nt.armed.${door}`;

/** readArmed gives what this tab remembers of a sitting. */
export function readArmed(door: string): Armed | undefined {
  try {
    const a = JSON.parse(sessionStorage.getItem(key(door)) ?? "null") as Armed | null;
    return typeof a?.turn === "string" && typeof a.entry?.id === "string" ? a : undefined;
  } catch {
    return undefined;
  }
}

/** writeArmed remembers or forgets it. */
export function writeArmed(door: string, a: Armed | undefined): void {
  try {
    if (a) sessionStorage.setItem(key(door), JSON.stringify(a));
    else sessionStorage.removeItem(key(door));
  } catch {
    // Without session storage the chair gives the floor by hand after a reload.
  }
}
