// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setFixedNow } from "../src/core/clock";
import { ActError } from "../src/core/link";
import type { ActBody } from "../src/core/protocol";
import { Session } from "../src/core/session";
import { toastLog } from "../src/ui/toast";
import { Desk } from "../src/views/chair/desk";
import { keyAct } from "../src/views/chair/keys";
import { newHand } from "../src/views/chair/sounds";
import { agenda, ballot, floor, holder, queue, T } from "./steer-views";

/** desk makes the real desk on a real session whose acts are recorded instead of sent. */
function desk(answer: (b: ActBody) => Promise<unknown> = async () => ({})) {
  const session = new Session({ door: "k7m2p9qx", profile: "member" });
  const sent: ActBody[] = [];
  session.act = (b) => {
    sent.push(b);
    return answer(b) as ReturnType<Session["act"]>;
  };
  session.views.agenda.value = agenda();
  session.views.queue.value = queue();
  session.views.floor.value = floor();
  return { d: new Desk(session, () => undefined), session, sent };
}

beforeEach(() => {
  vi.useFakeTimers();
  setFixedNow(T);
  toastLog.value = [];
});
afterEach(() => vi.useRealTimers());

describe("next item", () => {
  it("goes on and undoes to where it was", async () => {
    const { d, sent } = desk();
    await d.next();
    expect(sent).toEqual([{ type: "agenda.goto", item: "i5" }]);
    toastLog.value[0]?.action?.run();
    expect(sent[1]).toEqual({ type: "agenda.goto", item: "i4" });
  });
  it("has nothing to undo before the first item, and nowhere to go after the last", async () => {
    const { d, session, sent } = desk();
    session.views.agenda.value = agenda({}, "");
    await d.next();
    expect(toastLog.value[0]?.action).toBeUndefined();
    session.views.agenda.value = agenda({}, "i5");
    await d.next();
    expect(sent).toHaveLength(1);
  });
  it("says why it was refused and offers no undo", async () => {
    const { d } = desk(() => Promise.reject(new ActError("conflict", "ballot_open")));
    await d.next();
    expect(toastLog.value[0]?.text).toBe("Chưa làm được: đang có biểu quyết");
    expect(toastLog.value[0]?.action).toBeUndefined();
  });
});

describe("giving the floor", () => {
  const entry = queue().entries[0];
  it("is one act when nobody speaks", () => {
    const { d, sent } = desk();
    if (entry) d.give(entry);
    expect(sent).toEqual([{ type: "floor.give", entry: "e1" }]);
  });
  it("asks first when somebody has more than ten seconds left, and waits for the end of the turn", () => {
    const { d, session, sent } = desk();
    session.views.floor.value = floor(holder());
    if (!entry) throw new Error("no entry");
    d.give(entry);
    expect(d.asking.value?.id).toBe("e1");
    expect(sent).toEqual([]);
    d.giveAfter(entry);
    d.floorChanged(holder());
    expect(sent).toEqual([]);
    d.floorChanged(null);
    expect(sent).toEqual([{ type: "floor.give", entry: "e1" }]);
    expect(d.armed.value).toBeNull();
  });
  it("still waits for the same turn after a reload, and for no other one", () => {
    if (!entry) throw new Error("no entry");
    const { d, session } = desk();
    session.views.floor.value = floor(holder());
    d.giveAfter(entry);
    const reloaded = desk();
    reloaded.d.floorChanged(holder());
    expect(reloaded.d.armed.value?.id).toBe("e1");
    reloaded.d.floorChanged(null);
    expect(reloaded.sent).toEqual([{ type: "floor.give", entry: "e1" }]);
    expect(desk().d.armed.value).toBeNull();

    session.views.floor.value = floor(holder());
    for (const now of [holder({ turn: "t2" }), null]) {
      d.giveAfter(entry);
      const other = desk();
      other.d.floorChanged(now);
      other.d.floorChanged(null);
      expect(other.sent).toEqual([]);
    }
    d.giveAfter(entry);
    d.disarm();
    const calm = desk();
    calm.d.floorChanged(holder());
    expect(calm.d.armed.value).toBeNull();
    sessionStorage.setItem("nt.armed.k7m2p9qx", '{"turn":1}');
    const broken = desk();
    broken.d.floorChanged(holder());
    expect(broken.d.armed.value).toBeNull();
    sessionStorage.clear();
  });
  it("does not invite somebody who took the hand down meanwhile", () => {
    const { d, session, sent } = desk();
    if (entry) d.giveAfter(entry);
    session.views.queue.value = { entries: [], length: 0 };
    d.floorChanged(null);
    expect(sent).toEqual([]);
  });
  it("calls again by taking the invitation back and giving it anew", async () => {
    const { d, sent } = desk();
    await d.callAgain(holder({ state: "invited", person: "q1", kind: "debate", allowed_ms: 180_000 }));
    expect(sent).toEqual([{ type: "floor.end" }, { type: "floor.give", person: "q1", kind: "debate", seconds: 180 }]);
  });
  it("gives a turn that was ended by mistake back with what was left", async () => {
    const { d, sent } = desk();
    await d.endTurn(holder());
    toastLog.value[0]?.action?.run();
    expect(sent).toEqual([{ type: "floor.end" }, { type: "floor.give", person: "p14", kind: "speak", seconds: 259 }]);
  });
});

describe("closing a vote", () => {
  it("is one tap when all have pressed", () => {
    const { d, session, sent } = desk();
    session.views.ballot.value = ballot({ pressed: 26 });
    d.closeBallot();
    expect(sent).toEqual([{ type: "ballot.close", ballot: "b1" }]);
  });
  it("shows who is missing first", async () => {
    const { d, session, sent } = desk();
    session.views.ballot.value = ballot({}, { missing: [{ person: "p3", label: "Đại biểu số 03" }] });
    d.closeBallot();
    expect(d.sheet.value).toBe("missing");
    expect(sent).toEqual([]);
    await d.remind();
    expect(sent).toEqual([{ type: "ballot.remind", ballot: "b1" }]);
    expect(d.sheet.value).toBe("");
    d.closeBallot();
    await d.closeAnyway();
    expect(sent[1]).toEqual({ type: "ballot.close", ballot: "b1" });
  });
});

describe("acts", () => {
  it("makes a double tap one act", async () => {
    let done: (v: unknown) => void = () => undefined;
    const { d, sent } = desk(() => new Promise((r) => (done = r)));
    const first = d.muteAll();
    await d.muteAll();
    expect(sent).toEqual([{ type: "gate.mute_all" }]);
    done({});
    await first;
    toastLog.value[0]?.action?.run();
    expect(sent[1]).toEqual({ type: "gate.undo" });
  });
});

describe("shortcuts", () => {
  const key = (code: string, o = {}) =>
    keyAct({ ctrlKey: true, altKey: true, shiftKey: false, metaKey: false, isComposing: false, code, key: "", ...o });
  it.each([
    ["KeyN", "next"],
    ["KeyM", "give"],
    ["KeyB", "ballot"],
    ["Digit0", "mute"],
    ["Slash", "list"],
    ["KeyZ", ""],
  ])("Ctrl+Alt+%s is %j", (code, act) => expect(key(code)).toBe(act));
  it("takes Ctrl+D alone, and nothing without Ctrl, with Shift, or while an input method composes", () => {
    expect(key("KeyD", { altKey: false })).toBe("mic");
    expect(key("KeyN", { ctrlKey: false })).toBe("");
    expect(key("KeyN", { shiftKey: true })).toBe("");
    expect(key("KeyN", { isComposing: true })).toBe("");
  });
});

describe("the knock", () => {
  it("is for a hand that was not there before", () => {
    expect(newHand(new Set(["a"]), ["a", "b"])).toBe(true);
    expect(newHand(new Set(["a", "b"]), ["b"])).toBe(false);
  });
});
