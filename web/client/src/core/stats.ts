/** What a PeerConnection's statistics say, read once per tick and used by the watchdog, the level bars and the report. */
import type { MediaStats } from "./protocol";

type Row = Record<string, unknown>;
const num = (v: unknown) => (typeof v === "number" ? v : 0);

/** Reading is one look at a PeerConnection; counters are totals since it was made. */
export interface Reading {
  /** Bytes of the selected candidate pair, RTCP included; −1 before there is one. */
  bytes: number;
  sent: number;
  /** What the browser believes the path carries upwards, bits a second; 0 when it does not say. */
  upBps: number;
  rttMs: number;
  path: string;
  inbound: Inbound[];
}

export interface Inbound {
  kind: "audio" | "video";
  track: string;
  packets: number;
  lost: number;
  jitterMs: number;
  level: number;
  samples: number;
  concealed: number;
  frames: number;
  freezes: number;
  freezeMs: number;
  height: number;
  codec: string;
}

function inboundOf(s: Row): Inbound {
  return {
    kind: s.kind === "video" ? "video" : "audio",
    track: String(s.trackIdentifier ?? ""),
    packets: num(s.packetsReceived),
    lost: Math.max(0, num(s.packetsLost)),
    jitterMs: num(s.jitter) * 1000,
    level: num(s.audioLevel),
    samples: num(s.totalSamplesReceived),
    concealed: Math.max(0, num(s.concealedSamples) - num(s.silentConcealedSamples)),
    frames: num(s.framesDecoded),
    freezes: num(s.freezeCount),
    freezeMs: num(s.totalFreezesDuration) * 1000,
    height: num(s.frameHeight),
    codec: String(s.decoderImplementation ?? ""),
  };
}

/** read walks a report. Firefox has no transport row: there the nominated pair counts. */
export function read(report: { forEach(f: (s: Row) => void): void }): Reading {
  const byId = new Map<string, Row>();
  const inbound: Inbound[] = [];
  let chosen = "";
  let nominated: Row | undefined;
  report.forEach((s) => {
    byId.set(String(s.id), s);
    if (s.type === "transport" && s.selectedCandidatePairId) chosen = String(s.selectedCandidatePairId);
    if (s.type === "candidate-pair" && s.nominated && s.state === "succeeded") nominated ??= s;
    if (s.type === "inbound-rtp") inbound.push(inboundOf(s));
  });
  const pair = byId.get(chosen) ?? nominated;
  const local = byId.get(String(pair?.localCandidateId));
  return {
    bytes: pair ? num(pair.bytesReceived) : -1,
    sent: pair ? num(pair.bytesSent) : 0,
    upBps: num(pair?.availableOutgoingBitrate),
    rttMs: num(pair?.currentRoundTripTime) * 1000,
    path: !pair ? "" : local?.candidateType === "relay" ? "relay" : String(local?.protocol ?? "udp"),
    inbound,
  };
}

const ratio = (a: number, of: number) => (of > 0 ? Math.min(1, Math.max(0, a / of)) : 0);
const total = (r: Reading, f: (i: Inbound) => number, kind?: string) =>
  r.inbound.reduce((n, i) => n + (!kind || i.kind === kind ? f(i) : 0), 0);

/** report compares two readings of the receiving PeerConnection, seconds apart, with the stage's own track. */
export function report(a: Reading, b: Reading, seconds: number, stageTrack: string): MediaStats {
  const diff = (f: (i: Inbound) => number, kind?: string) => Math.max(0, total(b, f, kind) - total(a, f, kind));
  const lost = diff((i) => i.lost);
  const stage = b.inbound.find((i) => i.track === stageTrack);
  const before = a.inbound.find((i) => i.track === stageTrack);
  return {
    rtt_ms: Math.round(b.rttMs),
    loss: ratio(lost, lost + diff((i) => i.packets)),
    jitter_ms: Math.round(Math.max(0, ...b.inbound.filter((i) => i.kind === "audio").map((i) => i.jitterMs))),
    concealed: ratio(
      diff((i) => i.concealed, "audio"),
      diff((i) => i.samples, "audio"),
    ),
    fps: stage ? Math.max(0, stage.frames - (before?.frames ?? 0)) / seconds : 0,
    freezes: Math.round(diff((i) => i.freezes)),
    freeze_ms: Math.round(diff((i) => i.freezeMs)),
    in_bps: Math.round((Math.max(0, b.bytes - a.bytes) * 8) / seconds),
    height: stage?.height ?? 0,
    codec: stage?.codec ?? "",
    path: b.path,
  };
}
