import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addSample, patienceMs, resetClock } from "../src/core/clock";
import type { Link, LinkState } from "../src/core/link";
import { Media } from "../src/core/media";
import type { ServerMessage } from "../src/core/protocol";

/** A PeerConnection whose selected pair receives 100 bytes at each look, until the test cuts it. */
class FakeConn {
  static all: FakeConn[] = [];
  static flows = true;
  /** So many new connections find no address. */
  static addressless = 0;
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
  onicecandidate: ((e: { candidate: object | null }) => void) | null = null;
  async setLocalDescription() {
    this.onicecandidate?.({ candidate: FakeConn.addressless > 0 ? null : {} });
    if (FakeConn.addressless > 0) FakeConn.addressless--;
  }
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
let moves: number; // times that the socket was to be replaced
let state: ReturnType<typeof signal<LinkState>>;
let media: Media;

const fakeLink = () => {
  state = signal<LinkState>("open");
  return {
    state,
    send: vi.fn(),
    moved: vi.fn(() => {
      moves++;
    }),
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
  FakeConn.addressless = 0;
  network = new FakeNetwork();
  page = new EventTarget();
  offers = [];
  probes = [];
  moves = 0;
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

/** The socket is lost, and another one is welcomed 200 ms later. */
async function again() {
  state.value = "reconnecting";
  await pass(200);
  state.value = "open";
  media.welcomed(true);
  await pass(50);
}

describe("a moving device", () => {
  it("that came online makes a new connection with the next socket, of both ways while it publishes", async () => {
    page.dispatchEvent(new Event("online"));
    await again();
    expect(kinds()).toEqual(["new", "new"]);
    media.publish();
    await pass(4000);
    offers = [];
    page.dispatchEvent(new Event("online"));
    await again();
    expect(offers.map((o) => `${o.pc} ${o.restart}`)).toEqual(["sub false", "pub false"]);
    await again();
    expect(offers).toHaveLength(2);
  });

  it("that goes from wifi to cellular replaces the socket; not for a new estimate of the same network", async () => {
    network.become("wifi");
    await again();
    expect([moves, ...kinds()]).toEqual([0, "new"]);
    network.become("cellular");
    await again();
    expect([moves, ...kinds()]).toEqual([1, "new", "new"]);
  });

  it("whose browser does not know the new network yet waits for it and troubles no server", async () => {
    FakeConn.addressless = 5;
    page.dispatchEvent(new Event("online"));
    await again();
    await pass(700);
    expect(kinds()).toEqual(["new"]);
    await pass(600);
    expect(kinds()).toEqual(["new", "new"]);
  });
});

describe("a connection that does not come up", () => {
  it("is made anew at once the first time, then less and less often", async () => {
    const fail = async () => {
      const conn = FakeConn.all.at(-1) as FakeConn;
      conn.connectionState = "failed";
      conn.onconnectionstatechange?.();
      await pass(0);
    };
    const wait = async () => {
      const from = performance.now();
      const n = FakeConn.all.length;
      while (FakeConn.all.length === n) await pass(10);
      return Math.round((performance.now() - from) / 100) * 100;
    };
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      const n = FakeConn.all.length;
      await fail();
      waits.push(FakeConn.all.length > n ? 0 : await wait());
      await pass(20);
    }
    expect(waits).toEqual([0, 500, 1000, 2000, 4000, 5000]);
    FakeConn.all.at(-1)?.onconnectionstatechange?.(); // connected
    const n = FakeConn.all.length;
    await fail();
    expect(FakeConn.all.length).toBe(n + 1);
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

  it("of 0.7 s asks once whether the socket lives, and is content with an answer", async () => {
    FakeConn.flows = false;
    await pass(1200);
    expect(probes).toEqual([{ ms: 1000, moved: true }]);
    FakeConn.flows = true;
    await pass(2000);
    expect(probes).toHaveLength(1);
    expect(kinds()).toEqual(["new"]);
  });

  it("waits for a socket's answer four times as long as one took of late, within bounds", () => {
    resetClock();
    expect(patienceMs()).toBe(1000);
    addSample(1000, 1020, 5000);
    expect(patienceMs()).toBe(480);
    addSample(2000, 2400, 5000);
    addSample(3000, 3010, 5000);
    expect(patienceMs()).toBe(1000);
    resetClock();
  });

  it("with a dead socket comes back at the welcome, before 1.5 s are over", async () => {
    FakeConn.flows = false;
    answers = false;
    await pass(1100);
    answers = true;
    state.value = "open";
    media.welcomed(true);
    await pass(50);
    expect(kinds()).toEqual(["new", "new"]);
  });

  it("with a dead socket waits for the socket, then comes back at once", async () => {
    FakeConn.flows = false;
    answers = false;
    await pass(20_000);
    expect(kinds()).toEqual(["new"]);
    answers = true;
    state.value = "open";
    media.welcomed(true);
    await pass(600);
    expect(kinds()).toEqual(["new", "new"]);
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
