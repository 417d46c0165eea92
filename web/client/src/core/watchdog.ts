/**
 * Watches that bytes arrive. The server sends something on every PeerConnection at least each 500 ms, so 1.5 s without
 * a byte is a broken way, never silence; half of that is reason enough to ask whether the socket still lives, because
 * with a new address it is dead too, and nothing can be restarted before another one is there.
 */

export const TICK_MS = 250;
const DOUBT_MS = 700;
const SILENT_MS = 1500;
const RESTART_GAP_MS = 3000;
const RENEW_MS = 3000;
const MAX_GAP_MS = 5000;

export type Verdict = "fine" | "doubt" | "restart" | "renew" | "wait";

/** Watchdog decides from byte counts and time (milliseconds) what to do; it touches no network itself. */
export class Watchdog {
  private bytes = -1;
  private heardAt: number;
  private actedAt = 0;
  private acts = 0;
  private doubted = false;

  constructor(now: number) {
    this.heardAt = now;
  }

  /** lostMs is how long nothing came. */
  lostMs(now: number): number {
    const ms = now - this.heardAt;
    return ms >= SILENT_MS ? ms : 0;
  }

  /** check takes the byte count of the selected pair; doubt once, then restart, 3 s later a new connection, then again. */
  check(bytes: number, now: number): Verdict {
    if (bytes !== this.bytes && bytes > 0) {
      this.bytes = bytes;
      this.heardAt = now;
      this.acts = 0;
      this.doubted = false;
      return "fine";
    }
    if (now - this.heardAt >= SILENT_MS) return this.next(now);
    if (this.bytes < 0 || this.doubted || now - this.heardAt < DOUBT_MS) return "fine";
    this.doubted = true;
    return "doubt";
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
