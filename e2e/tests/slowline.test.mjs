// Two viewers of one camera: behind 300 kb/s the small picture and the whole sound, on a free line the large picture.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { picture } from "../lib/fixtures.mjs";
import { keepsUp } from "../lib/idle.mjs";
import { Relay } from "../lib/relay.mjs";
import { Server, freeUDPPort, until } from "../lib/server.mjs";

const LINE_BPS = 300_000;

let server, browser, relay, chair, narrow, free, src;

before(async () => {
  const udpPort = await freeUDPPort("127.0.0.1", "127.0.0.2");
  relay = await Relay.start(udpPort);
  server = await Server.start({ udpPort, extra: ["--public-addresses", relay.host] });
  browser = await launch({ video: picture(1280, 720, 15) });
});

after(async () => {
  await browser?.close();
  await server?.close();
  relay?.close();
});

const line = async (p) => (await p.inbound()).find((s) => s.kind === "video" && s.src === src);
const sound = async (p) => (await p.inbound()).filter((s) => s.kind === "audio").reduce((a, s) => ({ samples: a.samples + s.samples, concealed: a.concealed + Math.max(0, s.concealed - s.silent) }), { samples: 0, concealed: 0 });

test("both see the chair's camera", async () => {
  chair = await Person.open(browser, server.people("chair")[0].url, { size: sizes.tablet });
  await chair.tap("join");
  await chair.tap("sitting-open");
  await chair.sees("next-item");
  await chair.tap("mic");
  await chair.tap("sitting-menu");
  await chair.tap("cam");
  const d = server.people("deputy");
  [narrow, free] = [await Person.open(browser, d[0].url, { size: sizes.desktop }), await Person.open(browser, d[1].url, { size: sizes.desktop })];
  for (const p of [narrow, free]) await p.tap("join");
  src = await until("the camera is known", async () => free.source((await chair.view("self")).person, "cam"));
  for (const p of [narrow, free]) await until("360 lines or more", async () => ((await line(p))?.height ?? 0) >= 360, 40_000);
});

test("behind 300 kb/s: the small picture, the whole sound; the other viewer keeps his", async (t) => {
  const start = Date.now();
  const flows = await relay.narrow(narrow.page, LINE_BPS);
  await until("the small picture", async () => (await line(narrow))?.height === 180, 30_000);
  t.diagnostic(`the small picture came ${Date.now() - start} ms after the line became narrow`);
  const [before, frames] = [await sound(narrow), (await line(narrow)).frames];
  await until("ten seconds of sound and fifty pictures", async () => (await sound(narrow)).samples - before.samples >= 480_000 && (await line(narrow)).frames >= frames + 50, 30_000);
  const now = await sound(narrow);
  const concealed = (now.concealed - before.concealed) / (now.samples - before.samples);
  t.diagnostic(`${(100 * concealed).toFixed(2)} % of the sound concealed; ${flows.reduce((n, f) => n + f.dropped, 0)} packets dropped by the line`);
  assert.ok(concealed < 0.05, `${(100 * concealed).toFixed(1)} % of the sound concealed`);
  assert.equal((await line(narrow)).height, 180);
  assert.ok((await line(free)).height >= 360, "the other viewer's picture");
});

test("the machine kept up", async () => {
  await keepsUp();
});
