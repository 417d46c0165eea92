import { describe, expect, it } from "vitest";
import type { RecordingLight, RecordingView } from "../src/core/protocol";
import { lampOf, recordedMs, warningOf } from "../src/core/recording";

const NOW = 1_800_000_000_000;

function light(over: Partial<RecordingLight> = {}): RecordingLight {
  return { lamp: "on", synced_at: NOW - 1000, bytes: 1000, space: "ok", free_pct: 60, ...over };
}

function view(over: Partial<RecordingView> = {}): RecordingView {
  return { state: "on", since: NOW - 60_000, ms: 0, light: light(), ...over };
}

/** without takes the light away: what everybody but chair and clerk gets. */
function without(over: Partial<RecordingView> = {}): RecordingView {
  const { light: _, ...rest } = view(over);
  return rest;
}

describe("lampOf", () => {
  it("is off without a recording", () => {
    expect(lampOf(null, NOW)).toBe("off");
    expect(lampOf(without({ state: "none" }), NOW)).toBe("off");
    expect(lampOf(without({ state: "stopped" }), NOW)).toBe("off");
  });
  it("tells people that they are recorded, without a light", () => {
    expect(lampOf(without(), NOW)).toBe("heard");
    expect(lampOf(without({ state: "paused" }), NOW)).toBe("paused");
  });
  it("shows what the disk confirmed", () => {
    expect(lampOf(view(), NOW)).toBe("on");
    expect(lampOf(view({ light: light({ lamp: "quiet" }) }), NOW)).toBe("quiet");
    expect(lampOf(view({ light: light({ lamp: "stalled" }) }), NOW)).toBe("stalled");
    expect(lampOf(view({ light: light({ lamp: "a newer word" }) }), NOW)).toBe("stalled");
  });
  it("does not believe an old light", () => {
    expect(lampOf(view({ light: light({ synced_at: NOW - 5001 }) }), NOW)).toBe("stalled");
  });
});

describe("recordedMs", () => {
  it("leaves breaks out", () => {
    expect(recordedMs(view({ ms: 5000 }), NOW)).toBe(65_000);
    expect(recordedMs(view({ ms: 5000, state: "paused" }), NOW)).toBe(5000);
    expect(recordedMs(view({ since: NOW + 500 }), NOW)).toBe(0);
  });
});

describe("warningOf", () => {
  const cases: [string, RecordingView | null, string][] = [
    ["nothing known", null, ""],
    ["all is well", view(), ""],
    ["not for those who can do nothing", without(), ""],
    ["the disk stands still", view({ light: light({ lamp: "stalled" }) }), "stalled"],
    ["a start is no fault", view({ since: NOW - 2000, light: light({ lamp: "stalled" }) }), ""],
    ["graver than little room", view({ audio_only: true, light: light({ lamp: "stalled" }) }), "stalled"],
    ["little room", view({ light: light({ space: "low" }) }), "low"],
    ["sound only", view({ audio_only: true, light: light({ space: "audio" }) }), "audio"],
    ["a slow disk", view({ light: light({ slow: true }) }), "slow"],
    ["something is missing", view({ light: light({ lost: 3 }) }), "lost"],
    ["stopped for want of room", without({ state: "stopped", why: "space" }), "full"],
    ["stopped by the clerk", without({ state: "stopped", why: "clerk" }), ""],
    ["paused", without({ state: "paused" }), ""],
  ];
  for (const [name, v, want] of cases) {
    it(name, () => expect(warningOf(v, NOW)).toBe(want));
  }
});
