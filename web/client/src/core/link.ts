/**
 * One WebSocket to a sitting: hello and resume, acts that are repeated with their own id until answered, requests with
 * a time limit, pings for the clock, reconnection with backoff of at most 5 s.
 */
import { type Signal, signal } from "@preact/signals";
import { Acts, BACKOFF } from "./acts";
import { addSample, patienceMs, resetClock } from "./clock";
import { randomText, uuidv7 } from "./ids";
import type { ActBody, MediaWant, Ok, ServerMessage, Welcome } from "./protocol";
import { Requests } from "./requests";
import { type Resume, readResume, writeResume } from "./resume";
import { detach, OPEN } from "./socket";

export { ActError } from "./act-error";

export type LinkState =
  | "idle"
  | "connecting"
  | "open"
  | "reconnecting"
  | "waiting" // for a free place; not welcomed yet
  | "elsewhere" // the person is connected on another device or tab
  | "replaced" // another device took over
  | "refused" // shown out by the clerk
  | "nosession" // the device has no right here any more
  | "gone" // no such sitting
  | "closed"; // stopped by this page

export interface LinkOptions {
  door: string;
  /** wss URL; default from the page's address. */
  url?: string;
  /** The state of the page for the server's first slots. */
  want?: () => MediaWant;
  /** The device sits in its person's hall: asked at each hello, the welcome tells what holds. */
  inHall?: () => boolean;
  /** Every message that is not an answer. */
  onMessage: (m: ServerMessage) => void;
  /** kept: the seat has the media of before. A restarted server knows the seat by its name, but has no media of it. */
  onWelcome?: (w: Welcome, kept: boolean) => void;
  socket?: (url: string) => WebSocket;
}

/** Codes of our own for a socket that answers no more, beside those of docs/PROTOCOL.md. */
const SILENT = 4000;
const MOVED = 4001;

const YOUNG_MS = 60_000;
/** A socket that needed so long to open is on a line that loses packets: its answers may take long, too. */
const SLOW_OPEN_MS = 2000;
const SLOW_PING_MS = 15_000;
const LEAST_WINDOW_MS = 300;
const MOVED_MS = 150;
export class Link {
  readonly state: Signal<LinkState> = signal("idle");
  /** Local Unix milliseconds since when the socket is away; 0 = it is there. */
  readonly lostAt = signal(0);
  /** The server said that it restarts: true until the next welcome. */
  readonly restarting = signal(false);
  readonly waitingAhead = signal<{ ahead: number; reason: string } | null>(null);
  /** Ids of acts without answer. */
  readonly pending: Signal<readonly string[]>;
  person = "";

  private ws: WebSocket | undefined;
  private readonly acts: Acts;
  private readonly requests = new Requests();
  private hello = "";
  private seq = 0;
  private boot = "";
  private readonly page = randomText(12);
  private resume: Resume | undefined;
  private tries = 0;
  private openedAt = 0;
  private slow = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pinger: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private badCloses = 0;
  /** Milliseconds over which all clients come back after a break that nobody announced; told in advance. */
  private window = LEAST_WINDOW_MS;

  constructor(private readonly o: LinkOptions) {
    this.resume = readResume(o.door);
    this.acts = new Acts(
      o.door,
      () => this.person,
      () => this.state.value === "open",
      (m) => this.raw(m),
    );
    this.pending = this.acts.pending;
  }

  /** start connects; it is safe to call it again. */
  start(): void {
    if (this.ws || this.stopped) return;
    if (typeof window !== "undefined") {
      window.addEventListener("online", this.moved);
      window.addEventListener("offline", this.nudge);
      window.addEventListener("pageshow", this.nudge);
      document.addEventListener("visibilitychange", this.nudge);
    }
    this.connect(false);
  }

  /** stop closes for good ("Rời họp"). */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.pinger);
    if (typeof window !== "undefined") {
      window.removeEventListener("online", this.moved);
      window.removeEventListener("offline", this.nudge);
      window.removeEventListener("pageshow", this.nudge);
      document.removeEventListener("visibilitychange", this.nudge);
    }
    this.dropResume();
    this.ws?.close(1000, "left");
    this.ws = undefined;
    this.requests.failAll();
    this.state.value = "closed";
  }

  /** take moves the person to this device: "Dùng máy này". */
  take(): void {
    if (this.state.value === "elsewhere" && this.ws?.readyState === OPEN) this.sayHello(true);
    else this.connect(true);
  }

  /** retry connects now instead of after the backoff: "Nối lại ngay". */
  retry(): void {
    if (this.ws?.readyState === OPEN && this.state.value === "open") {
      void this.probe(1000);
      return;
    }
    this.tries = 0;
    this.connect(false);
  }

  /** rejoin says hello anew on a fresh socket, with the same seat: hall mode changed. */
  rejoin(): void {
    if (this.state.value === "open") this.connect(false);
  }

  /** act sends a command and resolves after the server's commit; it rejects with ActError on a definite refusal. */
  act(body: ActBody): Promise<Ok> {
    return this.acts.add(body);
  }

  /** ask sends a request and resolves with its answer; it rejects after ms or when the socket breaks. */
  ask(body: Record<string, unknown> & { type: string }, ms = 10_000): Promise<ServerMessage> {
    const id = uuidv7();
    if (!this.raw({ ...body, id })) return Promise.reject(new Error("link: not connected"));
    return this.requests.add(id, body.type, ms);
  }

  /** send sends what nobody answers. */
  send(body: Record<string, unknown> & { type: string }): void {
    if (this.state.value === "open") this.raw(body);
  }

  /**
   * probe makes sure within ms that the server answers; a dead socket is replaced. moved: our own network seems to have changed,
   * so only we come back, and at once.
   */
  async probe(ms: number, moved = false): Promise<boolean> {
    const ws = this.ws;
    if (!ws || this.state.value !== "open") return false;
    try {
      await this.ping(ms);
      return true;
    } catch {
      if (ws === this.ws) this.lose(ws, moved ? MOVED : SILENT);
      return false;
    }
  }

  /** moved replaces the socket at once: with the address of before it can only be dead, and nobody would tell. */
  moved = (): void => {
    if (this.ws && this.state.value === "open") this.lose(this.ws, MOVED);
    else this.nudge();
  };

  private nudge = () => {
    if (typeof document !== "undefined" && document.visibilityState === "hidden") return;
    if (this.state.value === "open") void this.probe(patienceMs(), true);
    else if (this.state.value === "reconnecting") this.retry();
  };

  private connect(take: boolean) {
    clearTimeout(this.timer);
    const old = this.ws;
    this.ws = undefined;
    if (old) detach(old);
    if (this.stopped) return;
    this.state.value = this.lostAt.value ? "reconnecting" : "connecting";
    const url = this.o.url ?? `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
    const ws = this.o.socket ? this.o.socket(url) : new WebSocket(url);
    this.ws = ws;
    const begun = Date.now();
    const slow = setTimeout(() => this.lose(ws, SILENT), Math.min(8000 + 2000 * this.tries, 16_000));
    ws.onopen = () => {
      clearTimeout(slow);
      this.slow = Date.now() - begun > SLOW_OPEN_MS;
      this.sayHello(take);
    };
    ws.onmessage = (e) => this.read(ws, String(e.data));
    ws.onclose = (e) => {
      clearTimeout(slow);
      this.lose(ws, e.code);
    };
  }

  private sayHello(take: boolean) {
    this.hello = uuidv7();
    this.raw({
      type: "session.hello",
      id: this.hello,
      door: this.o.door,
      page: this.page,
      ...(this.resume ? { resume: this.resume } : {}),
      ...(this.seq ? { since: this.seq, boot: this.boot } : {}),
      ...(take ? { take: true } : {}),
      ...(this.o.inHall?.() ? { place: "hall" } : {}),
      ...(this.o.want ? { want: this.o.want() } : {}),
    });
  }

  private raw(message: object): boolean {
    if (this.ws?.readyState !== OPEN) return false;
    this.ws.send(JSON.stringify(message));
    return true;
  }

  private read(ws: WebSocket, text: string) {
    if (ws !== this.ws) return;
    let m: ServerMessage;
    try {
      m = JSON.parse(text) as ServerMessage;
    } catch {
      return;
    }
    switch (m.type) {
      case "session.welcome":
        this.welcome(m);
        return;
      case "session.elsewhere":
        this.state.value = "elsewhere";
        return;
      case "session.replaced":
        this.end("replaced");
        return;
      case "session.retry":
        this.tries = 1; // the moment that the server drew stands for the first try
        this.restarting.value = true;
        if (!this.lostAt.value) this.lostAt.value = Date.now();
        this.state.value = "reconnecting";
        this.later(m.in_ms);
        return;
      case "session.window":
        this.window = m.retry_ms;
        return;
      case "session.waiting":
        this.waitingAhead.value = { ahead: m.ahead, reason: m.reason };
        if (m.re) this.state.value = "waiting";
        return;
      case "ok":
        this.acts.done(m);
        return;
      case "error":
        this.refused(m);
        return;
      case "view":
        this.seq = Math.max(this.seq, m.seq);
        this.o.onMessage(m);
        return;
      default:
        if (m.type === "media.waiting") {
          this.requests.prolong(m.re);
          this.o.onMessage(m);
        } else if (!("re" in m && typeof m.re === "string" && this.requests.answered(m.re, m))) this.o.onMessage(m);
    }
  }

  private welcome(w: Welcome) {
    const same = this.boot === w.boot;
    if (this.boot && !same) resetClock();
    if (!same) this.seq = 0;
    this.boot = w.boot;
    this.person = w.person;
    this.resume = { sid: w.sid, secret: w.secret };
    writeResume(this.o.door, this.resume);
    this.tries = 0;
    this.badCloses = 0;
    this.openedAt = Date.now();
    this.lostAt.value = 0;
    this.restarting.value = false;
    this.window = w.retry_ms;
    this.waitingAhead.value = null;
    this.acts.rewind();
    this.state.value = "open";
    this.o.onWelcome?.(w, w.resumed && same);
    this.acts.welcomed();
    this.schedulePing(0);
  }

  private refused(m: Extract<ServerMessage, { type: "error" }>) {
    if (m.re && m.re === this.hello) {
      if (m.code === "no_session") this.end("nosession");
      else if (m.code === "refused") this.end("refused");
      else if (m.code === "no_sitting" || m.code === "no_such_sitting") this.end("gone");
      return;
    }
    if (!this.acts.refuse(m)) this.requests.answered(m.re, m);
  }

  private async ping(ms: number) {
    const sent = Date.now();
    const m = await this.ask({ type: "session.ping" }, this.slow ? Math.max(ms, SLOW_PING_MS) : ms);
    if (m.type === "session.pong") addSample(sent, Date.now(), m.now);
  }

  private schedulePing(ms: number) {
    clearTimeout(this.pinger);
    this.pinger = setTimeout(async () => {
      if (this.state.value !== "open") return;
      const ws = this.ws;
      try {
        await this.ping(5000);
      } catch {
        if (ws && ws === this.ws) this.lose(ws, SILENT);
        return;
      }
      this.schedulePing(Date.now() - this.openedAt < YOUNG_MS ? 5000 : 10_000);
    }, ms);
  }

  private lose(ws: WebSocket, code: number) {
    if (ws !== this.ws) return;
    detach(ws);
    this.ws = undefined;
    this.requests.failAll();
    clearTimeout(this.pinger);
    switch (code) {
      case 4401:
        return this.end("nosession");
      case 4403:
        return this.end("refused");
      case 4404:
        return this.end("gone");
      case 4409:
        return this.end("replaced");
      case 4400:
        // The same unsent act would end every session: after the second time give the acts up.
        if (++this.badCloses > 1) this.acts.giveUp("invalid", "malformed");
        break;
      default:
    }
    if (this.stopped || this.state.value === "replaced") return;
    if (!this.lostAt.value) this.lostAt.value = Date.now();
    if (this.state.value !== "elsewhere") this.state.value = "reconnecting";
    if (code === 1012 && this.timer !== undefined) return; // session.retry has set the moment
    if (code === MOVED) {
      this.tries = 1; // we come alone: no window, the next try follows the backoff
      this.later(Math.random() * MOVED_MS); // unless the server stood still: then all come
    } else this.later(code === 4429 ? 5000 : this.nextTry());
  }

  /** nextTry draws the first try after a break from the window, because all may have lost the server; later ones back off. */
  private nextTry(): number {
    const n = this.tries++;
    if (n === 0) return Math.random() * this.window;
    const base = BACKOFF[Math.min(n, BACKOFF.length - 1)] ?? 5000;
    return Math.min(5000, base * (0.8 + Math.random() * 0.4));
  }

  private later(ms: number) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.connect(false);
    }, ms);
  }

  private end(state: LinkState) {
    clearTimeout(this.timer);
    clearTimeout(this.pinger);
    const ws = this.ws;
    this.ws = undefined;
    if (ws) detach(ws);
    this.requests.failAll();
    if (state !== "replaced") this.dropResume();
    this.state.value = state;
  }

  private dropResume() {
    this.resume = undefined;
    writeResume(this.o.door, undefined);
  }
}
