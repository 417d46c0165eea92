// Networks that block: the server and Chromium live in two network namespaces with a real link between them; nftables in
// the browser's namespace lets out what such a network lets out. Needs root, iproute2 and nft.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { chromiumIn, demoIn, end } from "../lib/namespace.mjs";
import { until } from "../lib/server.mjs";

const binary = process.env.E2E_BINARY ?? fileURLToPath(new URL("../../bin/nghitruong", import.meta.url));
const rounds = Number(process.env.ROUNDS ?? 100);
const [near, far] = [`ntb${process.pid}a`, `ntb${process.pid}b`];
const address = "10.77.64.2";
const sh = (line) => execFileSync("sh", ["-c", line], { stdio: ["ignore", "ignore", "inherit"] });

let dir, child, links, speaker;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "nghitruong-blocked-"));
  sh(`ip netns add ${near} && ip netns add ${far}`);
  sh(`ip link add name va netns ${near} type veth peer name vb netns ${far}`);
  sh(`ip -n ${near} addr add 10.77.64.1/24 dev va && ip -n ${far} addr add ${address}/24 dev vb`);
  for (const [ns, dev] of [[near, "va"], [far, "vb"]]) sh(`ip -n ${ns} link set lo up && ip -n ${ns} link set ${dev} up`);
  ({ child, links } = await demoIn(dir, far, binary, address));
});

after(async () => {
  await speaker?.close();
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

const options = (ns) => chromiumIn(dir, ns);

/** rules lets out what a network lets out. */
function rules(...lines) {
  sh(`ip netns exec ${near} nft flush ruleset`);
  if (lines.length === 0) return;
  sh(`ip netns exec ${near} nft 'table inet f { chain out { type filter hook output priority 0; ${lines.join("; ")}; }; }'`);
}

/** paths are the kinds of the nominated pairs: protocol of the candidate, or of the relay. */
const paths = (p) =>
  p.page.evaluate(async () => {
    const list = [];
    for (const pc of window.__pcs) {
      if (pc.connectionState === "closed") continue;
      const stats = await pc.getStats();
      for (const t of stats.values()) {
        if (t.type !== "transport" || !t.selectedCandidatePairId) continue;
        const local = stats.get(stats.get(t.selectedCandidatePairId).localCandidateId);
        list.push(local.candidateType === "relay" ? `relay/${local.relayProtocol}` : local.protocol);
      }
    }
    return list;
  });

const p95 = (ms) => ms.toSorted((a, b) => a - b)[Math.ceil(ms.length * 0.95) - 1];

test("the chair speaks", async () => {
  const chromium = await launch(options(far));
  const chair = links.people.find((p) => p.role === "chair");
  const p = await Person.open(chromium, chair.url, { size: sizes.tablet });
  speaker = chromium;
  await p.tap("join");
  await p.tap("sitting-open");
  await p.sees("next-item");
  await p.tap("mic");
  await until("the chair's microphone sends", async () => (await p.outbound()).some((s) => s.kind === "audio" && s.bytes > 5000));
});

/** unrelayed runs in the page: it takes the relays away, so that ICE-TCP is all that is left. */
function unrelayed() {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(c) {
      super({ ...c, iceServers: [] });
    }
  };
}

// With relays Chromium takes the first of ICE-TCP and TURN/TLS that answers.
for (const [name, lines, init, want] of [
  ["UDP is blocked", ["meta l4proto udp drop"], [], ["tcp", "relay/tls"]],
  ["UDP is blocked and there is no relay", ["meta l4proto udp drop"], unrelayed, ["tcp"]],
  ["only 443/tcp is open", ["oif lo accept", "tcp dport 443 accept", "drop"], [], ["relay/tls"]],
]) {
  test(`${name}: everybody joins and hears`, async () => {
    rules(...lines);
    const chromium = await launch(options(near));
    const times = [];
    const citizen = links.people.find((p) => p.role === "citizen");
    try {
      for (let i = 0; i < rounds; i++) {
        const p = await Person.open(chromium, citizen.url, { size: sizes.phone, permissions: [], init });
        await p.id("name").fill("Cử tri thử nghiệm");
        await p.id("hamlet").selectOption("Thôn 3");
        const tapped = Date.now();
        await p.tap("join");
        await p.hears(20_000);
        times.push(Date.now() - tapped);
        const used = await paths(p);
        assert.ok(used.length > 0 && used.every((u) => want.includes(u)), `paths ${used}, want ${want}`);
        await p.close();
      }
    } finally {
      await chromium.close();
      rules();
    }
    console.log(`${name}: ${times.length} of ${rounds} joined, first audio p50 ${times.toSorted((a, b) => a - b)[times.length >> 1]} ms, p95 ${p95(times)} ms`);
    assert.ok(p95(times) < 4000, `first audio p95 ${p95(times)} ms`);
  });
}
