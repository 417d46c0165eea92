import { describe, expect, it } from "vitest";
import { Thrift, withPacketTime } from "../src/core/thrift";

/** feed gives an estimate each half second for a while and the times in ms after which thin changed. */
function feed(t: Thrift, bps: number, from: number, ms: number): number[] {
  const at: number[] = [];
  for (let now = from; now <= from + ms; now += 500) if (t.check(bps, now)) at.push(now - from);
  return at;
}

describe("a thin voice", () => {
  it("begins after three seconds of a narrow uplink, not after a hiccup", () => {
    const t = new Thrift();
    expect(feed(t, 50_000, 0, 2000)).toEqual([]);
    expect(feed(t, 300_000, 2500, 500)).toEqual([]);
    expect(feed(t, 50_000, 3500, 10_000)).toEqual([3000]);
    expect(t.thin).toBe(true);
  });

  it("ends when the uplink carries more, later each time", () => {
    const t = new Thrift();
    for (const hold of [60_000, 120_000, 240_000, 480_000, 480_000]) {
      feed(t, 50_000, 0, 3000);
      expect(t.thin).toBe(true);
      expect(feed(t, 70_000, 10_000, 500_000)).toEqual([hold]);
    }
  });

  it("never begins in a browser that has no estimate", () => {
    const t = new Thrift();
    expect(feed(t, 0, 0, 60_000)).toEqual([]);
    feed(t, 50_000, 0, 3000);
    expect(feed(t, 0, 10_000, 500_000)).toEqual([]);
  });
});

describe("the packet time in an answer", () => {
  const sdp = [
    "v=0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 63 111",
    "a=mid:0",
    "a=rtpmap:63 red/48000/2",
    "a=rtpmap:111 opus/48000/2",
    "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "a=rtpmap:96 VP8/90000",
    "",
  ].join("\r\n");

  it("stands once, in the voice's part", () => {
    const got = withPacketTime(sdp, 60);
    expect(got.match(/a=ptime:60\r\n/gu)).toHaveLength(1);
    expect(got.indexOf("a=ptime")).toBeGreaterThan(got.indexOf("a=rtpmap:63"));
    expect(got.indexOf("a=ptime")).toBeLessThan(got.indexOf("m=video"));
    expect(got.replace("a=ptime:60\r\n", "")).toBe(sdp);
  });

  it("is left out for the usual packets, and where no voice is", () => {
    expect(withPacketTime(sdp, 0)).toBe(sdp);
    expect(withPacketTime("v=0\r\nm=video 9 X 96\r\n", 60)).toBe("v=0\r\nm=video 9 X 96\r\n");
  });
});
