import { describe, expect, it } from "vitest";
import { addSample, offsetMs, resetClock } from "../src/core/clock";
import { cameraLayers, preferred, wantedLayers } from "../src/core/codecs";
import { browserKind, inApp, osKind } from "../src/core/devices";
import { clockText, fold, initials, timeText } from "../src/core/format";
import { uuidv7 } from "../src/core/ids";
import { barsOf } from "../src/core/levels";
import { read, report } from "../src/core/stats";
import { Watchdog } from "../src/core/watchdog";

describe("format", () => {
  it.each([
    [0, "00:00"],
    [161_000, "02:41"],
    [3_761_000, "1:02:41"],
    [-12_000, "\u221200:12"],
  ])("clockText(%d) = %s", (ms, text) => expect(clockText(ms)).toBe(text));

  it("writes Vietnam's time whatever the device's zone", () => {
    expect(timeText(Date.UTC(2026, 10, 23, 2, 42, 17))).toBe("09:42:17");
    expect(timeText(Date.UTC(2026, 10, 22, 17, 0, 0), false)).toBe("00:00");
  });

  it.each([
    ["Chủ tọa", "CT"],
    ["Điểm cầu Đông Cuông", "ĐC"],
    ["Đại biểu Tổ 2 – ghế 14", "T2"],
    ["Đại biểu số 07 – Tổ 2", "07"],
    ["Đại biểu 07 – Tổ 1", "07"],
    ["Ẳ Ễ", "ẲỄ"],
    ["", ""],
  ])("initials(%s) = %s", (label, text) => expect(initials(label)).toBe(text));

  it("folds marks away, đ too", () => expect(fold("Đông Cuông")).toBe("dong cuong"));
});

describe("ids", () => {
  it("are version 7, ordered by time, and never equal", () => {
    const a = uuidv7(1_700_000_000_000);
    const b = uuidv7(1_700_000_000_001);
    expect(a).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
    expect(a < b).toBe(true);
    expect(uuidv7(5)).not.toBe(uuidv7(5));
    expect(Number.parseInt(a.slice(0, 8) + a.slice(9, 13), 16)).toBe(1_700_000_000_000);
  });
});

describe("clock", () => {
  it("believes the exchange with the shortest way", () => {
    resetClock();
    addSample(1000, 1400, 6200 + 150); // 400 ms round trip, uneven
    addSample(2000, 2020, 7010); // 20 ms: offset 5000
    addSample(3000, 3300, 8500);
    expect(offsetMs.value).toBe(5000);
  });
});

describe("codecs", () => {
  const video = [
    { mimeType: "video/VP9" },
    { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=1;profile-level-id=640032" },
    { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=0;profile-level-id=42e01f" },
    { mimeType: "video/H264", sdpFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" },
    { mimeType: "video/rtx" },
    { mimeType: "video/VP8" },
    { mimeType: "video/AV1" },
  ];
  it("keeps VP8, H264 constrained baseline and RTX, VP8 first", () => {
    expect(preferred("video", video).map((c) => c.mimeType)).toEqual(["video/VP8", "video/H264", "video/rtx"]);
  });
  it("keeps Opus and RED, Opus first", () => {
    const list = preferred("audio", [
      { mimeType: "audio/red" },
      { mimeType: "audio/PCMU" },
      { mimeType: "audio/opus" },
    ]);
    expect(list.map((c) => c.mimeType)).toEqual(["audio/opus", "audio/red"]);
  });
  it("has RED first on the way up, and Opus alone where there is no RED", () => {
    const names = (all: string[]) =>
      preferred(
        "audio",
        all.map((mimeType) => ({ mimeType })),
        true,
      ).map((c) => c.mimeType);
    expect(names(["audio/opus", "audio/red", "audio/PCMU"])).toEqual(["audio/red", "audio/opus"]);
    expect(names(["audio/PCMU", "audio/opus"])).toEqual(["audio/opus"]);
  });

  const shape = (w: number, h: number, weak = false) =>
    cameraLayers(w, h, weak)
      .map((l) => `${l.rid}${l.active ? l.scaleResolutionDownBy : "-"}`)
      .join(" ");
  it.each([
    [1280, 720, "q4 h2 f1"],
    [960, 540, "q4 h2 f1"],
    [720, 1280, "q4 h2 f1"],
    [640, 360, "q2 h1 f-"],
    [480, 270, "q2 h1 f-"],
    [320, 180, "q1 h- f-"],
  ])("layers of %dx%d are %s", (w, h, text) => expect(shape(w, h)).toBe(text));
  it("spares a weak device the top layer", () => expect(shape(1280, 720, true)).toBe("q4 h2 f-"));

  it("switches to what is watched; Safari keeps q and h together", () => {
    const all = cameraLayers(1280, 720, false);
    const on = (rids: string[] | undefined, safari = false) =>
      wantedLayers(all, rids, safari)
        .filter((l) => l.active)
        .map((l) => l.rid)
        .join("");
    expect(on(undefined)).toBe("qhf");
    expect(on(["h"])).toBe("h");
    expect(on([])).toBe("");
    expect(on(["q"], true)).toBe("qh");
    expect(on([], true)).toBe("");
  });
});

describe("devices", () => {
  it.each([
    ["Mozilla/5.0 (Linux; Android 12) Chrome/110.0 Mobile Safari/537.36 Zalo android/23", "Zalo"],
    ["Mozilla/5.0 (iPhone) [FBAN/FBIOS;FBAV/400.0]", "Facebook"],
    ["Mozilla/5.0 (iPhone) [FBAN/MessengerForiOS]", "Messenger"],
    ["Mozilla/5.0 (Linux; Android 12) BytedanceWebview/d8a21c6", "TikTok"],
    ["Mozilla/5.0 (Linux; Android 12) Chrome/110.0 Mobile Safari/537.36", ""],
  ])("inApp(%s) = %s", (ua, app) => expect(inApp(ua)).toBe(app));

  it.each([
    ["Mozilla/5.0 (Linux; Android 12) Chrome/110.0 Mobile Safari/537.36", 5, "android"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Version/17.0 Safari/604.1", 5, "ios-safari"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17.0 Safari/605.1", 5, "ios-safari"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17.0 Safari/605.1", 0, "desktop-safari"],
    ["Mozilla/5.0 (iPhone) CriOS/120.0 Safari/604.1", 5, "ios-other"],
    ["Mozilla/5.0 (Windows NT 10.0; rv:120.0) Gecko/20100101 Firefox/120.0", 0, "firefox"],
    ["Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36", 0, "desktop"],
  ])("browserKind(%s, %d) = %s", (ua, touch, kind) => expect(browserKind(ua, touch)).toBe(kind));

  it("names the system's own settings", () => {
    expect(osKind("Mozilla/5.0 (Windows NT 10.0)")).toBe("windows");
    expect(osKind("Mozilla/5.0 (X11; Linux)")).toBe("other");
  });
});

describe("levels", () => {
  it.each([
    [0, 0],
    [0.002, 0],
    [0.005, 1],
    [0.02, 2],
    [0.1, 3],
  ])("barsOf(%d) = %d", (level, bars) => expect(barsOf(level)).toBe(bars));
});

describe("watchdog", () => {
  it("is patient for 1.5 s, then restarts, 3 s later makes a new connection", () => {
    const dog = new Watchdog(0);
    expect(dog.check(100, 500)).toBe("fine");
    expect(dog.check(100, 1199)).toBe("fine");
    expect(dog.check(100, 1200)).toBe("doubt");
    expect(dog.check(100, 1900)).toBe("fine");
    expect(dog.lostMs(1900)).toBe(0);
    expect(dog.check(100, 2000)).toBe("restart");
    expect(dog.lostMs(2000)).toBe(1500);
    expect(dog.check(100, 2500)).toBe("wait");
    expect(dog.check(100, 4900)).toBe("wait");
    expect(dog.check(100, 5000)).toBe("renew");
    expect(dog.check(100, 7000)).toBe("wait");
  });
  it("starts anew when bytes come", () => {
    const dog = new Watchdog(0);
    dog.check(100, 500);
    expect(dog.check(100, 2000)).toBe("restart");
    expect(dog.check(160, 2500)).toBe("fine");
    expect(dog.lostMs(2500)).toBe(0);
    expect(dog.check(160, 3200)).toBe("doubt");
    expect(dog.check(160, 5500)).toBe("restart");
  });
  it("does not doubt a way that was never there", () => {
    const dog = new Watchdog(0);
    expect(dog.check(0, 800)).toBe("fine");
    dog.check(100, 900);
    dog.renewed(1000);
    expect(dog.check(0, 1800)).toBe("fine");
  });
});

describe("stats", () => {
  const rows = (bytes: number, lost: number, frames: number) => [
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    {
      id: "P",
      type: "candidate-pair",
      bytesReceived: bytes,
      bytesSent: 10,
      currentRoundTripTime: 0.04,
      localCandidateId: "L",
    },
    { id: "L", type: "local-candidate", protocol: "udp", candidateType: "host" },
    {
      id: "V",
      type: "inbound-rtp",
      kind: "video",
      trackIdentifier: "v0",
      packetsReceived: bytes / 10,
      packetsLost: lost,
      framesDecoded: frames,
      frameHeight: 360,
    },
    {
      id: "A",
      type: "inbound-rtp",
      kind: "audio",
      trackIdentifier: "a0",
      packetsReceived: 50,
      totalSamplesReceived: frames * 100,
      concealedSamples: 20,
      silentConcealedSamples: 20,
      jitter: 0.01,
      audioLevel: 0.3,
    },
  ];
  it("reads the selected pair and compares two looks", () => {
    const a = read(rows(1000, 0, 0));
    const b = read(rows(6000, 100, 100));
    expect(a).toMatchObject({ bytes: 1000, rttMs: 40, path: "udp" });
    const r = report(a, b, 5, "v0");
    expect(r).toMatchObject({ in_bps: 8000, fps: 20, height: 360, path: "udp", jitter_ms: 10, concealed: 0 });
    expect(r.loss).toBeCloseTo(100 / 600);
  });
  it("takes the nominated pair where there is no transport row", () => {
    const r = read([
      { id: "X", type: "candidate-pair", bytesReceived: 7, nominated: false, state: "succeeded" },
      { id: "Y", type: "candidate-pair", bytesReceived: 9, nominated: true, state: "succeeded" },
    ]);
    expect(r.bytes).toBe(9);
    expect(read([]).bytes).toBe(-1);
  });
});
