import { describe, expect, it } from "vitest";
import {
  allPressed,
  ballotButton,
  currentItem,
  following,
  nextItem,
  queueRows,
  quorumState,
  sittingActs,
  thresholdId,
  thresholdWords,
  unknownRows,
} from "../src/views/chair/model";
import { agenda, ballot, holder, queue, rollcall, T } from "./steer-views";

describe("agenda", () => {
  it("leads from nothing to the first, on, and stops at the last", () => {
    expect(nextItem(agenda({}, ""))?.id).toBe("i1");
    expect(nextItem(agenda())?.id).toBe("i5");
    expect(nextItem(agenda({}, "i5"))).toBeUndefined();
    expect(nextItem(null)).toBeUndefined();
    expect(currentItem(agenda())?.no).toBe(4);
    expect(currentItem(agenda({}, ""))).toBeUndefined();
  });
});

describe("quorum", () => {
  it.each([
    [19, "short"],
    [20, "met"],
  ])("%d of 30 is %s", (n, state) => expect(quorumState(rollcall(n).quorum)).toBe(state));
  it("has no chip where the kind of sitting has none", () => {
    expect(quorumState({ ...rollcall(3).quorum, needed: false })).toBe("none");
  });
});

describe("ballotButton", () => {
  const none = { ballot: null, history: [], can_open: true };
  it("opens when the server allows it", () =>
    expect(ballotButton(none, rollcall(26), "open")).toEqual({ mode: "open" }));
  it("is locked with the numbers when the quorum is short", () => {
    const b = ballotButton({ ...none, can_open: false, why_not: "no_quorum" }, rollcall(19), "open");
    expect(b).toMatchObject({ mode: "locked", why: "no_quorum", quorum: { present: 19, need: 20, total: 30 } });
  });
  it("is locked before the opening and in a break", () => {
    expect(ballotButton(none, rollcall(26), "published")).toEqual({ mode: "locked", why: "not_open" });
    expect(ballotButton(none, rollcall(26), "paused")).toEqual({ mode: "locked", why: "paused" });
  });
  it("tells the server's own reason", () => {
    expect(ballotButton({ ...none, can_open: false, why_not: "other" }, rollcall(26), "open")).toEqual({
      mode: "locked",
      why: "other",
    });
  });
  it("closes an open one, quorum or not", () => {
    expect(ballotButton(ballot(), rollcall(19), "open")).toEqual({
      mode: "close",
      ballot: "b1",
      pressed: 24,
      present: 26,
    });
  });
});

describe("closing", () => {
  it("takes one tap only when nobody present is missing", () => {
    expect(allPressed(ballot())).toBe(false);
    expect(allPressed(ballot({ pressed: 26 }))).toBe(true);
    expect(allPressed(ballot({ pressed: 26 }, { missing: [{ person: "p1", label: "Đại biểu Tổ 1" }] }))).toBe(false);
    expect(allPressed(ballot({ state: "closed", pressed: 26 }))).toBe(false);
  });
});

describe("queue", () => {
  it("keeps the server's order and marks the one who waits for the end of the turn", () => {
    const rows = queueRows(queue(), T, "e3");
    expect(rows.map((r) => r.entry.id)).toEqual(["e1", "e2", "e3", "e4"]);
    expect(rows.map((r) => r.waitMs)).toEqual([30_000, 60_000, 90_000, 120_000]);
    expect(rows.filter((r) => r.armed).map((r) => r.entry.id)).toEqual(["e3"]);
    expect(queueRows(null, T, "")).toEqual([]);
  });
  it("passes over who is already invited", () => {
    expect(following(queue(), holder({ person: "q1" }))?.id).toBe("e2");
    expect(following(queue(), null)?.id).toBe("e1");
    expect(following({ entries: [], length: 0 }, null)).toBeUndefined();
  });
});

describe("thresholds", () => {
  it.each([
    [{ num: 1, den: 2, strict: true }, "half", "half"],
    [{ num: 2, den: 3, strict: false }, "two_thirds", "two_thirds"],
    [{ num: 3, den: 4, strict: true }, "more_than", ""],
    [{ num: 1, den: 2, strict: false }, "at_least", ""],
  ])("%j", (f, words, id) => {
    expect(thresholdWords(f)).toBe(words);
    expect(thresholdId(f)).toBe(id);
  });
});

describe("roll-call and sitting", () => {
  it("lists whoever is unknown by seat", () => {
    expect(unknownRows(rollcall(26, "open")).map((r) => r.seat)).toEqual([29, 30]);
  });
  it.each([
    ["published", ["open"]],
    ["open", ["pause", "close"]],
    ["paused", ["resume", "close"]],
    ["closed", []],
  ] as const)("in %s the chair may %j", (state, acts) => expect(sittingActs(state)).toEqual(acts));
});
