/**
 * Sound and picture of one sitting: the receiving and the publishing PeerConnection, the watchdog that keeps them alive,
 * and what the page wants to see. Votes and roll-call do not depend on anything here.
 */
import { type Signal, signal } from "@preact/signals";
import { patienceMs } from "./clock";
import type { Link } from "./link";
import { iceServers, Negotiation } from "./negotiation";
import type { MediaWant, PC, Profile, ServerMessage } from "./protocol";
import { Publisher } from "./pub";
import { type Reading, read, report } from "./stats";
import { Slots } from "./sub";
import { THIN_PACKET_MS, Thrift } from "./thrift";
import { TICK_MS, type Verdict, Watchdog } from "./watchdog";

const LABEL_MS = 250;
const REPORT_MS = 5000;
const WANT_MS = 250;
const NOWHERE_MS = 200;

interface Way {
  conn: RTCPeerConnection | undefined;
  dog: Watchdog;
  busy: boolean;
  wanted: boolean;
  failures: number;
  /** The network changed: a new connection as soon as the socket is back. */
  due: boolean;
  again: ReturnType<typeof setTimeout> | undefined;
}

const newWay = (): Way => ({
  conn: undefined,
  dog: new Watchdog(0),
  busy: false,
  wanted: false,
  failures: 0,
  due: false,
  again: undefined,
});

interface NetworkInformation extends EventTarget {
  saveData?: boolean;
  /** "wifi", "cellular", …; undefined on desktops. */
  type?: string;
}

/** Milliseconds before the n-th new connection in a row that did not come up; at once for one that had been up. */
const pause = (n: number) => (n === 0 ? 0 : Math.min(5000, 250 * 2 ** n));

const network = (): NetworkInformation | undefined =>
  (navigator as unknown as { connection?: NetworkInformation }).connection;

export class Media {
  readonly slots: Slots;
  readonly pub: Publisher;
  /** Sound and picture stand still for 1.5 s or more, after they had come once. */
  readonly lost = signal(false);
  /** How many go before us while our sound waits for its turn, because many connect at once; 0 = we do not wait. */
  readonly ahead = signal(0);
  /** "udp", "tcp" or "relay"; "" before anything came. */
  readonly path = signal("");
  readonly want: Signal<MediaWant>;

  private readonly ways: Record<PC, Way> = { sub: newWay(), pub: newWay() };
  private readonly talks: Record<PC, Negotiation>;
  private timers: ReturnType<typeof setInterval>[] = [];
  private wantTimer: ReturnType<typeof setTimeout> | undefined;
  private whole = true;
  private last: { at: number; reading: Reading } | undefined;
  private newest: Reading | undefined;
  private readonly thrift = new Thrift();
  private running = false;
  private kind = network()?.type;

  constructor(
    private readonly link: Link,
    readonly profile: Profile,
    private readonly me: () => string,
  ) {
    this.slots = new Slots(profile);
    this.pub = new Publisher(() => this.want.peek().saver ?? false);
    this.want = signal({
      step: "full",
      tiles: profile === "member" ? 7 : 0,
      visible: typeof document === "undefined" || document.visibilityState !== "hidden",
      saver: network()?.saveData ?? false,
    });
    this.talks = { sub: new Negotiation(link, "sub", profile), pub: new Negotiation(link, "pub", profile) };
  }

  /** start makes the receiving PeerConnection and keeps it; needs an open link, waits for it otherwise. */
  start(): void {
    if (this.running) return;
    this.running = true;
    this.ways.sub.wanted = true;
    this.timers = [
      setInterval(() => void this.tick(), TICK_MS),
      setInterval(() => this.slots.refresh(performance.now()), LABEL_MS),
      setInterval(() => this.tell(), REPORT_MS),
    ];
    window.addEventListener("online", this.moved);
    network()?.addEventListener?.("change", this.changed);
    document.addEventListener("visibilitychange", this.looked);
    void this.renew("sub");
  }

  /** stop ends both PeerConnections and every capture. */
  stop(): void {
    this.running = false;
    this.timers.forEach(clearInterval);
    window.removeEventListener("online", this.moved);
    network()?.removeEventListener?.("change", this.changed);
    document.removeEventListener("visibilitychange", this.looked);
    for (const pc of ["sub", "pub"] as const) {
      clearTimeout(this.ways[pc].again);
      this.ways[pc].wanted = false;
      this.ways[pc].conn?.close();
      this.ways[pc].conn = undefined;
    }
    this.slots.end();
    this.pub.end();
  }

  /** publish makes the publishing PeerConnection if it is not there; tracks are set on pub before or after. */
  publish(): void {
    if (this.ways.pub.wanted) return;
    this.ways.pub.wanted = true;
    void this.renew("pub");
  }

  /** unpublish closes it: a citizen's turn is over. */
  unpublish(): void {
    const way = this.ways.pub;
    way.wanted = false;
    clearTimeout(way.again);
    this.pub.end();
    way.conn?.close();
    way.conn = undefined;
  }

  /** setWant changes what the page shows; the server is told at most four times a second. */
  setWant(patch: Partial<MediaWant>): void {
    const old = this.want.peek();
    const next = { ...old, ...patch };
    if ((Object.keys(next) as (keyof MediaWant)[]).every((k) => next[k] === old[k])) return;
    this.want.value = next;
    if (this.wantTimer !== undefined) return;
    this.wantTimer = setTimeout(() => {
      this.wantTimer = undefined;
      this.link.send({ type: "media.want", ...this.want.peek() });
    }, WANT_MS);
  }

  /** welcomed follows a hello; kept = the server still has the media of this page. */
  welcomed(kept: boolean): void {
    this.whole = true;
    this.slots.reset();
    if (!this.running) return;
    if (kept) {
      this.link.send({ type: "media.want", ...this.want.peek() });
      void this.tick();
    }
    for (const pc of ["sub", "pub"] as const) {
      const way = this.ways[pc];
      const { wanted, conn, due } = way;
      const dead = !conn || conn.connectionState === "failed" || conn.connectionState === "closed";
      way.due = false;
      // With another address a new connection is there sooner than a restart: browsers still trust the way of before, and try
      // the ways of a restart one in half a second.
      if (wanted && (dead || due || !kept)) void this.renew(pc);
    }
  }

  /** handle takes the media messages of the socket. */
  handle(m: ServerMessage): void {
    switch (m.type) {
      case "media.sources":
        this.slots.setSources(m.add ?? [], m.del ?? [], this.whole);
        this.whole = false;
        break;
      case "media.slots":
        this.slots.setMap(m.epoch, m.a ?? [], m.v ?? []);
        break;
      case "media.layers": {
        const source = this.slots.sources.peek().get(m.src);
        if (source && source.who === this.me() && source.kind !== "mic")
          void this.pub.setOn(source.kind === "screen" ? "screen" : "cam", m.on ?? []);
        break;
      }
      case "media.waiting":
        if (m.pc === "sub") this.ahead.value = m.ahead;
        break;
      case "media.failed":
        if (m.pc === "sub" || m.pc === "pub") void this.renew(m.pc);
        break;
      default:
    }
  }

  /** The network changed: both ways begin anew with the next socket. */
  private moved = () => {
    for (const pc of ["sub", "pub"] as const) this.ways[pc].due = true;
  };

  /** Browsers tell of every new estimate of the same network too: then only a look, because a restart interrupts. */
  private changed = () => {
    const kind = network()?.type;
    if (kind === this.kind) void this.tick();
    else {
      this.moved();
      this.link.moved();
    }
    this.kind = kind;
  };

  private looked = () => {
    const visible = document.visibilityState !== "hidden";
    this.setWant({ visible });
    if (visible) void this.tick();
  };

  /** renew replaces a PeerConnection; it tries for ever, with at most 5 s between. */
  private async renew(pc: PC): Promise<void> {
    const way = this.ways[pc];
    clearTimeout(way.again);
    if (!this.running || !way.wanted || way.busy) return;
    if (this.link.state.peek() !== "open") return; // welcomed() calls again
    way.busy = true;
    const old = way.conn;
    const conn = new RTCPeerConnection({
      iceServers: await iceServers(this.link),
      bundlePolicy: "max-bundle",
      rtcpMuxPolicy: "require",
    });
    way.conn = conn;
    old?.close();
    way.dog.renewed(performance.now());
    conn.onconnectionstatechange = () => {
      if (way.conn !== conn) return;
      if (conn.connectionState === "connected") way.failures = 0;
      if (conn.connectionState === "failed") this.later(pc, pause(way.failures++));
    };
    if (pc === "sub") this.slots.attach(conn);
    else await this.pub.attach(conn);
    const result = await this.talks[pc].offer(conn, false);
    way.busy = false;
    if (pc === "sub") this.ahead.value = 0;
    if (way.conn !== conn) return;
    if (result === "connected") {
      if (pc === "pub") await this.pub.negotiated();
      return;
    }
    if (result === "not_allowed") {
      way.wanted = false;
      conn.close();
      way.conn = undefined;
      return;
    }
    this.later(pc, result === "nowhere" ? NOWHERE_MS : pause(1 + way.failures++));
  }

  private later(pc: PC, ms: number) {
    const way = this.ways[pc];
    clearTimeout(way.again);
    way.again = setTimeout(() => void this.renew(pc), ms);
  }

  private async restart(pc: PC): Promise<void> {
    const way = this.ways[pc];
    const conn = way.conn;
    if (!conn || way.busy || conn.signalingState !== "stable") return;
    way.busy = true;
    const result = await this.talks[pc].offer(conn, true);
    way.busy = false;
    if (result === "failed" && way.conn === conn) this.later(pc, 0);
  }

  private async act(pc: PC, verdict: Verdict): Promise<void> {
    if (verdict === "fine" || verdict === "wait") return;
    const way = this.ways[pc];
    const conn = way.conn;
    const doubt = verdict === "doubt";
    // First make sure that the socket answers: without it an offer goes nowhere.
    if (!(await this.link.probe(doubt ? patienceMs() : 1000, doubt))) {
      if (!doubt) way.dog.undo();
      way.due ||= doubt;
      return; // welcomed() acts again
    }
    if (doubt) return; // the socket lives: it may be a pause
    if (way.conn !== conn) return; // replaced meanwhile
    if (verdict === "restart") await this.restart(pc);
    else await this.renew(pc);
  }

  private async tick(): Promise<void> {
    for (const pc of ["sub", "pub"] as const) {
      const way = this.ways[pc];
      const conn = way.conn;
      if (!conn) continue;
      if (conn.signalingState === "closed") {
        void this.renew(pc); // closed by the browser: it tells nobody
        continue;
      }
      const reading = await conn.getStats().then(read, () => undefined);
      if (!reading || way.conn !== conn) continue;
      const now = performance.now();
      const verdict = way.dog.check(reading.bytes, now);
      if (pc === "sub") this.took(reading, way.dog.lostMs(now) > 0);
      else if (this.thrift.check(reading.upBps, now)) void this.spare(conn);
      void this.act(pc, verdict);
    }
  }

  private async spare(conn: RTCPeerConnection) {
    await this.pub.thin(this.thrift.thin);
    await this.talks.pub.packets(conn, this.thrift.thin ? THIN_PACKET_MS : 0);
  }

  private took(reading: Reading, lost: boolean) {
    this.newest = reading;
    if (reading.bytes >= 0 && !lost) this.path.value = reading.path;
    this.lost.value = lost && this.path.value !== "";
    this.slots.heard(new Map(reading.inbound.filter((i) => i.kind === "audio").map((i) => [i.track, i.level])));
  }

  private tell() {
    const reading = this.newest;
    if (!reading) return;
    const at = performance.now();
    const before = this.last;
    this.last = { at, reading };
    if (!before || reading.bytes < before.reading.bytes) return;
    const stage = this.slots.video[0]?.stream.peek()?.getVideoTracks()[0]?.id ?? "";
    this.link.send({ type: "media.stats", ...report(before.reading, reading, (at - before.at) / 1000, stage) });
  }
}
