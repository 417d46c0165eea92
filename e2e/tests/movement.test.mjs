// Lines that break: a deputy cut off, sound and picture cut off alone, a closed PeerConnection, a killed server. Everybody
// comes back by himself; hands and votes stay.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { keepsUp } from "../lib/idle.mjs";
import { Relay } from "../lib/relay.mjs";
import { Server, during, freeUDPPort, until } from "../lib/server.mjs";

const AWAY_MS = 20_000;

let server, browser, relay;
let chair, first, second, citizen, all;
const who = {};

before(async () => {
  const udpPort = await freeUDPPort("127.0.0.1", "127.0.0.2");
  relay = await Relay.start(udpPort);
  server = await Server.start({ udpPort, extra: ["--public-addresses", relay.host] });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.close();
  relay?.close();
});

async function enter(url, name, options) {
  const p = await Person.open(browser, url, options);
  p.name = name;
  if (options.permissions?.length === 0) {
    await p.id("name").fill("Cử tri thử nghiệm");
    await p.id("hamlet").selectOption("Thôn 3");
  }
  await p.tap("join");
  await until(`${name} knows itself`, async () => (who[name] = (await p.view("self"))?.person), 30_000);
  return p;
}

const queue = async (p) => (await p.view("queue")).entries.map((e) => e.person);
const data = (p, id, name) => p.page.evaluate(([i, n]) => document.querySelector(`[data-testid=${i}]`)?.dataset[n] ?? "", [id, name]);
const banner = (p) => data(p, "banner", "kind");
const choice = (p) => data(p, "receipt", "choice");

test("a sitting with a quorum, two hands, an open vote and a chair who is heard", async () => {
  const d = server.people("deputy");
  chair = await enter(server.people("chair")[0].url, "chair", { size: sizes.tablet });
  first = await enter(d[0].url, "first", { size: sizes.desktop });
  second = await enter(d[1].url, "second", { size: sizes.tablet });
  citizen = await enter(server.people("citizen")[0].url, "citizen", { size: sizes.phone, permissions: [] });
  all = [chair, first, second, citizen];
  await chair.tap("sitting-open");
  await chair.sees("next-item");
  await chair.act({ type: "rollcall.open" });
  const deputies = (await chair.view("people")).people.filter((p) => p.roles.includes("deputy")).slice(0, 22);
  for (const p of deputies) await chair.act({ type: "rollcall.set", person: p.id, state: "present" });
  await chair.act({ type: "rollcall.close" });
  for (const p of [first, second]) {
    await p.tap("hand");
    await until(`${p.name} has a place`, async () => (await p.view("self")).place > 0);
  }
  await chair.tap("next-item");
  await chair.tap("ballot-open");
  await chair.tap("ballot-open-now");
  await first.tap("vote-for");
  await until("the vote is received", async () => (await choice(first)) === "for");
  await chair.tap("mic");
  for (const p of [first, second, citizen]) await p.hears();
});

test("a deputy without a line for 20 s keeps hand and vote", async (t) => {
  const start = Date.now();
  await first.context.setOffline(true);
  await first.sees("banner", 20_000);
  t.diagnostic(`the banner stands after ${Date.now() - start} ms`);
  assert.equal(await banner(first), "socket");
  await first.shot("banner-socket", [sizes.desktop, sizes.phone]);
  await during("the others see the hand and the vote", start + AWAY_MS - Date.now(), async () => {
    const b = (await chair.view("ballot")).ballot;
    return (await queue(chair)).join() === [who.first, who.second].join() && b.pressed === 1 && (await banner(first)) === "socket" && (await choice(first)) === "for";
  });
  const back = Date.now();
  await first.context.setOffline(false);
  await until("the banner goes", async () => (await banner(first)) === "", 10_000);
  t.diagnostic(`back ${Date.now() - back} ms after the line`);
  assert.deepEqual(await queue(chair), [who.first, who.second], "hands");
  assert.equal((await first.view("self")).place, 1);
  assert.equal(await choice(first), "for");
  assert.equal((await chair.view("people")).people.filter((p) => p.id === who.first).length, 1);
  const welcomes = await first.page.evaluate(() => window.__welcomes);
  assert.deepEqual(welcomes.map((w) => w.resumed), [false, true]);
  await first.hears();
});

test("sound and picture cut off alone: the deputy still votes, and hears again by himself", async (t) => {
  const start = Date.now();
  await relay.cut(second.page);
  await until("the banner tells of the media", async () => (await banner(second)) === "media", 20_000);
  t.diagnostic(`the banner stands after ${Date.now() - start} ms`);
  await second.tap("vote-against");
  await until("the vote is received", async () => (await choice(second)) === "against");
  await second.hears(20_000);
  t.diagnostic(`heard again ${Date.now() - start} ms after the cut`);
  await until("the banner goes", async () => (await banner(second)) === "");
});

test("a PeerConnection that the browser closed is made anew within 5 s", async (t) => {
  const start = Date.now();
  const before = await first.page.evaluate(() => {
    window.__pcs.at(-1).close();
    return window.__pcs.length;
  });
  await until("a new one connects", () => first.page.evaluate((n) => window.__pcs.slice(n).some((c) => c.connectionState === "connected"), before), 5000);
  t.diagnostic(`connected after ${Date.now() - start} ms`);
  await first.hears();
});

/** when a page was welcomed by the new server and heard it, Unix milliseconds */
async function resumed(p, killed, pcs) {
  const welcome = await until(`${p.name} is welcomed again`, () => p.page.evaluate((t) => window.__welcomes.find((w) => w.at > t)?.at, killed), 20_000, 50);
  if (p === chair) return { welcome, sound: 0 };
  await until(`${p.name} hears again`, () => p.page.evaluate(async (n) => {
    for (const pc of window.__pcs.slice(n)) {
      for (const s of (await pc.getStats()).values()) if (s.type === "inbound-rtp" && s.kind === "audio" && s.totalAudioEnergy > 0.001) return true;
    }
    return false;
  }, pcs), 20_000, 50);
  return { welcome, sound: Date.now() };
}

test("the server is killed and comes back: everybody resumes within 3 s and hears within 2 s; votes stay", async (t) => {
  const pcs = await Promise.all(all.map((p) => p.page.evaluate(() => window.__pcs.length)));
  const killed = Date.now();
  await server.kill("SIGKILL");
  const [, ...back] = await Promise.all([server.launch().then(() => (server.readyAt = Date.now())), ...all.map((p, i) => resumed(p, killed, pcs[i]))]);
  const ready = server.readyAt;
  for (const [i, b] of back.entries()) {
    const sound = b.sound ? `, sound ${b.sound - ready} ms` : "";
    t.diagnostic(`${all[i].name}: welcome ${Math.round(b.welcome - ready)} ms${sound} after the server was ready (${ready - killed} ms after the kill)`);
  }
  for (const b of back) {
    assert.ok(b.welcome - ready <= 3000, "signaling within 3 s");
    assert.ok(b.sound - ready <= 2000, "sound within 2 s");
  }
  assert.equal(await choice(first), "for");
  assert.equal(await choice(second), "against");
  assert.deepEqual(await queue(chair), [who.first, who.second]);
  for (const p of all) await until(`${p.name} shows no banner`, async () => (await banner(p)) === "");
  await first.tap("vote-none");
  await until("a vote is changed after the restart", async () => (await choice(first)) === "not_voting");
  await first.tap("vote-for");
  await until("and back", async () => (await choice(first)) === "for");
  await chair.tap("ballot-close");
  await chair.tap("close-anyway");
  const result = await until("the result is there", async () => (await second.view("ballot")).ballot.result);
  const count = Object.fromEntries(result.options.map((o) => [o.id, o.count]));
  assert.deepEqual([count.for, count.against], [1, 1]);
});

test("the server stops in order: everybody is told at once and comes back; hands stay", async (t) => {
  const pcs = await Promise.all(all.map((p) => p.page.evaluate(() => window.__pcs.length)));
  const told = Date.now();
  const stopped = server.kill("SIGTERM");
  await until("the banner stands", async () => (await banner(second)) === "socket", 1500, 20);
  t.diagnostic(`the banner stands after ${Date.now() - told} ms`);
  await second.shot("banner-restart", [sizes.phone, sizes.tablet, sizes.desktop]);
  await stopped;
  await server.launch();
  const ready = Date.now();
  const back = await Promise.all(all.map((p, i) => resumed(p, told, pcs[i])));
  for (const [i, b] of back.entries()) {
    t.diagnostic(`${all[i].name}: welcome ${Math.round(b.welcome - ready)} ms${b.sound ? `, sound ${b.sound - ready} ms` : ""} after the server was ready (${ready - told} ms after the signal)`);
    assert.ok(b.welcome - ready <= 6000, "signaling within one backoff");
  }
  assert.deepEqual(await queue(chair), [who.first, who.second], "hands");
  for (const p of all) await until(`${p.name} shows no banner`, async () => (await banner(p)) === "");
});

test("no page broke, the machine kept up", async () => {
  for (const p of all) {
    const own = p.errors.filter((e) => !/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|WebSocket connection|Failed to load resource/.test(e));
    assert.deepEqual(own, [], p.name);
  }
  await keepsUp();
});
