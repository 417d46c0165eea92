// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readHall, writeHall } from "../src/core/resume";
import { Session } from "../src/core/session";

/** A link whose hellos are seen; nothing is connected. */
class Far {
  static all: Far[] = [];
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: string }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  constructor() {
    Far.all.push(this);
    queueMicrotask(() => this.onopen?.());
  }
  send(text: string) {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close() {
    this.readyState = 3;
  }
  say(m: object) {
    this.onmessage?.({ data: JSON.stringify(m) });
  }
  of(type: string) {
    return this.sent.filter((m) => m.type === type);
  }
}

const last = () => Far.all[Far.all.length - 1] as Far;
const welcome = (place: string, roles = ["deputy"]) =>
  last().say({
    type: "session.welcome",
    re: last().of("session.hello")[0]?.id,
    sid: "s",
    secret: "x",
    boot: "b",
    seq: 1,
    now: Date.now(),
    person: "p03",
    roles,
    audience: "deputy",
    grace_ms: 60_000,
    resumed: false,
    place,
  });
const view = (topic: string, data: object) => last().say({ type: "view", topic, seq: 1, data });
const present = (place: string) => {
  view("self", { person: "p03", roles: ["deputy"], may: [], voter: true, presence: "present", place: 0 });
  view("rollcall", { state: "open", rows: [{ person: "p03", state: "present", place }] });
};

describe("hall mode", () => {
  let session: Session;
  const begin = async (atHall: boolean) => {
    session = new Session({ door: "k7m2p9qx", profile: "member", atHall, url: "ws://test" });
    vi.spyOn(session.media, "start").mockReturnValue();
    session.unlock();
    session.start();
    await vi.waitFor(() => expect(last().of("session.hello")).toHaveLength(1));
  };
  const players = () => document.querySelectorAll("audio").length;
  beforeEach(() => {
    Far.all = [];
    sessionStorage.clear();
    vi.stubGlobal("WebSocket", Far);
    HTMLMediaElement.prototype.play = async () => undefined;
  });
  afterEach(() => {
    session.leave();
    document.body.innerHTML = "";
    vi.unstubAllGlobals();
  });

  it("is asked for in the hello, plays nothing and opens no microphone", async () => {
    await begin(true);
    expect(last().of("session.hello")[0]?.place).toBe("hall");
    welcome("hall1");
    expect([session.atHall.value, session.place.value, players()]).toEqual([true, "hall1", 0]);
  });

  it("is not there for whom no hall's list names: the sound then wants a tap", async () => {
    await begin(true);
    welcome("online");
    expect([session.atHall.value, session.media.slots.needTap.value]).toEqual([false, true]);
    session.unlock();
    expect(players()).toBe(4);
  });

  it("is not the state of a hall's own machine", async () => {
    await begin(false);
    welcome("hall1", ["hall"]);
    expect(session.atHall.value).toBe(false);
  });

  it("is switched in the meeting by a new hello, and the roll-call is told once", async () => {
    await begin(false);
    expect(last().of("session.hello")[0]).not.toHaveProperty("place");
    welcome("online");
    present("online");
    expect(players()).toBe(4);

    session.setHall(true);
    expect([players(), readHall("k7m2p9qx")]).toEqual([0, true]);
    await vi.waitFor(() => expect(last().of("session.hello")[0]?.place).toBe("hall"));
    welcome("hall1");
    expect(last().of("rollcall.checkin")).toHaveLength(1);
    last().say({ type: "ok", re: last().of("rollcall.checkin")[0]?.id, seq: 2, at: 0 });
    present("hall1");
    expect(last().of("rollcall.checkin")).toHaveLength(1);

    session.setHall(false);
    expect([players(), readHall("k7m2p9qx")]).toEqual([4, false]);
    await vi.waitFor(() => expect(last().of("session.hello")).toHaveLength(1));
    expect(last().of("session.hello")[0]).not.toHaveProperty("place");
    welcome("online");
    expect(last().of("rollcall.checkin")).toHaveLength(1);
  });

  it("does not move somebody whom the hall's operator marked present", async () => {
    await begin(false);
    welcome("online");
    present("hall1");
    expect(last().of("rollcall.checkin")).toHaveLength(0);
  });

  it("outlives a reload of the tab", () => {
    writeHall("k7m2p9qx", true);
    expect([readHall("k7m2p9qx"), readHall("other")]).toEqual([true, false]);
  });
});
