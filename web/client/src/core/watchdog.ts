/**
 * Watches that bytes arrive. The server sends something on every PeerConnection at least each 500 ms, so 1.5 s without
 * a byte is a broken way, never silence.
 */

export const TICK_MS = 500;
const SILENT_MS = 1500;
const RESTART_GAP_MS = 3000;
const RENEW_MS = 3000;
const MAX_GAP_MS = 5000;

export type Verdict = "fine" | "restart" | "renew" | "wait";

/** Watchdog decides from byte counts and time (milliseconds) what to do; it touches no network itself. */
export class Watchdog {
  private bytes = -1;
  private heardAt: number;
  private actedAt = 0;
  private acts = 0;

  constructor(now: number) {
    this.heardAt = now;
  }

  /** lostMs is how long nothing came. */
  lostMs(now: number): number {
    const ms = now - this.heardAt;
    return ms >= SILENT_MS ? ms : 0;
  }

  /** check takes the byte count of the selected pair; first restart, 3 s later a new connection, then again. */
  check(bytes: number, now: number): Verdict {
    if (bytes !== this.bytes && bytes > 0) {
      this.bytes = bytes;
      this.heardAt = now;
      this.acts = 0;
      return "fine";
    }
    if (now - this.heardAt < SILENT_MS) return "fine";
    return this.next(now);
  }

  /** hurry acts before the 1.5 s: the network changed, or the page came back from the background. */
  hurry(now: number): Verdict {
    return this.next(now);
  }

  /** undo takes the last act back: it could not be done, because the socket was away. */
  undo(): void {
    this.actedAt = 0;
    this.acts = Math.max(0, this.acts - 1);
  }

  /** renewed starts the count anew for a new connection; the silence goes on until its first byte. */
  renewed(now: number): void {
    this.bytes = -1;
    this.acts = 0;
    this.actedAt = now;
  }

  private next(now: number): Verdict {
    const gap =
      this.acts === 0 ? RESTART_GAP_MS : this.acts === 1 ? RENEW_MS : Math.min(MAX_GAP_MS, RENEW_MS + 500 * this.acts);
    if (this.actedAt && now - this.actedAt < gap) return "wait";
    this.actedAt = now;
    this.acts++;
    return this.acts === 1 ? "restart" : "renew";
  }
}
