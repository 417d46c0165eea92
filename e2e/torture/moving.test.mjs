// A browser that moves: its network interface goes away in the call and another one with another address comes, as from Wi-Fi to 4G
// and back; and a tunnel, in which no packet passes. Server and browser live in two network namespaces with two links between them.
// Needs root, iproute2 and nft.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inflateRawSync } from "node:zlib";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { chromiumIn, demoIn, end } from "../lib/namespace.mjs";
import { until } from "../lib/server.mjs";
import { tone } from "../lib/sound.mjs";

const binary = process.env.E2E_BINARY ?? fileURLToPath(new URL("../../bin/nghitruong", import.meta.url));
const changes = Number(process.env.CHANGES ?? 20);
const TUNNEL_MS = 20_000;
const BAR_MS = 2000;
const SETTLE_MS = 6000; // browsers tell pages late that the network changed: what they do then counts too

const [near, far] = [`ntm${process.pid}a`, `ntm${process.pid}b`];
const address = "10.77.70.1"; // of the server, on a link of its own
const sh = (line) => execFileSync("sh", ["-c", line], { stdio: ["ignore", "ignore", "inherit"] });

let dir, child, links, chairs, movers, chair, deputy, citizen, at = 0;
let me = "";

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "nghitruong-moving-"));
  for (const ns of [near, far]) sh(`ip netns add ${ns} && ip netns exec ${ns} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1`);
  sh(`ip link add vs netns ${far} type veth peer name vt netns ${far}`);
  for (const n of [0, 1]) {
    sh(`ip link add va${n} netns ${near} type veth peer name vb${n} netns ${far}`);
    sh(`ip -n ${far} addr add 10.77.${68 + n}.1/24 dev vb${n} && ip -n ${far} link set vb${n} up`);
  }
  sh(`ip -n ${far} addr add ${address}/32 dev vs && ip -n ${far} link set vs up && ip -n ${far} link set vt up`);
  sh(`ip -n ${far} link set lo up && ip -n ${near} link set lo up`);
  move();
  ({ child, links } = await demoIn(dir, far, binary, address));
});

after(async () => {
  await movers?.close();
  await chairs?.close();
  await end(child);
  for (const ns of [near, far]) {
    try {
      sh(`ip netns del ${ns}`);
    } catch {
      // It was never made.
    }
  }
  rmSync(dir, { recursive: true, force: true });
});

/** move takes the browser's interface away and brings the other one up, with an address that was not there before. */
function move() {
  const [now, old] = [++at % 2, (at + 1) % 2];
  sh(`ip -n ${near} link set va${old} down && ip -n ${near} addr flush dev va${old}
      ip -n ${near} addr add 10.77.${68 + now}.${2 + (at % 250)}/24 dev va${now} && ip -n ${near} link set va${now} up
      ip -n ${near} route add default via 10.77.${68 + now}.1`);
}

const options = (ns) => chromiumIn(dir, ns);

/** listener runs in the page: it notes the longest time without a new packet of sound. */
function listener() {
  const g = (window.__gap = { packets: 0, last: 0, longest: 0 });
  window.__quietMs = () => performance.now() - g.last;
  window.__gapNow = () => Math.max(g.longest, performance.now() - g.last);
  window.__gapAnew = () => {
    g.longest = 0;
    g.last = performance.now();
  };
  setInterval(async () => {
    let packets = 0;
    for (const pc of window.__pcs) {
      if (pc.connectionState === "closed") continue;
      for (const s of (await pc.getStats()).values()) if (s.type === "inbound-rtp" && s.kind === "audio") packets += s.packetsReceived;
    }
    if (packets === g.packets) return;
    const now = performance.now();
    if (packets > 0) {
      g.longest = Math.max(g.longest, now - g.last);
      g.last = now;
    }
    g.packets = packets;
  }, 50);
}

/** blind runs in the page: the control. It hears nothing of networks, and sees bytes where there are none. */
function blind() {
  const add = window.addEventListener.bind(window);
  window.addEventListener = (type, ...more) => {
    if (type !== "online" && type !== "offline") add(type, ...more);
  };
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    async getStats() {
      const real = [...(await super.getStats())];
      return new Map(real.map(([id, s]) => [id, s.type === "candidate-pair" ? { ...s, bytesReceived: performance.now() } : s]));
    }
  };
}

const p95 = (ms) => ms.toSorted((a, b) => a - b)[Math.ceil(ms.length * 0.95) - 1];
const spread = (ms) => `p50 ${Math.round(ms.toSorted((a, b) => a - b)[ms.length >> 1])}, p95 ${Math.round(p95(ms))}, max ${Math.round(Math.max(...ms))} ms`;

/** gaps gives the longest silence at the deputy, the citizen and, of the deputy's voice, at the chair, while something happens. */
async function gaps(what) {
  const all = [deputy, citizen, chair];
  for (const p of all) await p.page.evaluate(() => window.__gapAnew());
  await what();
  return Promise.all(all.map((p) => p.page.evaluate(() => window.__gapNow())));
}

/** hearing waits until sound comes to everybody. */
async function hearing(ms = 20_000) {
  for (const p of [deputy, citizen, chair]) await until(`sound comes to the ${p.name}`, () => p.page.evaluate(() => window.__quietMs() < 300), ms, 50);
}

async function enterMovers(init) {
  movers = await launch(options(near));
  const person = links.people.filter((p) => p.role === "deputy")[0];
  deputy = await Person.open(movers, person.url, { size: sizes.desktop, init: [tone, listener, init] });
  deputy.name = "deputy";
  await deputy.tap("join");
  me = await until("the deputy knows itself", async () => (await deputy.view("self"))?.person, 20_000);
  citizen = await Person.open(movers, links.people.find((p) => p.role === "citizen").url, { size: sizes.phone, permissions: [], init: [listener, init] });
  citizen.name = "citizen";
  await citizen.id("name").fill("Cử tri thử nghiệm");
  await citizen.id("hamlet").selectOption("Thôn 3");
  await citizen.tap("join");
  await deputy.tap("mic");
  for (const p of [deputy, citizen, chair]) await p.hears();
}

/** kept checks that the others still see the deputy's seat, hand and vote. */
async function kept() {
  const rows = (await chair.view("people")).people.filter((p) => p.id === me);
  assert.equal(rows.length, 1, "one seat");
  assert.deepEqual((await chair.view("queue")).entries.map((e) => e.person), [me], "the hand");
  assert.equal((await chair.view("ballot")).ballot.pressed, 1, "the vote");
  assert.equal(await deputy.page.evaluate(() => document.querySelector("[data-testid=receipt]")?.dataset.choice), "for");
}

/** ledger gives the sitting's records, from the bundle that the office downloads. */
async function ledger() {
  const office = await Person.open(chairs, links.office.url.replace(/#.*/u, ""), { size: sizes.desktop });
  await chair.act({ type: "ballot.close", ballot: (await chair.view("ballot")).ballot.id });
  await chair.act({ type: "sitting.close" });
  const bytes = await office.page.evaluate(async (o) => {
    const answer = await fetch("/api/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: o.name, password: o.password }) });
    if (!answer.ok) throw new Error(`login: ${answer.status}`);
    const sittings = await (await fetch("/api/office/sittings")).json();
    const zip = await fetch(`/api/office/sittings/${sittings[0].id}/ledger.zip`);
    if (!zip.ok) throw new Error(`ledger: ${zip.status}`);
    return [...new Uint8Array(await zip.arrayBuffer())];
  }, links.office);
  await office.close();
  return unzip(Buffer.from(bytes), ".jsonl").trim().split("\n").map((l) => JSON.parse(l));
}

/** unzip gives the text of the first file with such an ending (APPNOTE.TXT 4.3.12, deflated or stored). */
function unzip(b, ending) {
  for (let i = b.indexOf("PK\x01\x02"); i >= 0; i = b.indexOf("PK\x01\x02", i + 4)) {
    const [method, size, name, begin] = [b.readUInt16LE(i + 10), b.readUInt32LE(i + 20), b.readUInt16LE(i + 28), b.readUInt32LE(i + 42)];
    if (!b.toString("utf8", i + 46, i + 46 + name).endsWith(ending)) continue;
    const from = begin + 30 + b.readUInt16LE(begin + 26) + b.readUInt16LE(begin + 28);
    const body = b.subarray(from, from + size);
    return (method === 8 ? inflateRawSync(body) : body).toString("utf8");
  }
  throw new Error(`no ${ending} in the bundle`);
}

test("a deputy with a hand and a vote speaks, the chair too; a citizen listens", async () => {
  chairs = await launch(options(far));
  chair = await Person.open(chairs, links.people.find((p) => p.role === "chair").url, { size: sizes.tablet, init: [tone, listener] });
  chair.name = "chair";
  await chair.tap("join");
  await chair.tap("sitting-open");
  await chair.sees("next-item");
  await chair.act({ type: "rollcall.open" });
  const deputies = (await chair.view("people")).people.filter((p) => p.roles.includes("deputy")).slice(0, 22);
  for (const p of deputies) await chair.act({ type: "rollcall.set", person: p.id, state: "present" });
  await chair.act({ type: "rollcall.close" });
  await chair.act({ type: "gate.set", policy: "open" });
  await chair.tap("mic");
  await enterMovers();
  await deputy.tap("hand");
  await until("the deputy has a place", async () => (await deputy.view("self")).place > 0);
  await chair.tap("next-item");
  await chair.tap("ballot-open");
  await chair.tap("ballot-open-now");
  await deputy.tap("vote-for");
  await until("the vote is received", () => deputy.page.evaluate(() => document.querySelector("[data-testid=receipt]")?.dataset.choice === "for"));
  await kept();
});

/** moves changes the network n times and gives the silences of each. */
async function moves(n, patience) {
  const all = [];
  for (let i = 0; i < n; i++) {
    const g = await gaps(async () => {
      move();
      await pause(SETTLE_MS);
      await hearing(patience);
    });
    console.log(`change ${i + 1}: silent at the deputy ${Math.round(g[0])}, at the citizen ${Math.round(g[1])}, of the deputy at the chair ${Math.round(g[2])} ms`);
    all.push(g);
  }
  return [0, 1, 2].map((k) => all.map((g) => g[k]));
}

test("the network changes again and again: short gaps, nothing is lost", async () => {
  const [own, listening, heard] = await moves(changes);
  console.log(`${changes} changes of the network: silent at a speaking deputy ${spread(own)}; at a listening citizen ${spread(listening)}; the deputy's voice at the chair ${spread(heard)}`);
  await kept();
  for (const [who, ms] of Object.entries({ own, listening, heard })) assert.ok(p95(ms) < BAR_MS, `${who}: p95 ${p95(ms)} ms`);
});

test("a tunnel of 20 s: seat, hand and vote stay, sound comes back by itself", async () => {
  const drop = `table inet f { chain in { type filter hook input priority 0; drop; }; chain out { type filter hook output priority 0; drop; }; }`;
  let out = 0, shown = 0;
  const silent = await gaps(async () => {
    sh(`ip netns exec ${near} nft '${drop}'`);
    const begin = Date.now();
    const end = begin + TUNNEL_MS;
    await deputy.sees("banner", TUNNEL_MS);
    while (Date.now() < end) {
      await kept();
      if (!shown && !(await chair.view("queue")).entries[0].online) shown = Date.now() - begin;
      await pause(500);
    }
    sh(`ip netns exec ${near} nft flush ruleset`);
    out = Date.now();
    await hearing();
    await until("the banner goes", () => deputy.page.evaluate(() => !document.querySelector("[data-testid=banner]")?.dataset.kind));
  });
  console.log(`a tunnel of ${TUNNEL_MS / 1000} s: everybody hears and the banner is gone ${Date.now() - out} ms after it; the chair's row shows the loss after ${shown} ms; silent in all ${silent.map((ms) => Math.round(ms)).join(", ")} ms`);
  assert.ok(shown > 0 && shown < 13_000, "the chair is not told that the deputy has no line");
  assert.ok(Math.min(...silent) >= TUNNEL_MS - 1000, "the tunnel let something through");
  await kept();
  await until("the chair's row shows the return", async () => (await chair.view("queue")).entries[0].online);
});

test("control: a page that does not notice is silent for too long", async () => {
  await movers.close();
  await enterMovers(blind);
  const all = (await moves(Math.max(2, Math.floor(changes / 10)), 60_000)).flat();
  console.log(`a page that notices nothing: ${spread(all)}`);
  assert.ok(p95(all) > BAR_MS, "the control shows nothing");
});

test("the ledger knows one coming of the deputy, and no loss", async () => {
  const own = (await ledger()).filter((r) => r.actor === me || JSON.stringify(r.body).includes(me));
  const count = (type) => own.filter((r) => r.type === type).length;
  const counts = Object.fromEntries(["PersonMarked", "PersonLost", "PersonBack", "HandRaised", "HandLowered", "VoteReceived"].map((t) => [t, count(t)]));
  assert.deepEqual(counts, { PersonMarked: 1, PersonLost: 0, PersonBack: 0, HandRaised: 1, HandLowered: 0, VoteReceived: 1 });
});
