import { describe, expect, it, vi } from "vitest";
import type { Link } from "../src/core/link";
import { iceServers, Negotiation } from "../src/core/negotiation";
import type { ServerMessage } from "../src/core/protocol";

const conn = () => ({
  signalingState: "stable",
  createOffer: vi.fn(async () => ({ type: "offer", sdp: "v=0" })),
  setLocalDescription: vi.fn(async () => undefined),
  setRemoteDescription: vi.fn(async () => undefined),
  getConfiguration: vi.fn(() => ({ bundlePolicy: "max-bundle", iceServers: [{ urls: ["turn:old"] }] })),
  setConfiguration: vi.fn(),
});
type Conn = ReturnType<typeof conn>;
const pc = (c: Conn) => c as unknown as RTCPeerConnection;

const linkThat = (answer: (m: { gen: number }) => object, relays: object[] = []) => {
  const asked: { gen: number; restart: boolean }[] = [];
  const ask = vi.fn(async (m: { type?: string; gen: number; restart: boolean }) => {
    if (m.type === "media.ice")
      return { type: "media.ice", re: "", servers: relays, expires_s: 300 } as unknown as ServerMessage;
    asked.push(m);
    return answer(m) as ServerMessage;
  });
  return { link: { ask } as unknown as Link, asked };
};
const answer = (m: { gen: number }) => ({ type: "media.answer", re: "", pc: "sub", gen: m.gen, sdp: "v=0 answer" });

describe("negotiation", () => {
  it("applies the answer of its own generation", async () => {
    const { link, asked } = linkThat(answer);
    const c = conn();
    const n = new Negotiation(link, "sub", "member");
    expect(await n.offer(pc(c), false)).toBe("connected");
    expect(await n.offer(pc(c), true)).toBe("connected");
    expect(c.createOffer).toHaveBeenLastCalledWith({ iceRestart: true });
    expect(asked[1]?.restart).toBe(true);
    expect((asked[1]?.gen ?? 0) - (asked[0]?.gen ?? 0)).toBe(1);
  });

  it("asks nobody while the browser knows no network", async () => {
    const { link, asked } = linkThat(answer);
    const c = { ...conn(), onicecandidate: (_: { candidate: object | null }) => {} };
    c.setLocalDescription.mockImplementation(async () => c.onicecandidate({ candidate: null }) as undefined);
    const n = new Negotiation(link, "sub", "member");
    expect(await n.offer(pc(c), false)).toBe("nowhere");
    expect(asked).toHaveLength(0);
    c.setLocalDescription.mockImplementation(async () => c.onicecandidate({ candidate: {} }) as undefined);
    expect(await n.offer(pc(c), false)).toBe("connected");
  });

  it("asks for new relays before a restart, and keeps the old ones when there are none", async () => {
    const servers = [{ urls: ["turn:new"], username: "1:a", credential: "x" }];
    const c = conn();
    expect(await new Negotiation(linkThat(answer, servers).link, "sub", "member").offer(pc(c), true)).toBe("connected");
    expect(c.setConfiguration).toHaveBeenCalledWith({ bundlePolicy: "max-bundle", iceServers: servers });
    const kept = conn();
    expect(await new Negotiation(linkThat(answer).link, "sub", "member").offer(pc(kept), true)).toBe("connected");
    expect(kept.setConfiguration).not.toHaveBeenCalled();
    const old = conn();
    old.setConfiguration.mockImplementation(() => {
      throw new TypeError("not supported");
    });
    expect(await new Negotiation(linkThat(answer, servers).link, "sub", "member").offer(pc(old), true)).toBe(
      "connected",
    );
  });

  it("asks the browser for longer packets with the last answer, and goes on doing so", async () => {
    const { link, asked } = linkThat((m) => ({
      ...answer(m),
      sdp: "m=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\n",
    }));
    const c = conn();
    const n = new Negotiation(link, "pub", "member");
    await n.packets(pc(c), 60);
    expect(c.createOffer).not.toHaveBeenCalled();
    await n.offer(pc(c), false);
    const long = { type: "answer", sdp: "m=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\na=ptime:60\r\n" };
    expect(c.setRemoteDescription).toHaveBeenLastCalledWith(long);
    await n.packets(pc(c), 0);
    expect(c.setRemoteDescription).toHaveBeenLastCalledWith({
      type: "answer",
      sdp: "m=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\n",
    });
    await n.packets(pc(c), 60);
    expect(c.setRemoteDescription).toHaveBeenLastCalledWith(long);
    expect(asked).toHaveLength(1); // of the server
    await n.packets(pc(conn()), 60); // another connection has no answer yet
    expect(c.setRemoteDescription).toHaveBeenCalledTimes(3);
  });

  it("leaves longer packets to the answer of an offer on its way, and takes back what failed", async () => {
    let release: ((m: ServerMessage) => void) | undefined;
    const { link } = linkThat(answer);
    const c = conn();
    const n = new Negotiation(link, "pub", "member");
    await n.offer(pc(c), false);
    const wait = vi.fn(() => new Promise<ServerMessage>((r) => (release = r)));
    Object.assign(link, { ask: wait });
    const under = n.offer(pc(c), false);
    await vi.waitFor(() => expect(wait).toHaveBeenCalled());
    await n.packets(pc(c), 60);
    expect(c.setRemoteDescription).toHaveBeenCalledTimes(1);
    release?.({ type: "media.refused", re: "", code: "busy" } as unknown as ServerMessage);
    expect(await under).toBe("failed");
    c.setRemoteDescription.mockRejectedValueOnce(new Error("no") as never);
    await n.packets(pc(c), 60);
    expect(c.setLocalDescription).toHaveBeenLastCalledWith({ type: "rollback" });
  });

  it("drops the answer to an offer that a newer one overtook", async () => {
    let release: ((m: ServerMessage) => void) | undefined;
    let first = 0;
    const link = {
      ask: (m: { gen: number }) => {
        if (release) return Promise.resolve(answer(m));
        first = m.gen;
        return new Promise((done) => {
          release = done as typeof release;
        });
      },
    } as unknown as Link;
    const n = new Negotiation(link, "sub", "member");
    const old = conn();
    const slow = n.offer(pc(old), false);
    await vi.waitFor(() => expect(release).toBeDefined());
    expect(await n.offer(pc(conn()), false)).toBe("connected");
    release?.(answer({ gen: first }) as ServerMessage);
    expect(await slow).toBe("stale");
    expect(old.setRemoteDescription).not.toHaveBeenCalled();
  });

  it.each([
    [{ type: "media.refused", code: "not_allowed" }, "not_allowed"],
    [{ type: "media.refused", code: "busy" }, "failed"],
    [{ type: "media.refused", code: "bad_offer" }, "failed"],
    [{ type: "media.answer", gen: 1, sdp: "x" }, "failed"],
  ])("%j is %s", async (m, want) => {
    const n = new Negotiation(linkThat(() => m).link, "pub", "member");
    expect(await n.offer(pc(conn()), false)).toBe(want);
  });

  it("goes past a generation that the server knows from elsewhere", async () => {
    const { link, asked } = linkThat((m) =>
      asked.length === 1 ? { type: "media.refused", code: "stale" } : answer(m),
    );
    const n = new Negotiation(link, "sub", "member");
    expect(await n.offer(pc(conn()), false)).toBe("failed");
    expect(await n.offer(pc(conn()), false)).toBe("connected");
    expect((asked[1]?.gen ?? 0) - (asked[0]?.gen ?? 0)).toBeGreaterThan(100_000);
  });

  it("has no relays when the server has none or does not answer", async () => {
    expect(await iceServers(linkThat(() => ({ type: "media.ice", servers: [], expires_s: 0 })).link)).toEqual([]);
    const silent = { ask: () => Promise.reject(new Error("no answer")) } as unknown as Link;
    expect(await iceServers(silent)).toEqual([]);
  });
});
