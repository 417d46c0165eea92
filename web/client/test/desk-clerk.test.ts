// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setFixedNow } from "../src/core/clock";
import { ActError } from "../src/core/link";
import type { ActBody, PeopleView, RollCallRow } from "../src/core/protocol";
import { Session } from "../src/core/session";
import { toastLog } from "../src/ui/toast";
import { Clerk } from "../src/views/desk/clerk";
import { agenda, ballot, floor, queue, rollcall, T } from "./steer-views";

/** clerk makes the real desk on a real session whose acts are recorded instead of sent. */
function clerk(answer: (b: ActBody) => Promise<unknown> = async () => ({})) {
  const session = new Session({ door: "k7m2p9qx", profile: "member" });
  const sent: ActBody[] = [];
  session.act = (b) => {
    sent.push(b);
    return answer(b) as ReturnType<Session["act"]>;
  };
  session.views.agenda.value = agenda();
  session.views.queue.value = queue();
  session.views.floor.value = floor();
  session.views.ballot.value = ballot();
  return { c: new Clerk(session, () => undefined), session, sent };
}

const row = (state: RollCallRow["state"]): RollCallRow => ({
  person: "p29",
  name: "Đại biểu số 29 – Tổ 3",
  seat: 29,
  state,
  at: 0,
});

beforeEach(() => {
  vi.useFakeTimers();
  setFixedNow(T);
  toastLog.value = [];
});
afterEach(() => vi.useRealTimers());

describe("the roll-call", () => {
  it("enters a state at once while it is open", async () => {
    const { c, session, sent } = clerk();
    session.views.rollcall.value = rollcall(20, "open");
    await c.mark(row("unknown"), "present");
    expect(sent).toEqual([{ type: "rollcall.set", person: "p29", state: "present" }]);
    expect(c.correction.value).toBeNull();
  });
  it("says that it must be opened before anybody is present", async () => {
    const { c, session, sent } = clerk();
    session.views.rollcall.value = rollcall(0, "none");
    await c.mark(row("unknown"), "present");
    expect(sent).toEqual([]);
    expect(toastLog.value).toHaveLength(1);
  });
  it("does nothing for the state that stands already", async () => {
    const { c, session, sent } = clerk();
    session.views.rollcall.value = rollcall(20, "open");
    await c.mark(row("present"), "present");
    expect(sent).toEqual([]);
  });
  it("asks for the reason after the close and sends nothing until it is written", async () => {
    const { c, session, sent } = clerk();
    session.views.rollcall.value = rollcall(20);
    await c.mark(row("present"), "excused");
    expect(sent).toEqual([]);
    const correction = c.correction.value;
    if (!correction) throw new Error("no question");
    await c.correct(correction, "Có giấy xin phép");
    expect(sent).toEqual([{ type: "rollcall.set", person: "p29", state: "excused", reason: "Có giấy xin phép" }]);
    expect(c.correction.value).toBeNull();
  });
  it("keeps the question open when the server refuses", async () => {
    const { c, session } = clerk(() => Promise.reject(new ActError("conflict", "has_voted")));
    session.views.rollcall.value = rollcall(20);
    await c.mark(row("present"), "excused");
    if (c.correction.value) await c.correct(c.correction.value, "Nhầm");
    expect(c.correction.value?.state).toBe("excused");
    expect(toastLog.value[0]?.text).toContain("đã bấm");
  });
  it("takes coming late and leaving early without a reason", async () => {
    const { c, session, sent } = clerk();
    session.views.rollcall.value = rollcall(20);
    await c.mark(row("unknown"), "late");
    await c.mark(row("present"), "left");
    expect(sent.map((b) => (b as { state?: string }).state)).toEqual(["late", "left"]);
  });
});

describe("a hand on behalf", () => {
  it("names who is questioned, closes its card, and can be taken back", async () => {
    const { c, sent } = clerk();
    c.raising.value = "q1";
    await c.raise("q1", "Đại biểu Tổ 1", "question", "p02");
    expect(sent[0]).toEqual({ type: "queue.raise", person: "q1", kind: "question", asked_who: "p02" });
    expect(c.raising.value).toBeNull();
    toastLog.value[0]?.action?.run();
    expect(sent[1]).toEqual({ type: "queue.withdraw", entry: "e1" });
  });
  it("keeps the card when it was refused", async () => {
    const { c } = clerk(() => Promise.reject(new ActError("conflict", "has_floor")));
    c.raising.value = "q1";
    await c.raise("q1", "Đại biểu Tổ 1", "speak", "");
    expect(c.raising.value).toBe("q1");
  });
});

describe("a recorded vote", () => {
  it("is remembered for correction only after the commit", async () => {
    const { c, sent } = clerk();
    await c.record("b1", "p3", "Đại biểu số 03", "for");
    expect(sent).toEqual([{ type: "vote.record", ballot: "b1", person: "p3", choice: "for" }]);
    await c.record("b1", "p3", "Đại biểu số 03", "against");
    expect(c.recorded.value.map((r) => r.choice)).toEqual(["against"]);
  });
  it("is forgotten with its ballot", async () => {
    const { c } = clerk();
    await c.record("b1", "p3", "Đại biểu số 03", "for");
    await c.record("b2", "p4", "Đại biểu số 04", "for");
    expect(c.recorded.value.map((r) => r.ballot)).toEqual(["b2"]);
  });
  it("is not remembered when the deputy has pressed meanwhile", async () => {
    const { c } = clerk(() => Promise.reject(new ActError("conflict", "has_voted")));
    await c.record("b1", "p3", "Đại biểu số 03", "for");
    expect(c.recorded.value).toEqual([]);
    expect(toastLog.value[0]?.text).toContain("đã bấm");
  });
});

describe("people", () => {
  it("are shown out with the reason, or without one", async () => {
    const { c, sent } = clerk();
    c.removing.value = { person: "x", label: "Cử tri" };
    await c.showOut("x", "gây ồn");
    await c.showOut("y", "");
    expect(sent).toEqual([
      { type: "admission.refuse", person: "x", reason: "gây ồn" },
      { type: "admission.refuse", person: "y" },
    ]);
    expect(c.removing.value).toBeNull();
  });
  it("get an answer in the messages", () => {
    const { c } = clerk();
    c.answer("cu1", "Cử tri thôn 3");
    expect(c.pane.value).toBe("messages");
    expect(c.to.value).toEqual({ id: "cu1", label: "Cử tri thôn 3" });
  });
});

describe("standing in for a lost chair", () => {
  const away = (online = false): PeopleView => ({
    people: [
      { id: "c", name: "Chủ tọa", label: "Chủ tọa", roles: ["chair"], online },
      { id: "t", name: "Thư ký", label: "Thư ký", roles: ["clerk"], online: true },
    ],
    counts: { online: 1, citizens: 0, waiting: 0, halls_ready: 0, halls: 0 },
  });
  /** held refuses so often because the server still holds the chair's seat. */
  const held = (times: number) => () =>
    times-- > 0 ? Promise.reject(new ActError("conflict", "chair_online")) : Promise.resolve({});
  it("asks again until the server's time of grace for the chair is over", async () => {
    const { c, session, sent } = clerk(held(2));
    session.views.people.value = away();
    await c.take();
    expect(c.taking.value).toBe(true);
    await vi.advanceTimersByTimeAsync(6000);
    expect(sent).toHaveLength(3);
    expect(c.taking.value).toBe(false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sent).toHaveLength(3);
  });
  it("gives up when the chair is back, or when the clerk withdraws the wish", async () => {
    const { c, session, sent } = clerk(held(99));
    session.views.people.value = away();
    await c.take();
    session.views.people.value = away(true);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sent).toHaveLength(1);
    expect(c.taking.value).toBe(false);
    session.views.people.value = away();
    await c.take();
    c.stopTaking();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sent).toHaveLength(2);
  });
  it("says another refusal at once", async () => {
    const { c, session } = clerk(() => Promise.reject(new ActError("conflict", "chair_taken")));
    session.views.people.value = away();
    await c.take();
    expect(c.taking.value).toBe(false);
    expect(toastLog.value).toHaveLength(1);
  });
});

it("goes back to the overview when the shown pane is pressed again", () => {
  const { c } = clerk();
  c.open("ballot");
  c.open("ballot");
  expect(c.pane.value).toBe("");
});
