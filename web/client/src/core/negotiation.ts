/** Offers of one PeerConnection over the socket: the client offers, the server answers the newest generation only. */
import type { Link } from "./link";
import type { PC, Profile } from "./protocol";
import { withPacketTime } from "./thrift";

/** nowhere: the browser knows no network at the moment. */
export type OfferResult = "connected" | "stale" | "not_allowed" | "nowhere" | "failed";

/** Milliseconds that a PeerConnection waits for its relays: most people need none. */
const ICE_WAIT = 1000;

/** Milliseconds for an offer and its answer, tens of kilobytes: a line that loses every third packet needs most of it. */
const OFFER_WAIT = 20_000;

/** iceServers asks for relays; a server that relays nothing, or answers too late, gives none. */
export async function iceServers(link: Link): Promise<RTCIceServer[]> {
  try {
    const m = await link.ask({ type: "media.ice" }, ICE_WAIT);
    if (m.type !== "media.ice") return [];
    return (m.servers ?? []).map((s) => ({ urls: s.urls, username: s.username, credential: s.credential }));
  } catch {
    return [];
  }
}

/** refreshRelays gives a PeerConnection new credentials; when there are none it keeps those it has. */
async function refreshRelays(link: Link, conn: RTCPeerConnection): Promise<void> {
  const servers = await iceServers(link);
  if (servers.length === 0) return;
  try {
    conn.setConfiguration({ ...conn.getConfiguration(), iceServers: servers });
  } catch {
    // A closed connection, or an old browser: the restart goes on with the relays it knows.
  }
}

/** Milliseconds that a browser may take to find its first address; it needs a few. */
const ADDRESS_WAIT = 150;

/** findsAddress tells whether the browser finds an address: just after the network changed it may know the old one only. */
function findsAddress(conn: RTCPeerConnection): Promise<boolean> {
  return new Promise((done) => {
    setTimeout(done, ADDRESS_WAIT, true);
    conn.onicecandidate = (e) => done(e.candidate !== null);
  });
}

const closed = (conn: RTCPeerConnection) => (conn.signalingState as string) === "closed";

/** Generations start from the clock, so that a reloaded page, whose seat the server still knows, is never behind. */
const EPOCH_MS = Date.UTC(2026, 0, 1);
const STALE_STEP = 1_000_000;

/** Negotiation counts the generations of one kind of PeerConnection in this page. */
export class Negotiation {
  /** Milliseconds of sound in a packet that answers ask for, 0: the browser's own. */
  private ptime = 0;
  private asking = 0;
  private answered: { conn: RTCPeerConnection; sdp: string } | undefined;
  private gen = Math.max(0, Math.floor((Date.now() - EPOCH_MS) / 1000));

  constructor(
    private readonly link: Link,
    private readonly pc: PC,
    private readonly profile: Profile,
  ) {}

  /** offer makes, sends and applies; candidates are not waited for, because the server ignores them. */
  async offer(conn: RTCPeerConnection, restart: boolean): Promise<OfferResult> {
    const gen = ++this.gen;
    this.asking++;
    try {
      if (restart) await refreshRelays(this.link, conn);
      if (gen !== this.gen || closed(conn)) return "stale";
      const offer = await conn.createOffer(restart ? { iceRestart: true } : {});
      if (gen !== this.gen || closed(conn)) return "stale";
      const found = restart ? Promise.resolve(true) : findsAddress(conn);
      await conn.setLocalDescription(offer);
      if (!(await found)) return "nowhere";
      if (gen !== this.gen || closed(conn)) return "stale";
      const m = await this.link.ask(
        { type: "media.offer", pc: this.pc, gen, profile: this.profile, restart, sdp: offer.sdp ?? "" },
        OFFER_WAIT,
      );
      if (gen !== this.gen || closed(conn)) return "stale";
      if (m.type === "media.refused") {
        // Stale although it was our newest: another device's clock runs ahead of ours. Go past it.
        if (m.code === "stale") this.gen += STALE_STEP;
        return m.code === "not_allowed" ? "not_allowed" : "failed";
      }
      if (m.type !== "media.answer" || m.gen !== gen) return "failed";
      this.answered = { conn, sdp: m.sdp };
      await conn.setRemoteDescription({ type: "answer", sdp: withPacketTime(m.sdp, this.ptime) });
      return "connected";
    } catch {
      return gen === this.gen ? "failed" : "stale";
    } finally {
      this.asking--;
    }
  }

  /**
   * packets asks the browser for packets with so many milliseconds of sound, 0: its own. It gives the browser the
   * server's last answer again, so nothing is sent and nothing else changes; with an offer on its way, its answer does it.
   */
  async packets(conn: RTCPeerConnection, ms: number): Promise<void> {
    this.ptime = ms;
    const gen = this.gen;
    const answered = this.answered;
    const free = () => gen === this.gen && !this.asking && !closed(conn);
    if (answered?.conn !== conn || conn.signalingState !== "stable" || !free()) return;
    try {
      const offer = await conn.createOffer();
      if (!free()) return;
      await conn.setLocalDescription(offer);
      if (!free()) return;
      await conn.setRemoteDescription({ type: "answer", sdp: withPacketTime(answered.sdp, ms) });
    } catch {
      if (free()) await conn.setLocalDescription({ type: "rollback" }).catch(() => undefined);
    }
  }
}
