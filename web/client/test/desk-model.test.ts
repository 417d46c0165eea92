import { describe, expect, it } from "vitest";
import type { PeopleView, PersonView } from "../src/core/protocol";
import { decided } from "../src/views/desk/ended";
import {
  chairAway,
  doorPath,
  entries,
  entryOfKey,
  groupOf,
  hamlets,
  holds,
  mayBeRaised,
  part,
  removable,
  seats,
  step,
  stillOpen,
  unread,
} from "../src/views/desk/model";
import { ringer } from "../src/views/desk/sounds";
import { agenda, ballot, floor, holder, queue, result, rollcall, T } from "./steer-views";

const person = (o: Partial<PersonView> = {}): PersonView => ({
  id: "p1",
  name: "Đại biểu số 01 – Tổ 1",
  label: "Đại biểu số 01",
  roles: ["deputy"],
  online: true,
  ...o,
});
const people = (...list: PersonView[]): PeopleView => ({
  people: list,
  counts: { online: 0, citizens: 0, waiting: 2, halls_ready: 0, halls: 0 },
});

describe("what the clerk may enter", () => {
  const rows: [string, Parameters<typeof entries>[1], string[]][] = [
    ["none", "unknown", ["excused", "unexcused"]],
    ["open", "unknown", ["present", "excused", "unexcused"]],
    ["open", "present", ["excused", "unexcused"]],
    ["closed", "unknown", ["late", "present!", "excused!", "unexcused!"]],
    ["closed", "excused", ["late", "present!", "unexcused!"]],
    ["closed", "present", ["left", "excused!", "unexcused!"]],
    ["closed", "late", ["left", "present!", "excused!", "unexcused!"]],
    ["closed", "left", ["late", "present!", "excused!", "unexcused!"]],
  ];
  for (const [roll, was, want] of rows) {
    it(`${roll} ${was}: ${want.join(" ")} (! = with a reason)`, () => {
      expect(entries(roll, was).map((e) => e.state + (e.reason ? "!" : ""))).toEqual(want);
    });
  }
});

describe("the keys of the seats", () => {
  const key = (k: string, o: Partial<KeyboardEvent> = {}) =>
    entryOfKey({ key: k, ctrlKey: false, altKey: false, metaKey: false, isComposing: false, ...o });
  it("are C, L, K in either case, and nothing else", () => {
    expect(["c", "C", "l", "L", "k", "K", "x", "Enter"].map((k) => key(k))).toEqual([
      "present",
      "present",
      "excused",
      "excused",
      "unexcused",
      "unexcused",
      undefined,
      undefined,
    ]);
  });
  it("stay silent in chords and while an input method composes", () => {
    expect(key("c", { ctrlKey: true })).toBeUndefined();
    expect(key("c", { altKey: true })).toBeUndefined();
    expect(key("c", { metaKey: true })).toBeUndefined();
    expect(key("c", { isComposing: true })).toBeUndefined();
  });
  it("move by rows and columns and stop at the ends", () => {
    expect(step("ArrowRight", 0, 30, 5)).toBe(1);
    expect(step("ArrowDown", 2, 30, 5)).toBe(7);
    expect(step("ArrowUp", 2, 30, 5)).toBe(-1);
    expect(step("ArrowRight", 29, 30, 5)).toBe(-1);
    expect(step("End", 3, 30, 5)).toBe(29);
    expect(step("Home", 3, 30, 5)).toBe(0);
    expect(step("Tab", 3, 30, 5)).toBe(-1);
  });
});

describe("seats", () => {
  it("are in the order of their seats, whatever order they came in", () => {
    const r = rollcall(26);
    const got = seats({ ...r, rows: [...(r.rows ?? [])].reverse() });
    expect(got.slice(0, 3).map((x) => x.seat)).toEqual([1, 2, 3]);
    expect(seats(null)).toEqual([]);
  });
  it("belong to a part of the day", () => {
    expect([7, 11, 12, 17, 18, 23].map(part)).toEqual([
      "morning",
      "morning",
      "afternoon",
      "afternoon",
      "evening",
      "evening",
    ]);
  });
});

describe("a lost chair", () => {
  const gone = person({ id: "c", roles: ["chair", "deputy"], online: false });
  const clerk = person({ id: "t", roles: ["clerk"] });
  it("is missed when no chair is connected and nobody stands in", () => {
    expect(chairAway(people(gone, clerk), { ...floor(), chair: "c" })).toBe(true);
    expect(chairAway(people({ ...gone, online: true }, clerk), floor())).toBe(false);
    expect(chairAway(people(gone, clerk), { ...floor(), chair: "t" })).toBe(false);
    expect(chairAway(people(clerk), floor())).toBe(false);
  });
  it("is stood in for by one clerk", () => {
    expect(holds({ ...floor(), chair: "t" }, "t")).toBe(true);
    expect(holds({ ...floor(), chair: "c" }, "t")).toBe(false);
    expect(holds(floor(), "")).toBe(false);
  });
});

describe("before the end", () => {
  it("lists what is still open", () => {
    const open = stillOpen(agenda(), ballot(), rollcall(26, "open"), floor(holder()), queue(), people());
    expect(open).toEqual({ vote: true, rollcall: true, turn: "Đại biểu Tổ 2", hands: 4, waiting: 2, items: 1 });
  });
  it("is empty before anything arrived", () => {
    expect(stillOpen(null, null, null, null, null, null)).toEqual({
      vote: false,
      rollcall: false,
      turn: "",
      hands: 0,
      waiting: 0,
      items: 0,
    });
  });
});

describe("after the end", () => {
  it("lists every decided vote once, the newest last, and none that is open", () => {
    const early = {
      id: "b0",
      question: "Chương trình",
      passed: true,
      sentence: "29/30 đại biểu tán thành",
      closed_at: T,
    };
    const r = { ...result([24, 1, 1], ["80%", "3,33%", "3,33%"]), sentence: "24/30 đại biểu tán thành" };
    expect(decided(ballot({ state: "closed", result: r }, { history: [early] })).map((b) => b.id)).toEqual([
      "b0",
      "b1",
    ]);
    expect(decided(ballot({}, { history: [early] })).map((b) => b.id)).toEqual(["b0"]);
    expect(decided(null)).toEqual([]);
  });
});

describe("people", () => {
  it("stand under one heading each", () => {
    expect(groupOf(person({ roles: ["hall"] }))).toBe("halls");
    expect(groupOf(person({ roles: ["chair", "deputy"] }))).toBe("deputies");
    expect(groupOf(person({ roles: ["guest"] }))).toBe("guests");
    expect(groupOf(person({ roles: ["technician"] }))).toBe("staff");
    expect(groupOf(person({ roles: ["display"] }))).toBeUndefined();
  });
  it("are shown out only when they are guests or citizens", () => {
    expect(removable(person({ roles: ["guest"] }))).toBe(true);
    expect(removable(person({ roles: ["guest", "deputy"] }))).toBe(false);
  });
  it("get a hand on behalf unless theirs is up; a hall's machine has none", () => {
    expect(mayBeRaised(person())).toBe(true);
    expect(mayBeRaised(person({ hand: 2 }))).toBe(false);
    expect(mayBeRaised(person({ roles: ["hall"] }))).toBe(false);
  });
  it("wait by hamlet, the largest first", () => {
    const w = (hamlet?: string) => ({ person: "x", name: "", online: true, ...(hamlet ? { hamlet } : {}) });
    expect(hamlets([w("Thôn 2"), w("Thôn 1"), w(), w("Thôn 2")])).toEqual([
      { name: "Thôn 2", n: 2 },
      { name: "Thôn 1", n: 1 },
    ]);
  });
});

describe("messages", () => {
  it("count as new when somebody else wrote them later", () => {
    const m = (seq: number, from: string) => ({ seq, from, label: "", to: "clerk", text: "", at: T });
    expect(unread([m(3, "p1"), m(5, "t"), m(6, "p2")], 3, "t")).toBe(1);
    expect(unread(undefined, 0, "t")).toBe(0);
  });
});

describe("sounds", () => {
  it("are for who is new, not for who was there, and not too often", () => {
    const played: number[] = [];
    const ring = ringer([1], 5000, () => played.push(1));
    ring(["a"], 0);
    expect(played).toHaveLength(0);
    ring(["a", "b"], 1000);
    expect(played).toHaveLength(1);
    ring(["a", "b", "c"], 2000);
    expect(played).toHaveLength(1);
    ring(["a"], 9000);
    ring(["a", "d"], 9100);
    expect(played).toHaveLength(2);
  });
});

it("writes the public path of a door", () => {
  expect(doorPath("k7m2p9qx")).toBe("/h/k7m2p9qx");
});
