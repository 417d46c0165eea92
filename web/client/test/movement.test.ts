import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Link, LinkState } from "../src/core/link";
import { Media } from "../src/core/media";
import type { ServerMessage } from "../src/core/protocol";

/** A PeerConnection whose selected pair receives 100 bytes at each look, until the test cuts it. */
class FakeConn {
  static all: FakeConn[] = [];
  static flows = true;
  bytes = 0;
  signalingState = "stable";
  connectionState = "connected";
  onconnectionstatechange: (() => void) | null = null;
  private lines: object[] = [];
  constructor() {
    FakeConn.all.push(this);
  }
  addTransceiver() {
    const line = {
      receiver: { track: { id: "t" }, getSynchronizationSources: () => [], getContributingSources: () => [] },
    };
    this.lines.push(line);
    return line;
  }
  getTransceivers() {
    return this.lines;
  }
  async createOffer() {
    return { type: "offer", sdp: "v=0" };
  }
  async setLocalDescription() {}
  async setRemoteDescription() {}
  async getStats() {
    if (FakeConn.flows) this.bytes += 100;
    return new Map<string, object>([
      ["T", { id: "T", type: "transport", selectedCandidatePairId: "P" }],
      ["P", { id: "P", type: "candidate-pair", bytesReceived: this.bytes, bytesSent: 1, localCandidateId: "L" }],
      ["L", { id: "L", type: "local-candidate", protocol: "udp", candidateType: "host" }],
    ]);
  }
  close() {
    this.signalingState = "closed";
    this.connectionState = "closed";
  }
}

/** What the page's browser would tell. */
class FakeNetwork extends EventTarget {
  type: string | undefined = "wifi";
  become(type: string) {
    this.type = type;
    this.dispatchEvent(new Event("change"));
  }
}

let network: FakeNetwork;
let page: EventTarget;
let offers: { pc: string; restart: boolean; at: number }[];
let answers: boolean; // the WebSocket is alive
let probes: { ms: number; moved: boolean | undefined }[];
let state: ReturnType<typeof signal<LinkState>>;
let media: Media;

const fakeLink = () => {
  state = signal<LinkState>("open");
  return {
    state,
    send: vi.fn(),
    probe: async (ms: number, moved?: boolean) => {
      probes.push({ ms, moved });
      if (!answers) state.value = "reconnecting";
      return answers && state.value === "open";
    },
    ask: async (m: { type: string; pc: string; gen: number; restart: boolean }) => {
      if (m.type === "media.ice") return { type: "media.ice", re: "", servers: [] } as unknown as ServerMessage;
      offers.push({ pc: m.pc, restart: m.restart, at: performance.now() });
      return { type: "media.answer", re: "", pc: m.pc, gen: m.gen, sdp: "v=0" } as unknown as ServerMessage;
    },
  } as unknown as Link;
};

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const kinds = () => offers.map((o) => (o.restart ? "restart" : "new"));

beforeEach(async () => {
  vi.useFakeTimers();
  FakeConn.all = [];
  FakeConn.flows = true;
  network = new FakeNetwork();
  page = new EventTarget();
  offers = [];
  probes = [];
  answers = true;
  vi.stubGlobal("window", page);
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
  vi.stubGlobal("navigator", { connection: network });
  vi.stubGlobal("RTCPeerConnection", FakeConn);
  vi.stubGlobal(
    "MediaStream",
    class {
      getVideoTracks() {
        return [];
      }
    },
  );
  vi.stubGlobal("RTCRtpReceiver", {});
  media = new Media(fakeLink(), "member", () => "p1");
  media.start();
  await pass(4000);
  expect(kinds()).toEqual(["new"]);
});
afterEach(() => {
  media.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a moving device", () => {
  it("is restarted when the browser comes online, after the socket answered", async () => {
    page.dispatchEvent(new Event("online"));
    await pass(100);
    expect(kinds()).toEqual(["new", "restart"]);
    expect(probes).toEqual([{ ms: 1000, moved: true }]);
  });

  it("is restarted when it goes from wifi to cellular, not for a new estimate of the same network", async () => {
    network.become("wifi");
    await pass(1000);
    expect(kinds()).toEqual(["new"]);
    network.become("cellular");
    await pass(100);
    expect(kinds()).toEqual(["new", "restart"]);
  });

  it("restarts once in 3 s, however often the network changes", async () => {
    for (const type of ["cellular", "wifi", "cellular", "wifi"]) {
      network.become(type);
      await pass(500);
    }
    expect(kinds()).toEqual(["new", "restart"]);
    await pass(2000);
    network.become("cellular");
    await pass(100);
    expect(kinds()).toEqual(["new", "restart", "restart"]);
  });

  it("with a dead socket restarts as soon as the new socket is welcomed", async () => {
    answers = false;
    page.dispatchEvent(new Event("online"));
    await pass(200);
    expect(kinds()).toEqual(["new"]);
    answers = true;
    state.value = "open";
    media.welcomed(true);
    await pass(50);
    expect(kinds()).toEqual(["new", "restart"]);
  });
});

describe("silence", () => {
  it("of 1.5 s restarts, of 3 s more makes a new connection, and tries for ever with at most 5 s between", async () => {
    const start = performance.now();
    FakeConn.flows = false;
    await pass(5500);
    expect(kinds()).toEqual(["new", "restart", "new"]);
    expect((offers[1]?.at ?? 0) - start).toBeLessThanOrEqual(2000);
    expect((offers[2]?.at ?? 0) - (offers[1]?.at ?? 0)).toBeLessThanOrEqual(3500);
    expect(media.lost.value).toBe(true);
    await pass(120_000);
    const at = offers.map((o) => o.at);
    expect(at.length).toBeGreaterThanOrEqual(20);
    for (let i = 3; i < at.length; i++) expect((at[i] ?? 0) - (at[i - 1] ?? 0)).toBeLessThanOrEqual(5600);
    FakeConn.flows = true;
    await pass(1500);
    expect(media.lost.value).toBe(false);
  });

  it("with a dead socket waits for the socket, then restarts at once", async () => {
    FakeConn.flows = false;
    answers = false;
    await pass(20_000);
    expect(kinds()).toEqual(["new"]);
    answers = true;
    state.value = "open";
    media.welcomed(true);
    await pass(600);
    expect(kinds()).toEqual(["new", "restart"]);
  });
});

describe("many come in at once", () => {
  it("tells how many go first until the answer comes", async () => {
    media.handle({ type: "media.waiting", re: "x", pc: "sub", ahead: 42 } as ServerMessage);
    expect(media.ahead.value).toBe(42);
    media.handle({ type: "media.waiting", re: "x", pc: "pub", ahead: 3 } as ServerMessage);
    expect(media.ahead.value).toBe(42);
    media.welcomed(false);
    await pass(100);
    expect(kinds()).toEqual(["new", "new"]);
    expect(media.ahead.value).toBe(0);
  });
});
