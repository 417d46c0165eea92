import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ActError } from "../src/core/act-error";
import { Link } from "../src/core/link";
import type { ServerMessage } from "../src/core/protocol";

/** A socket whose far end is the test. */
class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: string }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  constructor() {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close() {
    this.readyState = 3;
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  say(m: object) {
    this.onmessage?.({ data: JSON.stringify(m) });
  }
  drop(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  of(type: string) {
    return this.sent.filter((m) => m.type === type);
  }
}

const welcome = (s: FakeSocket, extra: object = {}) =>
  s.say({
    type: "session.welcome",
    re: s.of("session.hello").pop()?.id,
    sid: "s",
    secret: "x",
    boot: "b1",
    seq: 4,
    now: 0,
    person: "p1",
    roles: ["deputy"],
    audience: "deputy",
    grace_ms: 60000,
    retry_ms: 300,
    resumed: false,
    place: "online",
    ...extra,
  });

let seen: ServerMessage[];
const make = () => {
  seen = [];
  const link = new Link({
    door: "k7m2p9qx",
    url: "wss://x/ws",
    onMessage: (m) => seen.push(m),
    socket: () => new FakeSocket() as unknown as WebSocket,
  });
  link.start();
  return link;
};
const socket = (): FakeSocket => {
  const s = FakeSocket.all[FakeSocket.all.length - 1];
  if (!s) throw new Error("no socket");
  return s;
};

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
});
afterEach(() => {
  vi.useRealTimers();
});

describe("link", () => {
  it("says hello first, opens on the welcome, and resumes with its secret and newest seq", async () => {
    const link = make();
    socket().open();
    expect(socket().sent[0]).toMatchObject({ type: "session.hello", door: "k7m2p9qx" });
    expect(socket().sent[0]).not.toHaveProperty("resume");
    welcome(socket());
    expect(link.state.value).toBe("open");
    socket().say({ type: "view", topic: "floor", seq: 9, data: {} });
    socket().drop();
    expect(link.state.value).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(400);
    expect(FakeSocket.all.length).toBe(2);
    socket().open();
    expect(socket().sent[0]).toMatchObject({ resume: { sid: "s", secret: "x" }, since: 9, boot: "b1" });
    welcome(socket(), { resumed: true });
    expect(link.lostAt.value).toBe(0);
    link.stop();
  });

  it("repeats an unanswered vote with the same id after a reconnect and answers once", async () => {
    const link = make();
    socket().open();
    welcome(socket());
    const got = vi.fn();
    void link.act({ type: "vote.cast", ballot: "b", choice: "for" }).then(got);
    const first = socket().of("vote.cast")[0];
    expect(first?.id).toBeTruthy();
    socket().drop();
    await vi.advanceTimersByTimeAsync(400);
    socket().open();
    welcome(socket(), { resumed: true });
    const again = socket().of("vote.cast");
    expect(again).toHaveLength(1);
    expect(again[0]).toEqual(first);
    expect(got).not.toHaveBeenCalled();
    socket().say({ type: "ok", re: first?.id, seq: 12, at: 99 });
    await vi.advanceTimersByTimeAsync(0);
    expect(got).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ seq: 12, at: 99 }));
    expect(link.pending.value).toEqual([]);
    socket().drop();
    await vi.advanceTimersByTimeAsync(400);
    socket().open();
    welcome(socket());
    expect(socket().of("vote.cast")).toHaveLength(0);
    link.stop();
  });

  it("rejects a definite refusal with its code", async () => {
    const link = make();
    socket().open();
    welcome(socket());
    const got = link.act({ type: "vote.cast", ballot: "b", choice: "for" }).catch((e: unknown) => e);
    socket().say({
      type: "error",
      re: socket().of("vote.cast")[0]?.id,
      kind: "closed",
      code: "ballot_closed",
      data: { closed_at: 5 },
    });
    const e = await got;
    expect(e).toBeInstanceOf(ActError);
    expect(e).toMatchObject({ code: "ballot_closed", data: { closed_at: 5 } });
    link.stop();
  });

  it("repeats what the server left undone", async () => {
    const link = make();
    socket().open();
    welcome(socket());
    const got = vi.fn();
    void link.act({ type: "queue.raise" }).then(got);
    const id = socket().of("queue.raise")[0]?.id;
    socket().say({ type: "error", re: id, kind: "internal", code: "internal" });
    await vi.advanceTimersByTimeAsync(600);
    expect(
      socket()
        .of("queue.raise")
        .map((m) => m.id),
    ).toEqual([id, id]);
    socket().say({ type: "ok", re: id, seq: 1, at: 1 });
    await vi.advanceTimersByTimeAsync(0);
    expect(got).toHaveBeenCalled();
    link.stop();
  });

  it("does not repeat a steering act that grew old while the socket was away", async () => {
    const link = make();
    const got = link.act({ type: "floor.give", person: "p2" }).catch((e: unknown) => e);
    await vi.advanceTimersByTimeAsync(61_000);
    link.retry();
    socket().open();
    welcome(socket());
    expect(await got).toMatchObject({ code: "too_late" });
    expect(socket().of("floor.give")).toHaveLength(0);
    link.stop();
  });

  it.each([
    [4401, "nosession"],
    [4403, "refused"],
    [4404, "gone"],
    [4409, "replaced"],
  ])("close %d ends as %s and does not come back by itself", async (code, state) => {
    const link = make();
    socket().open();
    welcome(socket());
    socket().drop(code);
    expect(link.state.value).toBe(state);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(FakeSocket.all).toHaveLength(1);
    link.stop();
  });

  it("elsewhere waits for the person and takes over on the same socket", () => {
    const link = make();
    socket().open();
    socket().say({ type: "session.elsewhere", re: socket().sent[0]?.id });
    expect(link.state.value).toBe("elsewhere");
    link.take();
    expect(FakeSocket.all).toHaveLength(1);
    expect(socket().of("session.hello")[1]).toMatchObject({ take: true });
    welcome(socket());
    expect(link.state.value).toBe("open");
    link.stop();
  });

  it("a silent server is noticed by the ping and the socket replaced", async () => {
    const link = make();
    socket().open();
    welcome(socket());
    await vi.advanceTimersByTimeAsync(10);
    expect(socket().of("session.ping")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5100);
    expect(link.state.value).not.toBe("open");
    await vi.advanceTimersByTimeAsync(400);
    expect(FakeSocket.all.length).toBe(2);
    link.stop();
  });

  it("backs off, but never longer than 5 s", async () => {
    const link = make();
    for (let i = 0; i < 9; i++) {
      socket().drop();
      await vi.advanceTimersByTimeAsync(6000);
    }
    expect(FakeSocket.all.length).toBe(10);
    link.stop();
  });

  it("tells a seat that kept its media from one that a restarted server knows by name only", async () => {
    const kept: boolean[] = [];
    const link = new Link({
      door: "k7m2p9qx",
      url: "wss://x/ws",
      onMessage: () => {},
      onWelcome: (_, k) => kept.push(k),
      socket: () => new FakeSocket() as unknown as WebSocket,
    });
    link.start();
    for (const w of [{}, { resumed: true }, { resumed: true, boot: "b2" }, { boot: "b2" }]) {
      socket().open();
      welcome(socket(), w);
      socket().drop();
      await vi.advanceTimersByTimeAsync(400);
    }
    expect(kept).toEqual([false, true, false, false]);
    link.stop();
  });

  it("comes back within the window that the server told in advance, evenly spread", async () => {
    const draws: number[] = [];
    for (const draw of [0, 0.5, 0.999]) {
      FakeSocket.all = [];
      const dice = vi.spyOn(Math, "random").mockReturnValue(draw);
      const link = make();
      socket().open();
      welcome(socket(), { retry_ms: 300 });
      socket().say({ type: "session.window", retry_ms: 4000 });
      const start = Date.now();
      socket().drop();
      while (FakeSocket.all.length < 2) await vi.advanceTimersByTimeAsync(10);
      draws.push(Date.now() - start);
      dice.mockRestore();
      link.stop();
    }
    expect(draws[0]).toBeLessThanOrEqual(10);
    expect(draws[1]).toBe(2000);
    expect(draws[2]).toBe(4000);
  });

  it("shows a restart at once and keeps to the server's moment, even beyond 5 s", async () => {
    const link = make();
    socket().open();
    welcome(socket());
    socket().say({ type: "session.retry", in_ms: 7000 });
    expect(link.restarting.value).toBe(true);
    expect(link.state.value).toBe("reconnecting");
    expect(link.lostAt.value).toBeGreaterThan(0);
    socket().drop(1012);
    await vi.advanceTimersByTimeAsync(6900);
    expect(FakeSocket.all.length).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(FakeSocket.all.length).toBe(2);
    socket().open();
    welcome(socket(), { resumed: false });
    expect(link.restarting.value).toBe(false);
    link.stop();
  });

  it("comes back at once when the own network changed and the socket is dead", async () => {
    const link = make();
    socket().open();
    welcome(socket(), { retry_ms: 4000 });
    const alive = link.probe(1000, true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await alive).toBe(false);
    await vi.advanceTimersByTimeAsync(150);
    expect(FakeSocket.all.length).toBe(2);
    socket().drop();
    await vi.advanceTimersByTimeAsync(400);
    expect(FakeSocket.all.length).toBe(3);
    link.stop();
  });

  it("replaces the socket when the network is another one, and hurries a try that waits", async () => {
    const link = make();
    socket().open();
    welcome(socket(), { retry_ms: 4000 });
    link.moved();
    expect(link.state.value).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(150);
    expect(FakeSocket.all.length).toBe(2);
    for (let i = 0; i < 6; i++) {
      socket().drop();
      await vi.advanceTimersByTimeAsync(6000);
    }
    socket().drop();
    const before = FakeSocket.all.length;
    link.moved();
    expect(FakeSocket.all.length).toBe(before + 1);
    link.stop();
  });

  it("is patient with a line on which the socket took long to open, and with each try more", async () => {
    const link = make();
    await vi.advanceTimersByTimeAsync(3000);
    socket().open();
    welcome(socket());
    const alive = link.probe(1000);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(FakeSocket.all.length).toBe(1);
    socket().say({ type: "session.pong", re: socket().of("session.ping")[0]?.id, now: 1 });
    expect(await alive).toBe(true);
    socket().drop();
    await vi.advanceTimersByTimeAsync(300);
    expect(FakeSocket.all.length).toBe(2);
    await vi.advanceTimersByTimeAsync(9900);
    expect(FakeSocket.all.length).toBe(2); // one lost: ten seconds
    await vi.advanceTimersByTimeAsync(700);
    expect(FakeSocket.all.length).toBe(3);
    await vi.advanceTimersByTimeAsync(11_500);
    expect(FakeSocket.all.length).toBe(3); // two lost: twelve
    link.stop();
  });

  it("waits longer for an answer while the server says that it is queued", async () => {
    const link = make();
    socket().open();
    welcome(socket());
    const answer = link.ask({ type: "media.offer" }, 1000);
    const id = socket().of("media.offer")[0]?.id;
    for (let i = 0; i < 3; i++) {
      await vi.advanceTimersByTimeAsync(900);
      socket().say({ type: "media.waiting", re: id, pc: "sub", ahead: 3 - i });
    }
    socket().say({ type: "media.answer", re: id, pc: "sub", gen: 1, sdp: "v=0" });
    await expect(answer).resolves.toMatchObject({ type: "media.answer" });
    expect(seen.filter((m) => m.type === "media.waiting")).toHaveLength(3);
    const late = link.ask({ type: "media.offer" }, 1000).catch((e: Error) => e.message);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await late).toContain("no answer");
    link.stop();
  });

  it("gives a request's answer to who asked, and fails it when the socket breaks", async () => {
    const link = make();
    socket().open();
    welcome(socket());
    const ice = link.ask({ type: "media.ice" });
    socket().say({ type: "media.ice", re: socket().of("media.ice")[0]?.id, servers: [], expires_s: 0 });
    expect(await ice).toMatchObject({ type: "media.ice" });
    const lost = link.ask({ type: "media.ice" }).catch((e: Error) => e.message);
    socket().drop();
    expect(await lost).toMatch(/lost/u);
    link.stop();
  });

  it("a malformed act is given up after it ended two sessions", async () => {
    const link = make();
    socket().open();
    welcome(socket());
    const got = link.act({ type: "message.send", to: "all", text: "x" }).catch((e: unknown) => e);
    socket().drop(4400);
    await vi.advanceTimersByTimeAsync(400);
    socket().open();
    socket().drop(4400);
    expect(await got).toMatchObject({ code: "malformed" });
    link.stop();
  });
});
