import { describe, expect, it } from "vitest";
import type { Stream, StreamState } from "../src/views/office/api";
import { routeOf } from "../src/views/office/route";
import { pictureText, standingOf, streamKey, streamName, troubles } from "../src/views/office/stream-text";

const state = (s: Partial<StreamState> = {}): StreamState => ({
  connected: true,
  held: false,
  on_air: true,
  codec: "H264",
  w: 1280,
  h: 720,
  fps: 24.8,
  keyframe_ms: 2000,
  warnings: [],
  ended: "",
  ...s,
});
const stream = (s: Partial<Stream> = {}): Stream => ({
  kind: "whip",
  source: "h",
  name: "Điểm cầu Mậu A",
  has_key: true,
  url: "https://hop.example.vn/whip/s/h",
  state: null,
  ...s,
});

describe("external sources", () => {
  it("stands at an address of its own", () => {
    expect(routeOf("/van-phong/hop/s1/nguon-hinh")).toEqual({ at: "sitting", id: "s1", tab: "nguon-hinh" });
  });

  it("says in one word how a source stands", () => {
    const rows: [Partial<Stream>, string][] = [
      [{ has_key: false }, "none"],
      [{}, "waiting"],
      [{ kind: "whep", source: "" }, "key"],
      [{ state: state() }, "on"],
      [{ state: state({ held: true }) }, "held"],
      [{ state: state({ connected: false, ended: "left" }) }, "off"],
      [{ state: state({ connected: false, ended: "left", held: true }) }, "off"],
      [{ state: state({ connected: false, ended: "replaced" }) }, "waiting"],
    ];
    for (const [s, want] of rows) expect(standingOf(stream(s)), JSON.stringify(s)).toBe(want);
  });

  it("names rows apart", () => {
    const rows = [stream(), stream({ kind: "whep" }), stream({ kind: "whep", source: "", name: "" })];
    expect(new Set(rows.map(streamKey)).size).toBe(3);
    expect(rows.map(streamName)).toEqual([
      "Nhận hình từ Điểm cầu Mậu A",
      "Phát hình của Điểm cầu Mậu A ra ngoài",
      "Phát hình đang trên màn hình chung ra ngoài",
    ]);
  });

  it("describes a picture, leaving out what is not known", () => {
    expect(pictureText(state())).toBe("H264 · 1280 × 720 · 25 hình/giây");
    expect(pictureText(state({ w: 0, h: 0, fps: 0 }))).toBe("H264");
  });

  it("tells what to change at the encoder", () => {
    expect(troubles(state())).toEqual([]);
    const [slow, profile] = troubles(state({ keyframe_ms: 4210, warnings: ["keyframes_long", "profile"] }));
    expect(slow).toContain("4,2 giây");
    expect(profile).toContain("Baseline");
    expect(troubles(state({ connected: false, ended: "b_frames" }))[0]).toContain("khung hình B là 0");
    expect(troubles(state({ ended: "replaced" }))).toEqual([]);
  });
});
