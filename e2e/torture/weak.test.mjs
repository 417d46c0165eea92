// Weak lines: the server and a speaker live in one network namespace, a listener's Chromium in another, with netlab's bad line between
// them. Every line is also run without what repairs it; that must show worse sound. Needs root, iproute2 and /dev/net/tun.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { chromiumIn, demoIn, end } from "../lib/namespace.mjs";
import { until } from "../lib/server.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = process.env.E2E_BINARY ?? join(root, "bin/nghitruong");
const seconds = Number(process.env.SECONDS_EACH ?? 60);
const only = process.env.LINES?.split(",");
const [near, far] = [`ntw${process.pid}a`, `ntw${process.pid}b`];
const address = "10.77.66.2";

const token = "weak-lines";

let dir, lab, child, links, speaker, talker, control, ownFreezes = 0;

/** line sets what the line does towards the listener, and back. */
function line(down, up = down) {
  writeFileSync(`${control}.new`, JSON.stringify({ AB: up, BA: down }));
  renameSync(`${control}.new`, control);
}

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "nghitruong-weak-"));
  control = join(dir, "line.json");
  line({});
  const netlab = join(dir, "netlab");
  execFileSync("go", ["build", "-o", netlab, "./e2e/lab/netlab"], { cwd: root });
  lab = spawn(netlab, ["-nsA", near, "-nsB", far, "-ipA", "10.77.66.1/24", "-ipB", `${address}/24`, "-ctl", control], { stdio: ["ignore", "pipe", "inherit"] });
  await Promise.race([once(lab.stdout, "data"), once(lab, "exit").then(() => Promise.reject(new Error("netlab ended")))]);
  ({ child, links } = await demoIn(dir, far, binary, address, { NGHITRUONG_METRICS_TOKEN: token }));
});

after(async () => {
  await speaker?.close();
  await end(child);
  await end(lab);
  rmSync(dir, { recursive: true, force: true });
});

const options = (ns) => chromiumIn(dir, ns);

/** bare runs in the page: it takes RED and retransmissions out of what the browser offers. */
function bare() {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    async createOffer(...a) {
      const o = await super.createOffer(...a);
      const gone = [...o.sdp.matchAll(/^a=rtpmap:(\d+) (?:red|rtx)\//gimu)].map((m) => m[1]);
      const lines = o.sdp.split("\r\n").filter((l) => !gone.some((pt) => new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):${pt} `, "u").test(l)));
      const sdp = lines.map((l) => (l.startsWith("m=") ? l.split(" ").filter((f, i) => i < 3 || !gone.includes(f)).join(" ") : l)).join("\r\n");
      return { type: o.type, sdp };
    }
  };
}

/** sum of what the listener's voices and pictures did so far. */
async function figures(p) {
  const list = await p.inbound();
  const sum = (kind, f) => list.filter((s) => s.kind === kind).reduce((a, s) => a + f(s), 0);
  return {
    samples: sum("audio", (s) => s.samples),
    concealed: sum("audio", (s) => s.concealed - s.silent),
    packets: sum("audio", (s) => s.packets),
    lost: sum("audio", (s) => s.lost),
    frames: sum("video", (s) => s.frames),
    freezes: sum("video", (s) => s.freezes),
    bytes: sum("video", (s) => s.bytes),
    repaired: await counted(talker, "retransmits_total"),
    asked: await counted(talker, "nacks_in_total"),
    plis: await counted(talker, "plis_in_total"),
    keys: await counted(talker, "plis_out_total"),
  };
}

/** listen joins, lets the line turn bad and gives the figures of a while, begun ten seconds later. */
async function listen(down, up, init) {
  const chromium = await launch(options(near));
  const citizen = links.people.find((p) => p.role === "citizen");
  try {
    const p = await Person.open(chromium, citizen.url, { size: sizes.phone, permissions: [], init });
    await p.id("name").fill("Cử tri thử nghiệm");
    await p.id("hamlet").selectOption("Thôn 3");
    await p.tap("join");
    await p.hears();
    line(down, up);
    await pause(10_000);
    const from = await figures(p);
    await pause(seconds * 1000);
    const to = await figures(p);
    const d = Object.fromEntries(Object.keys(to).map((k) => [k, to[k] - from[k]]));
    await p.hears(20_000); // nobody was thrown out
    assert.ok(d.samples >= 0 && d.packets >= 0, "the page had to connect anew");
    return { ...d, share: d.concealed / d.samples, loss: d.lost / (d.lost + d.packets), fps: d.frames / seconds, kbps: (d.bytes * 8) / seconds / 1000 };
  } finally {
    line({});
    await chromium.close();
  }
}

/** counted is one of the media server's counters, read through somebody's page. */
async function counted(p, name) {
  const text = await p.page.evaluate((t) => fetch("/metrics", { headers: { authorization: `Bearer ${t}` } }).then((r) => r.text()), token);
  return Number(new RegExp(`^nghitruong_sfu_${name} (.*)$`, "mu").exec(text)?.[1] ?? NaN);
}

const percent = (x) => `${(100 * x).toFixed(2)} %`;
const say = (name, f) =>
  console.log(`${name}: ${percent(f.loss)} of the voice's packets lost, ${percent(f.share)} concealed; ${f.fps.toFixed(1)} frames/s, ${f.freezes} freezes in ${seconds} s, ${f.kbps.toFixed(0)} kb/s of pictures, ${f.repaired} of ${f.asked} packets sent again, ${f.plis} times a keyframe asked for, ${f.keys} of the publisher`);

test("the chair speaks and is seen", async () => {
  speaker = await launch(options(far));
  talker = await Person.open(speaker, links.people.find((p) => p.role === "chair").url, { size: sizes.tablet });
  await talker.tap("join");
  await talker.tap("sitting-open");
  await talker.sees("next-item");
  await talker.tap("mic");
  await until("the chair's microphone sends", async () => (await talker.outbound()).some((s) => s.kind === "audio" && s.bytes > 5000));
  await talker.tap("sitting-menu");
  await talker.tap("cam");
  await until("the chair's camera sends", async () => (await talker.outbound()).some((s) => s.kind === "video" && s.frames > 20));
  const before = await counted(talker, "in_red_total");
  await until("the chair's browser repeats packets", async () => (await counted(talker, "in_red_total")) > before + 100);
});

test("a perfect line", async () => {
  const f = await listen({});
  say("a perfect line", f);
  ownFreezes = (f.freezes * 60) / seconds; // a busy machine freezes pictures by itself
});

// Bars of concealed sound, of freezes a minute more than on a perfect line, and whether the bare run must miss the first.
for (const [name, down, up, bar, freezes, compare] of [
  ["5 % and 30 ms", { DelayMs: 30, Loss: 0.05 }, { DelayMs: 30, Loss: 0.05 }, 0.01, 1, true],
  ["10 % at 300 ms round trip", { DelayMs: 150, Loss: 0.1 }, { DelayMs: 150, Loss: 0.1 }, 0.03, Infinity, true],
  ["30 % and 200 ms of jitter", { DelayMs: 200, JitterMs: 200, Loss: 0.3 }, { DelayMs: 200, JitterMs: 200, Loss: 0.3 }, 0.15, Infinity, true],
  ["300 kb/s with a queue of 2 s", { DelayMs: 30, RateKbps: 300, QueueMs: 2000 }, { DelayMs: 30 }, 0.03, Infinity, false],
]) {
  test(name, { skip: only && !only.some((l) => name.startsWith(l)) }, async () => {
    const f = await listen(down, up);
    say(name, f);
    assert.ok(f.samples > 0 && f.share < bar, `${percent(f.share)} of the sound concealed, bar ${percent(bar)}`);
    assert.ok((f.freezes * 60) / seconds - ownFreezes <= freezes, `${f.freezes} freezes in ${seconds} s, ${ownFreezes} a minute on a perfect line`);
    if (!compare) return;
    const control = await listen(down, up, bare);
    say(`${name}, without RED and retransmissions`, control);
    assert.ok(control.share > bar, `the control conceals ${percent(control.share)} only: it shows nothing`);
  });
}

/** voice is what a page has sent of its microphone so far. */
const voice = (p) => p.page.evaluate(async () => {
  for (const pc of window.__pcs) {
    for (const s of (await pc.getStats()).values()) {
      if (s.type === "outbound-rtp" && s.kind === "audio" && pc.connectionState === "connected") return { packets: s.packetsSent, at: s.timestamp };
    }
  }
  return { packets: 0, at: 0 };
});

test("a speaker on 60 kb/s: the voice goes in packets of 60 ms and gets through", { skip: only && !only.includes("speaker") }, async () => {
  await speaker.close();
  speaker = await launch(options(near));
  talker = await Person.open(speaker, links.people.find((p) => p.role === "chair").url, { size: sizes.tablet });
  await talker.tap("join");
  await talker.tap("mic");
  await until("the chair's microphone sends", async () => (await voice(talker)).packets > 50);
  const chromium = await launch(options(far));
  try {
    const p = await Person.open(chromium, links.people.find((l) => l.role === "citizen").url, { size: sizes.phone, permissions: [] });
    await p.id("name").fill("Cử tri thử nghiệm");
    await p.id("hamlet").selectOption("Thôn 3");
    await p.tap("join");
    await p.hears();
    line({ DelayMs: 30 }, { DelayMs: 30, RateKbps: 60, QueueMs: 1000 });
    let rate = 50;
    await until("longer packets", async () => {
      const from = await voice(talker);
      await pause(2000);
      const to = await voice(talker);
      rate = ((to.packets - from.packets) * 1000) / (to.at - from.at);
      return rate < 20;
    }, 30_000);
    await pause(3000); // the queue empties
    const [from, sent] = [await figures(p), await voice(talker)];
    await pause(20_000); // a try with the usual packets comes a minute after the change
    const [to, then] = [await figures(p), await voice(talker)];
    const share = (to.concealed - from.concealed) / (to.samples - from.samples);
    rate = ((then.packets - sent.packets) * 1000) / (then.at - sent.at);
    console.log(`a speaker on 60 kb/s: ${rate.toFixed(1)} packets/s, ${percent(share)} concealed`);
    assert.ok(to.samples > from.samples && share < 0.02, `${percent(share)} of the sound concealed`);
  } finally {
    line({});
    await chromium.close();
  }
});
