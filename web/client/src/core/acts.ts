/** Acts of one person that wait for their answer: each is repeated with its own id until the server has said yes or no. */
import { type Signal, signal } from "@preact/signals";
import { ActError } from "./act-error";
import { uuidv7 } from "./ids";
import { forget, keep, keptFor } from "./outbox";
import type { ActBody, Ok, ServerMessage } from "./protocol";

type Message = { type: string; id: string } & Record<string, unknown>;
type Refusal = Extract<ServerMessage, { type: "error" }>;

interface Pending {
  message: Message;
  /** Local Unix milliseconds of the press. */
  at: number;
  sent: boolean;
  tries: number;
  done: (ok: Ok) => void;
  fail: (e: Error) => void;
}

/** Milliseconds between tries: close together at first, because a restarted server is back within seconds. */
export const BACKOFF = [0, 250, 500, 1000, 1000, 1000, 1500, 2000, 3000, 5000];
/** An act that steers (give the floor, next item …) is not repeated when it is older than this; a vote always is. */
const STEER_LIFE_MS = 60_000;
const MAX_TRIES = 6;
const LASTING = new Set([
  "vote.cast",
  "rollcall.checkin",
  "queue.raise",
  "queue.withdraw",
  "message.send",
  "floor.accept",
]);

/** Acts holds them over broken sockets, the lasting ones also over a reload of the page. */
export class Acts {
  /** Ids of acts without answer. */
  readonly pending: Signal<readonly string[]> = signal([]);
  private readonly acts = new Map<string, Pending>();

  constructor(
    private readonly door: string,
    private readonly person: () => string,
    private readonly open: () => boolean,
    /** Sends one message; false when it could not go. */
    private readonly send: (m: Message) => boolean,
  ) {}

  /** add gives an act its id and sends it as soon as it can; rejects with ActError on a definite refusal. */
  add(body: ActBody): Promise<Ok> {
    const id = uuidv7();
    const message = { ...body, id } as Message;
    return new Promise((done, fail) => {
      this.acts.set(id, { message, at: Date.now(), sent: false, tries: 0, done, fail });
      this.list();
      if (LASTING.has(message.type)) void keep({ id, door: this.door, person: this.person(), message, at: Date.now() });
      this.flush();
    });
  }

  /** rewind counts everything as unsent: what an older socket took may not have arrived. */
  rewind(): void {
    for (const p of this.acts.values()) p.sent = false;
  }

  /** welcomed sends what waits, and what an earlier page of this device left. */
  welcomed(): void {
    this.flush();
    void this.restore();
  }

  /** done takes an answer that says yes. */
  done(ok: Ok): void {
    this.end(ok.re, (p) => p.done(ok));
  }

  /** refuse takes an error; false when it is of no act. One that left the act undone repeats it, any other ends it. */
  refuse(m: Refusal): boolean {
    const p = this.acts.get(m.re);
    if (!p) return false;
    const undone = m.kind === "internal" || m.code === "busy" || m.code === "too_fast";
    if (!undone || p.tries >= MAX_TRIES) {
      this.end(m.re, (x) => x.fail(new ActError(m.kind, m.code, (m.data ?? {}) as Record<string, unknown>)));
      return true;
    }
    p.tries++;
    setTimeout(
      () => {
        p.sent = false;
        this.flush();
      },
      BACKOFF[Math.min(p.tries + 1, BACKOFF.length - 1)],
    );
    return true;
  }

  /** giveUp ends all acts: the server cannot read one of them. */
  giveUp(kind: string, code: string): void {
    for (const id of [...this.acts.keys()]) this.end(id, (p) => p.fail(new ActError(kind, code)));
  }

  private flush() {
    if (!this.open()) return;
    for (const [id, p] of this.acts) {
      if (p.sent) continue;
      if (!LASTING.has(p.message.type) && Date.now() - p.at > STEER_LIFE_MS) {
        this.end(id, (x) => x.fail(new ActError("closed", "too_late")));
        continue;
      }
      p.sent = this.send(p.message);
    }
  }

  private async restore() {
    for (const k of await keptFor(this.door, this.person())) {
      if (this.acts.has(k.id)) continue;
      this.acts.set(k.id, { message: k.message, at: k.at, sent: false, tries: 0, done: () => {}, fail: () => {} });
    }
    this.list();
    this.flush();
  }

  private end(id: string, give: (p: Pending) => void) {
    const p = this.acts.get(id);
    if (!p) return;
    this.acts.delete(id);
    void forget(id);
    this.list();
    give(p);
  }

  private list() {
    this.pending.value = [...this.acts.keys()];
  }
}
