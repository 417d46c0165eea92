import { describe, expect, it } from "vitest";
import {
  autoScene,
  bars,
  type DisplayState,
  inFavourPct,
  possible,
  pressedPart,
  RESULT_MS,
  scene,
  sceneOfKey,
  seatColumns,
  seats,
  secondsTo,
} from "../src/views/display/model";
import { agenda, ballot, floor, holder, queue, result, rollcall, T } from "./steer-views";

const closed = (at: number) =>
  ballot({ state: "closed", closed_at: at, result: result([24, 1, 1], ["80%", "3,33%", "3,33%"]) });

describe("autoScene", () => {
  const base: DisplayState = { agenda: agenda(), floor: floor(), queue: queue(), rollcall: rollcall(26) };
  const cases: [string, DisplayState, string][] = [
    ["nothing known", {}, "C0"],
    ["before the opening", { ...base, agenda: agenda({ state: "published" }, "") }, "C0"],
    [
      "roll-call before the opening",
      { agenda: agenda({ state: "published" }, ""), rollcall: rollcall(3, "open") },
      "C6",
    ],
    ["opened, no item yet", { ...base, agenda: agenda({}, "") }, "C0"],
    ["an item", base, "C1"],
    ["somebody is invited", { ...base, floor: floor(holder({ state: "invited", started_at: 0 })) }, "C2"],
    ["somebody speaks", { ...base, floor: floor(holder()) }, "C2"],
    ["vote open while somebody speaks", { ...base, floor: floor(holder()), ballot: ballot() }, "C4"],
    ["vote open while paused", { ...base, agenda: agenda({ state: "paused" }), ballot: ballot() }, "C4"],
    ["result just now, the old turn still runs", { ...base, floor: floor(holder()), ballot: closed(T - 1000) }, "C5"],
    [
      "result, then somebody is invited",
      { ...base, floor: floor(holder({ invited_at: T })), ballot: closed(T - 1000) },
      "C2",
    ],
    ["result of another item", { ...base, agenda: agenda({}, "i5"), ballot: closed(T - 1000) }, "C1"],
    ["result is old", { ...base, ballot: closed(T - RESULT_MS) }, "C1"],
    ["roll-call open during an item", { ...base, rollcall: rollcall(19, "open"), ballot: closed(T - 1000) }, "C6"],
    ["roll-call closed just now", { ...base, rollcall: rollcall(26, "closed", { closed_at: T - 2000 }) }, "C6"],
    [
      "roll-call closed just now, then somebody is invited",
      {
        ...base,
        rollcall: rollcall(26, "closed", { closed_at: T - 2000 }),
        floor: floor(holder({ invited_at: T - 1000 })),
      },
      "C2",
    ],
    ["break", { ...base, agenda: agenda({ state: "paused" }), floor: floor(holder()) }, "C8"],
    ["over", { ...base, agenda: agenda({ state: "closed", closed_at: T }), ballot: closed(T - 1000) }, "C0"],
  ];
  it.each(cases)("%s", (_, s, want) => expect(autoScene(s, T)).toBe(want));
});

describe("by hand", () => {
  const s: DisplayState = { agenda: agenda(), floor: floor(holder()), rollcall: rollcall(26) };
  it("shows what was chosen, C0 when there is nothing of it, the state's choice after Escape", () => {
    expect(scene(s, T, "C1")).toBe("C1");
    expect(scene(s, T, "C6")).toBe("C6");
    expect(scene(s, T, "C5")).toBe("C0");
    expect(scene(s, T, "C9")).toBe("C0");
    expect(scene({ ...s, notice: "Nghỉ trưa tại hội trường tầng 2" }, T, "C9")).toBe("C9");
    expect(scene(s, T, "")).toBe("C2");
  });
  it("knows its keys", () => {
    expect(["0", "1", "2", "4", "9"].map(sceneOfKey)).toEqual(["C0", "C1", "C2", "C4", "C9"]);
    expect(["3", "a", "F1", "10", ""].map(sceneOfKey)).toEqual(["", "", "", "", ""]);
  });
  it("has something to show in every automatic scene", () => {
    for (const st of [s, {}, { ...s, ballot: ballot() }, { ...s, ballot: closed(T) }]) {
      expect(possible(autoScene(st, T), st)).toBe(true);
    }
  });
});

describe("numbers", () => {
  it("draws bars on the base and prints its percentage", () => {
    const r = result([24, 1, 1], ["80%", "3,33%", "3,33%"]);
    expect(bars(r).map((b) => [b.look, b.count, b.pct, b.part])).toEqual([
      ["for", 24, "80%", 0.8],
      ["against", 1, "3,33%", 1 / 30],
      ["none", 1, "3,33%", 1 / 30],
    ]);
    expect(inFavourPct(r)).toBe("80%");
  });
  it("uses those present when that is the base", () => {
    const r = result([24, 1, 1], ["80%", "3,33%", "3,33%"], { base: "present", base_count: 26 });
    const present = { ...r, options: r.options.map((o) => ({ ...o, pct_present: "92,31%" })) };
    expect(inFavourPct(present)).toBe("92,31%");
    expect(bars(present)[0]?.part).toBeCloseTo(24 / 26);
  });
  it("never divides by zero", () => {
    expect(bars(result([0, 0, 0], ["0%", "0%", "0%"], { base_count: 0 })).map((b) => b.part)).toEqual([0, 0, 0]);
    const b = ballot({ present: 0, pressed: 0 }).ballot;
    expect(b && pressedPart(b)).toBe(0);
  });
  it("counts down and never below zero", () => {
    expect(secondsTo(0, T)).toBeUndefined();
    expect(secondsTo(T + 47_001, T)).toBe(48);
    expect(secondsTo(T - 5, T)).toBe(0);
  });
  it("orders the seats", () => {
    const r = rollcall(26);
    expect(seats({ ...r, rows: [...(r.rows ?? [])].reverse() }).map((x) => x.seat)).toEqual(
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    expect([5, 30, 40, 50, 85].map(seatColumns)).toEqual([4, 5, 6, 8, 10]);
  });
});
