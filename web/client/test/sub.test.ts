// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { Slots } from "../src/core/sub";

interface Csrc {
  source: number;
  timestamp: number;
}

/** A receiving PeerConnection whose arriving sources the test sets. */
class FakeConn {
  sources: Csrc[][] = [];
  made: string[] = [];
  addTransceiver(kind: string) {
    this.made.push(kind);
    this.sources.push([]);
    return {};
  }
  getTransceivers() {
    return this.made.map((kind, i) => ({
      receiver: { track: { id: `${kind}${i}`, kind }, getContributingSources: () => this.sources[i] ?? [] },
    }));
  }
}

const src = (n: number, who: string, kind: "mic" | "cam" | "screen" = "cam") => ({
  src: n,
  kind,
  who,
  codec: "VP8",
  w: 640,
  h: 360,
});

let slots: Slots;
let conn: FakeConn;
beforeEach(() => {
  globalThis.RTCRtpReceiver = class {} as unknown as typeof RTCRtpReceiver; // a browser without getCapabilities
  globalThis.MediaStream = class {
    getVideoTracks() {
      return [];
    }
  } as unknown as typeof MediaStream;
  slots = new Slots("member");
  conn = new FakeConn();
  slots.attach(conn as unknown as RTCPeerConnection);
});

const stage = () => slots.video[0]?.state.value;
const live = (n: number) => ({ src: n, layer: "h", why: "live" as const });

describe("receive slots", () => {
  it("adds four audio lines, then nine video lines; an audience two and two", () => {
    expect(conn.made.join(" ")).toBe(`${"audio ".repeat(4)}${"video ".repeat(9)}`.trim());
    const small = new FakeConn();
    new Slots("audience").attach(small as unknown as RTCPeerConnection);
    expect(small.made).toEqual(["audio", "audio", "video", "video"]);
  });

  it("names a picture by what arrives, not by what the map says", () => {
    slots.setSources([src(7, "p7"), src(9, "p9")], [], true);
    slots.setMap(1, [], [live(9)]);
    expect(stage()?.who).toBe("p9");
    conn.sources[4] = [{ source: 7, timestamp: 100 }];
    slots.refresh(1000);
    expect(stage()).toMatchObject({ src: 7, who: "p7" });
    conn.sources[4] = [{ source: 9, timestamp: 200 }];
    slots.refresh(1250);
    expect(stage()?.who).toBe("p9");
  });

  it("falls back to the map when nothing arrives any more", () => {
    slots.setSources([src(7, "p7"), src(9, "p9")], [], true);
    slots.setMap(1, [], [live(7)]);
    conn.sources[4] = [{ source: 7, timestamp: 100 }];
    slots.refresh(1000);
    slots.setMap(2, [], [live(9)]);
    slots.refresh(2100);
    expect(stage()?.who).toBe("p9");
  });

  it("an empty slot shows nobody, whatever came before", () => {
    slots.setSources([src(7, "p7")], [], true);
    slots.setMap(1, [], [live(7)]);
    conn.sources[4] = [{ source: 7, timestamp: 100 }];
    slots.refresh(1000);
    slots.setMap(2, [], [{ src: 0, layer: "", why: "empty" }]);
    slots.refresh(1100);
    expect(stage()).toMatchObject({ src: 0, who: "" });
  });

  it("ignores an older map, but not after a reset", () => {
    slots.setSources([src(7, "p7"), src(9, "p9")], [], true);
    slots.setMap(5, [], [live(7)]);
    slots.setMap(4, [], [live(9)]);
    expect(stage()?.who).toBe("p7");
    slots.reset();
    slots.setMap(1, [], [live(9)]);
    expect(stage()?.who).toBe("p9");
  });

  it("takes the first sources after a hello whole, later ones as changes", () => {
    slots.setSources([src(7, "p7")], [], true);
    slots.setSources([src(9, "p9")], [7], false);
    expect([...slots.sources.value.keys()]).toEqual([9]);
    slots.setSources([src(8, "p8")], [], true);
    expect([...slots.sources.value.keys()]).toEqual([8]);
  });

  it("tells how loud whom it hears is", () => {
    slots.setSources([src(3, "p3", "mic")], [], true);
    slots.setMap(1, [3], []);
    slots.heard(new Map([["audio0", 0.2]]));
    expect(slots.levels.value.get("p3")).toBe(0.2);
  });
});
