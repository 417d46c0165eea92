import { describe, expect, it } from "vitest";
import type { FloorHolder } from "../src/core/protocol";
import { bellBetween, mayInterrupt, noAnswer, turnClock, waited } from "../src/views/chair/turn";

const T = 1_800_000_000_000;
const holder = (o: Partial<FloorHolder> = {}): FloorHolder => ({
  turn: "t1",
  person: "p2",
  label: "Đại biểu Tổ 2",
  kind: "speak",
  state: "speaking",
  invited_at: T - 5000,
  started_at: T,
  allowed_ms: 420_000,
  online: true,
  ...o,
});

describe("turnClock", () => {
  const cases: [string, number, string, number, number][] = [
    ["start", 0, "normal", 0, 420],
    ["161 s and a bit", 161_900, "normal", 161, 259],
    ["one second before the last minute", 359_000, "normal", 359, 61],
    ["last minute", 360_000, "last", 360, 60],
    ["time is up", 420_000, "last", 420, 0],
    ["over", 432_500, "over", 432, -12],
    ["a clock that runs behind", -700, "normal", 0, 420],
  ];
  it.each(cases)("%s", (_, after, phase, elapsed, rest) => {
    const c = turnClock(holder(), T + after);
    expect(c).toEqual({ phase, elapsed, allowed: 420, rest });
    expect(c.elapsed + c.rest).toBe(c.allowed);
  });
  it("has no clock before the answer", () => {
    expect(turnClock(holder({ state: "invited", started_at: 0 }), T)).toEqual({
      phase: "invited",
      elapsed: 0,
      allowed: 420,
      rest: 420,
    });
    expect(turnClock(null, T).phase).toBe("idle");
  });
});

describe("bells", () => {
  const at = (ms: number) => turnClock(holder(), T + ms);
  it("ring once at one minute and once at the end", () => {
    let rung: number[] = [];
    for (let ms = 0; ms < 440_000; ms += 250) {
      const bell = bellBetween(at(ms), at(ms + 250));
      if (bell) rung = [...rung, bell];
    }
    expect(rung).toEqual([1, 2]);
  });
  it("ring no first bell in a turn of one minute", () => {
    const short = holder({ allowed_ms: 60_000 });
    expect(bellBetween(turnClock(short, T), turnClock(short, T + 1000))).toBe(0);
  });
  it("are silent between two people", () => {
    expect(bellBetween(turnClock(null, T), at(419_000))).toBe(0);
  });
});

describe("interrupting and waiting", () => {
  it.each([
    [0, true],
    [409_000, true],
    [410_000, false],
    [500_000, false],
  ])("after %d ms asks first: %s", (ms, asks) => expect(mayInterrupt(holder(), T + ms)).toBe(asks));
  it("never asks while only invited", () => expect(mayInterrupt(holder({ state: "invited" }), T)).toBe(false));
  it("offers to call again after twenty seconds", () => {
    const invited = holder({ state: "invited", invited_at: T });
    expect(noAnswer(invited, T + 19_999)).toBe(false);
    expect(noAnswer(invited, T + 20_000)).toBe(true);
    expect(noAnswer(holder(), T + 60_000)).toBe(false);
  });
  it("writes waiting times", () =>
    expect([waited(32_400), waited(65_000), waited(-5)]).toEqual(["0:32", "1:05", "0:00"]));
});
