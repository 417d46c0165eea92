// A UDP line between browsers and the server's media port that can be cut or made narrow for one person.
import { createSocket } from "node:dgram";

const MAGIC = 0x2112a442; // RFC 8489 section 5
const USERNAME = 0x0006;

/** the client's ICE fragment in a STUN binding request ("server:client", RFC 8445 section 7.2.2), "" in anything else */
function fragment(m) {
  if (m.length < 20 || m.readUInt16BE(0) !== 1 || m.readUInt32BE(4) !== MAGIC) return "";
  for (let at = 20; at + 4 <= m.length; ) {
    const [type, n] = [m.readUInt16BE(at), m.readUInt16BE(at + 2)];
    if (type === USERNAME) return m.toString("utf8", at + 4, at + 4 + n).split(":")[1] ?? "";
    at += 4 + ((n + 3) & ~3);
  }
  return "";
}

const bind = (s, port, host) => new Promise((ok, bad) => s.once("error", bad).bind(port, host, ok));

export class Relay {
  /** Listens on host:port and speaks to 127.0.0.1:port; the server is started with --public-addresses host. */
  static async start(port, host = "127.0.0.2") {
    const r = new Relay();
    [r.port, r.host, r.flows] = [port, host, new Map()];
    r.front = createSocket("udp4");
    await bind(r.front, port, host);
    r.front.on("message", (m, from) => r.up(m, from));
    return r;
  }

  up(m, from) {
    const key = `${from.address}:${from.port}`;
    let flow = this.flows.get(key);
    if (!flow) {
      flow = { names: new Set(), back: createSocket("udp4"), free: 0, waiting: [] };
      flow.back.bind(0, "127.0.0.1");
      flow.back.on("message", (b) => this.down(flow, b, from));
      this.flows.set(key, flow);
    }
    const name = fragment(m);
    if (name) flow.names.add(name);
    if (!flow.cut) flow.back.send(m, this.port, "127.0.0.1");
  }

  down(flow, m, to) {
    if (flow.cut) return;
    if (!flow.rate) {
      this.front.send(m, to.port, to.address);
      return;
    }
    const now = performance.now();
    flow.free = Math.max(flow.free, now) + (8000 * (m.length + 28)) / flow.rate;
    if (flow.free - now > flow.queue) {
      flow.free -= (8000 * (m.length + 28)) / flow.rate;
      flow.dropped++;
      return;
    }
    setTimeout(() => !this.closed && this.front.send(m, to.port, to.address), flow.free - now);
  }

  /** the flows that a page's PeerConnections use now */
  async of(page) {
    const names = await page.evaluate(() =>
      window.__pcs.filter((c) => c.connectionState !== "closed").flatMap((c) => [...(c.localDescription?.sdp ?? "").matchAll(/a=ice-ufrag:(\S+)/g)].map((m) => m[1])),
    );
    return [...this.flows.values()].filter((f) => names.some((n) => f.names.has(n)));
  }

  /** cut drops everything of the flows that a page uses now, in both directions; gives a function that mends them. */
  async cut(page) {
    const flows = await this.of(page);
    if (!flows.length) throw new Error("the page has no flow through the relay");
    for (const f of flows) f.cut = true;
    return () => {
      for (const f of flows) f.cut = false;
    };
  }

  /** narrow lets bps bits a second through to the page, behind a queue of some milliseconds. */
  async narrow(page, bps, queue = 300) {
    const flows = await this.of(page);
    if (!flows.length) throw new Error("the page has no flow through the relay");
    for (const f of flows) Object.assign(f, { rate: bps, queue, dropped: 0 });
    return flows;
  }

  close() {
    this.closed = true;
    this.front.close();
    for (const f of this.flows.values()) f.back.close();
  }
}
