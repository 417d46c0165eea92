import { describe, expect, it } from "vitest";
import type { BallotView, FloorView, PeopleView, RollCallView, SelfView } from "../src/core/protocol";
import { applyView, nameOf, newViews } from "../src/core/views";
import { addressOf, netLevel } from "../src/views/door/info";
import { faceName } from "../src/views/faces";
import { hasFloor, minutesText, onStage, overlays, standing, strip } from "../src/views/meeting/model";
import { chromeIntent, stepsFor } from "../src/views/meeting/permission";

const self = (x: Partial<SelfView>) =>
  ({ voter: true, presence: "present", roles: ["deputy"], may: [], ...x }) as SelfView;
const ballot = (state: string, result = true) =>
  ({
    ballot: { id: "b", state, closed_at: 100, ...(result ? { result: {} } : {}) },
    history: [],
  }) as unknown as BallotView;
const roll = (state: string) => ({ state, opened_at: 1 }) as unknown as RollCallView;

describe("views", () => {
  it("replaces a topic whole and makes absent lists empty", () => {
    const v = newViews();
    applyView(v, "queue", { entries: null, length: 0 });
    expect(v.queue.value?.entries).toEqual([]);
    applyView(v, "queue", { entries: [{ id: "e" }], length: 1 });
    expect(v.queue.value?.length).toBe(1);
  });
  it.each([["brand_new"], ["toString"], ["__proto__"]])("ignores topic %s", (topic) => {
    expect(() => applyView(newViews(), topic, { a: 1 })).not.toThrow();
  });
  it("ignores what is no document", () => {
    const v = newViews();
    applyView(v, "floor", null);
    applyView(v, "floor", "x");
    expect(v.floor.value).toBeNull();
  });
  it("names a citizen with the floor, who is on no list", () => {
    const v = newViews();
    applyView(v, "floor", { holder: { label: "Cử tri thôn 3", state: "speaking" }, policy: "floor" });
    expect(nameOf(v, "c77")).toBe("Cử tri thôn 3");
    expect(nameOf(v, "")).toBe("");
  });
});

describe("overlays", () => {
  it.each([
    ["a vote goes before a roll-call", self({ presence: "unknown" }), ballot("open"), roll("open"), "vote rollcall"],
    ["a roll-call only for who has not answered", self({}), null, roll("open"), ""],
    ["a roll-call only for deputies", self({ voter: false, presence: "unknown" }), null, roll("open"), ""],
    ["a result while it is fresh", self({}), ballot("closed"), roll("closed"), "result"],
    ["nothing of a closed ballot without result", self({}), ballot("closed", false), null, ""],
  ])("%s", (_, s, b, r, want) => expect(overlays(s, b, r, 200, 150).join(" ")).toBe(want));
  it("a result leaves after its time", () => expect(overlays(self({}), ballot("closed"), null, 200, 200)).toEqual([]));
  it.each([
    [self({}), "may"],
    [self({ presence: "late" }), "may"],
    [self({ presence: "unknown" }), "absent"],
    [self({ presence: "left" }), "absent"],
    [self({ voter: false }), "none"],
    [null, "none"],
  ])("standing %#", (s, want) => expect(standing(s)).toBe(want));
});

describe("stage", () => {
  const floor = (x: Partial<FloorView>) => ({ holder: null, chair: "c", ...x }) as FloorView;
  const holder = {
    turn: "t",
    person: "p1",
    label: "L",
    kind: "speak",
    state: "speaking",
    source: "hall",
  } as NonNullable<FloorView["holder"]>;
  it("the chair's pin wins, then the media of who speaks", () => {
    expect(onStage(floor({ pin: "x", holder })).who).toBe("x");
    expect(onStage(floor({ holder })).who).toBe("hall");
    expect(onStage(floor({})).who).toBe("");
  });
  it("the floor's ring is for the person and the hall that speaks for him", () => {
    expect(hasFloor(floor({ holder }), "p1")).toBe(true);
    expect(hasFloor(floor({ holder }), "hall")).toBe(true);
    expect(hasFloor(floor({ holder }), "")).toBe(false);
  });
  it("small tiles: chair, halls, raised hands, then by seat; nobody absent, large, me or a display", () => {
    const person = (id: string, x: object = {}) => ({ id, name: id, label: id, roles: ["deputy"], online: true, ...x });
    const people = {
      people: [
        person("d3", { seat: 3 }),
        person("d2", { seat: 2 }),
        person("d9", { seat: 9, hand: 1 }),
        person("h", { roles: ["hall"] }),
        person("c", { roles: ["chair", "deputy"], seat: 1 }),
        person("off", { online: false }),
        person("me"),
        person("big"),
        person("wall", { roles: ["display"] }),
      ],
    } as unknown as PeopleView;
    expect(strip(people, floor({}), "big", "me", 9)).toEqual(["c", "h", "d9", "d2", "d3"]);
    expect(strip(people, floor({}), "big", "me", 2)).toEqual(["c", "h"]);
    expect(strip(null, null, "", "", 3)).toEqual([]);
  });
  it("writes minutes as people do", () => {
    expect(minutesText(420_000)).toBe("7");
    expect(minutesText(150_000)).toBe("2,5");
  });
});

describe("door", () => {
  it("reads door, token and code; the fragment is the only secret", () => {
    expect(addressOf("/h/k7m2p9qx", "#tok_en-1.123456")).toEqual({
      door: "k7m2p9qx",
      token: "tok_en-1",
      code: "123456",
    });
    expect(addressOf("/h/k7m2p9qx", "")).toEqual({ door: "k7m2p9qx", token: "", code: "" });
    expect(addressOf("/van-phong", "").door).toBe("");
  });
  it.each([
    [[40, 60], false, "good"],
    [[160, 300], false, "fair"],
    [[40], true, "fair"],
    [[500], false, "weak"],
    [[], false, "unreachable"],
  ])("network %j saver %s is %s", (rtts, saver, level) => expect(netLevel(rtts, saver)).toBe(level));
  it("an invitation into Chrome carries no secret", () => {
    const url = chromeIntent("https://hop.example/h/k7m2p9qx#secret");
    expect(url).toBe(
      "intent://hop.example/h/k7m2p9qx#Intent;scheme=https;package=com.android.chrome;S.browser_fallback_url=https%3A%2F%2Fhop.example%2Fh%2Fk7m2p9qx;end",
    );
  });
  it.each([
    [["chair", "deputy"], "chair"],
    [["clerk"], "desk"],
    [["hall"], "hall"],
    [["guest"], "deputy"],
    [["technician"], "tech"],
    [["citizen"], "citizen"],
  ] as const)("roles %j get the face %s", (roles, face) => expect(faceName(roles)).toBe(face));
  it.each([
    ["denied", "android", 3],
    ["denied", "ios-safari", 3],
    ["denied", "ios-other", 1],
    ["denied", "firefox", 1],
    ["denied", "desktop", 3],
    ["system", "android", 1],
    ["notfound", "desktop", 1],
    ["busy", "desktop", 1],
    ["insecure", "desktop", 1],
    ["missing", "android", 1],
  ] as const)("%s in %s has %d steps", (problem, kind, n) =>
    expect(stepsFor(problem, kind, "windows")).toHaveLength(n));
});
