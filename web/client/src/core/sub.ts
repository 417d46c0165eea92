/**
 * The receiving PeerConnection: fixed slots, made before anybody speaks and kept for the whole sitting. People come and
 * go by the server's mapping of sources to slots; nothing is renegotiated. A slot's source is read from the CSRC of what
 * really arrives, so that a name and a picture cannot disagree; the server's slot map is the fallback.
 */
import { type Signal, signal } from "@preact/signals";
import { prefer } from "./codecs";
import type { Profile, SourceInfo, VideoSlot } from "./protocol";

export type Why = VideoSlot["why"];

export interface SlotState {
  src: number;
  who: string;
  kind: string;
  why: string;
  layer: string;
}

/** VideoSlotView is what a tile needs of one video slot. */
export interface VideoSlotView {
  readonly index: number;
  readonly stream: Signal<MediaStream | null>;
  readonly state: Signal<SlotState>;
}

interface Seen {
  src: number;
  stamp: number;
  at: number;
}

const FRESH_MS = 1000;
const EMPTY: SlotState = { src: 0, who: "", kind: "", why: "empty", layer: "" };
const COUNTS: Record<Profile, { audio: number; video: number }> = {
  member: { audio: 4, video: 9 },
  audience: { audio: 2, video: 2 },
};

/** Slots are the page's view of the receive slots; they outlive a PeerConnection. */
export class Slots {
  readonly video: readonly VideoSlotView[];
  readonly audio: readonly Signal<number>[];
  /** Levels 0..1 of who is heard now, by person. */
  readonly levels: Signal<ReadonlyMap<string, number>> = signal(new Map());
  readonly sources: Signal<ReadonlyMap<number, SourceInfo>> = signal(new Map());
  /** The browser wants one more tap before it plays sound. */
  readonly needTap = signal(false);

  private conn: RTCPeerConnection | undefined;
  private players: HTMLAudioElement[] = [];
  private map: { a: readonly number[]; v: readonly VideoSlot[] } = { a: [], v: [] };
  private readonly seenVideo: Seen[] = [];
  private readonly seenAudio: Seen[] = [];
  private epoch = -1;

  constructor(readonly profile: Profile) {
    const n = COUNTS[profile];
    this.video = Array.from({ length: n.video }, (_, index) => ({ index, stream: signal(null), state: signal(EMPTY) }));
    this.audio = Array.from({ length: n.audio }, () => signal(0));
  }

  /** unlock makes and plays the audio elements; called inside the join tap, and again for "Chạm để nghe". */
  unlock(): void {
    if (!this.players.length) {
      this.players = this.audio.map((_, i) => {
        const el = document.createElement("audio");
        el.autoplay = true;
        el.setAttribute("playsinline", "");
        el.dataset.slot = String(i);
        document.body.appendChild(el);
        return el;
      });
      this.attachAudio();
    }
    this.needTap.value = false;
    for (const el of this.players) this.play(el);
  }

  /** attach takes a fresh PeerConnection and adds the receive lines: audio first, then video. */
  attach(conn: RTCPeerConnection): void {
    this.conn = conn;
    for (const kind of ["audio", "video"] as const) {
      for (let i = 0; i < this[kind].length; i++) prefer(conn.addTransceiver(kind, { direction: "recvonly" }), kind);
    }
    const receivers = conn.getTransceivers().map((t) => t.receiver);
    this.video.forEach((slot, i) => {
      const track = receivers[this.audio.length + i]?.track;
      slot.stream.value = track ? new MediaStream([track]) : null;
    });
    this.seenVideo.length = 0;
    this.seenAudio.length = 0;
    if (this.players.length) this.attachAudio();
  }

  /** setSources applies media.sources; after a hello the first one is whole. */
  setSources(add: readonly SourceInfo[], del: readonly number[], whole: boolean): void {
    const next = new Map(whole ? [] : this.sources.value);
    for (const src of del) next.delete(src);
    for (const s of add) next.set(s.src, s);
    this.sources.value = next;
    this.refresh(performance.now());
  }

  /** setMap applies media.slots unless a newer one came before. */
  setMap(epoch: number, a: readonly number[], v: readonly VideoSlot[], force = false): void {
    if (!force && epoch < this.epoch) return;
    this.epoch = epoch;
    this.map = { a, v };
    this.refresh(performance.now());
  }

  /** reset forgets the mapping: a new session tells it anew. */
  reset(): void {
    this.epoch = -1;
  }

  /** refresh reads the contributing sources of every slot; called four times a second (milliseconds of performance.now). */
  refresh(now: number): void {
    const receivers = this.conn?.getTransceivers().map((t) => t.receiver) ?? [];
    this.audio.forEach((slot, i) => {
      slot.value = this.sourceOf(receivers[i], this.seenAudio, i, this.map.a[i] ?? 0, now);
    });
    this.video.forEach((slot, i) => {
      const told = this.map.v[i] ?? { src: 0, layer: "", why: "empty" as const };
      const src =
        told.why === "empty" ? 0 : this.sourceOf(receivers[this.audio.length + i], this.seenVideo, i, told.src, now);
      const info = this.sources.value.get(src);
      const next: SlotState = { src, who: info?.who ?? "", kind: info?.kind ?? "", why: told.why, layer: told.layer };
      const old = slot.state.value;
      if (
        old.src !== next.src ||
        old.who !== next.who ||
        old.why !== next.why ||
        old.layer !== next.layer ||
        old.kind !== next.kind
      )
        slot.state.value = next;
    });
  }

  /** heard sets the levels from the statistics: track id → level. */
  heard(levels: ReadonlyMap<string, number>): void {
    const receivers = this.conn?.getTransceivers().map((t) => t.receiver) ?? [];
    const next = new Map<string, number>();
    this.audio.forEach((slot, i) => {
      const who = this.sources.value.get(slot.value)?.who;
      const level = levels.get(receivers[i]?.track.id ?? "") ?? 0;
      if (who) next.set(who, Math.max(level, next.get(who) ?? 0));
    });
    this.levels.value = next;
  }

  /** slotOf finds the video slot that shows a person's camera (or hall), or a screen. */
  slotOf(who: string, kind: "cam" | "screen" = "cam"): VideoSlotView | undefined {
    return this.video.find(
      (s) => s.state.value.who === who && (s.state.value.kind === "screen") === (kind === "screen"),
    );
  }

  /** hush takes the players away: a hall's loudspeakers play. unlock brings them back, inside a tap. */
  hush(): void {
    for (const el of this.players) {
      el.srcObject = null;
      el.remove();
    }
    this.players = [];
    this.needTap.value = false;
  }

  /** end stops the players. */
  end(): void {
    this.hush();
    for (const s of this.video) s.stream.value = null;
    this.conn = undefined;
  }

  private attachAudio() {
    const receivers = this.conn?.getTransceivers().map((t) => t.receiver) ?? [];
    this.players.forEach((el, i) => {
      const track = receivers[i]?.track;
      el.srcObject = track ? new MediaStream([track]) : new MediaStream();
      this.play(el);
    });
  }

  private play(el: HTMLAudioElement) {
    el.play().catch((e: unknown) => {
      if ((e as { name?: string })?.name === "NotAllowedError") this.needTap.value = true;
    });
  }

  private sourceOf(r: RTCRtpReceiver | undefined, seen: Seen[], i: number, told: number, now: number): number {
    if (!r || typeof r.getContributingSources !== "function") return told;
    const list = r.getContributingSources();
    const newest = list.reduce<RTCRtpContributingSource | undefined>(
      (a, b) => (!a || b.timestamp > a.timestamp ? b : a),
      undefined,
    );
    const last = seen[i];
    if (newest && (!last || last.stamp !== newest.timestamp))
      seen[i] = { src: newest.source, stamp: newest.timestamp, at: now };
    const fresh = seen[i];
    return fresh && now - fresh.at < FRESH_MS && this.sources.value.has(fresh.src) ? fresh.src : told;
  }
}
