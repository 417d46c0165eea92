import { describe, expect, it } from "vitest";
import type { PeopleView, PersonView, QueueView } from "../src/core/protocol";
import { hallKey } from "../src/views/hall/keys";
import { deputiesHere, presentHere, voterLabel, voterNumber, votersWaiting } from "../src/views/hall/model";
import { rollcall, T } from "./steer-views";

const person = (n: number, o: Partial<PersonView> = {}): PersonView => ({
  id: `p${n}`,
  name: `Đại biểu số ${n}`,
  label: `Đại biểu số ${n}`,
  roles: ["deputy"],
  seat: n,
  online: true,
  ...o,
});

const people: PeopleView = {
  people: [
    person(29, { hall: "h1" }),
    person(3, { hall: "h1" }),
    person(4, { hall: "h2" }),
    person(5, { hall: "h1", roles: ["guest"] }),
    person(6),
  ],
  counts: { online: 5, citizens: 0, waiting: 0, halls_ready: 1, halls: 2 },
};

const queue: QueueView = {
  length: 3,
  entries: [
    {
      id: "e1",
      place: 1,
      person: "p3",
      label: "Đại biểu số 3",
      kind: "speak",
      hall: "h1",
      on_behalf: true,
      since: T,
      online: true,
    },
    { id: "e2", place: 2, label: "Cử tri số 12", kind: "citizen", hall: "h1", on_behalf: true, since: T, online: true },
    { id: "e3", place: 3, label: "Cử tri thôn 3", kind: "citizen", hall: "h2", since: T, online: true },
  ],
};

describe("the hall's own list", () => {
  const list = deputiesHere("h1", people, rollcall(26, "open"), queue);
  it("has the hall's deputies by seat, with presence and place in the queue", () => {
    expect(list.map((d) => [d.person, d.present, d.place, d.entry])).toEqual([
      ["p3", true, 1, "e1"],
      ["p29", false, 0, ""],
    ]);
    expect(presentHere(list)).toEqual({ n: 1, total: 2 });
  });
  it("is empty before the views came", () => expect(deputiesHere("h1", null, null, null)).toEqual([]));
  it("counts a late one as present", () => {
    const r = rollcall(0, "closed");
    const late = { ...r, rows: r.rows?.map((x) => (x.person === "p3" ? { ...x, state: "late" as const } : x)) };
    expect(presentHere(deputiesHere("h1", people, late, null))).toEqual({ n: 1, total: 2 });
  });
  it("finds the hands it raised for voters without device, and no other's", () => {
    expect(votersWaiting("h1", queue)).toEqual([{ id: "e2", label: "Cử tri số 12", place: 2 }]);
    expect(votersWaiting("h2", queue)).toEqual([]);
  });
});

describe("a voter's number", () => {
  it.each([
    ["12", 12],
    [" 7 ", 7],
    ["999", 999],
    ["0", 0],
    ["012", 0],
    ["1000", 0],
    ["mười", 0],
    ["", 0],
  ])("%j is %d", (text, n) => expect(voterNumber(text)).toBe(n));
  it("holds no name", () => expect(voterLabel(12)).toBe("cử tri số 12"));
});

describe("keys of the hall", () => {
  const key = (code: string, o = {}) =>
    hallKey({ code, ctrlKey: false, altKey: false, metaKey: false, isComposing: false, ...o });
  it("knows three keys and leaves chords and input methods alone", () => {
    expect(["Space", "KeyF", "KeyC", "KeyA"].map((c) => key(c))).toEqual(["talk", "screen", "camera", ""]);
    expect(key("KeyF", { ctrlKey: true })).toBe("");
    expect(key("Space", { isComposing: true })).toBe("");
  });
});
