// Pictures in three layers, the chair's gate measured at the receiver, and a shared screen, in real Chromium.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { picture } from "../lib/fixtures.mjs";
import { idle } from "../lib/idle.mjs";
import { Server, until } from "../lib/server.mjs";
import { ear, lastLoud, smallCamera, tone } from "../lib/sound.mjs";

let server, browser, machine;
let chair, viewer, small, citizen;
const who = {};

before(async () => {
  server = await Server.start();
  browser = await launch({ video: picture(1280, 720, 15) });
  machine = idle();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** the inbound line on which a source arrives */
const line = async (p, kind, src) => (await p.inbound()).find((s) => s.kind === kind && s.src === src);

/** still waits for a whole second in which a number does not change. */
async function still(what, read, ms = 15_000) {
  let seen, since;
  await until(`${what} stands still`, async () => {
    const n = await read();
    if (n !== seen) [seen, since] = [n, Date.now()];
    return Date.now() - since >= 1000;
  }, ms);
}

async function enter(url, name, options) {
  const p = await Person.open(browser, url, options);
  p.name = name;
  if (options.permissions?.length === 0) {
    await p.id("name").fill("Cử tri thử nghiệm");
    await p.id("hamlet").selectOption("Thôn 3");
  }
  await p.tap("join");
  await until(`${name} knows itself`, async () => (who[name] = (await p.view("self"))?.person));
  return p;
}

test("four people join; the chair opens", async () => {
  const d = server.people("deputy");
  chair = await enter(server.people("chair")[0].url, "chair", { size: sizes.tablet });
  viewer = await enter(d[0].url, "viewer", { size: sizes.desktop, init: tone });
  small = await enter(d[1].url, "small", { size: sizes.tablet, init: smallCamera });
  citizen = await enter(server.people("citizen")[0].url, "citizen", { size: sizes.phone, permissions: [] });
  await chair.tap("sitting-open");
  await chair.sees("next-item");
});

test("a 720p camera is sent in three layers", async () => {
  await chair.tap("sitting-menu");
  await chair.tap("cam");
  await chair.tap("sitting-menu");
  await until("q, h and f send", async () => {
    const sent = (await chair.outbound()).filter((s) => s.kind === "video" && s.frames > 15);
    const heights = Object.fromEntries(sent.map((s) => [s.rid, s.height]));
    return heights.q === 180 && heights.h === 360 && heights.f === 720;
  }, 40_000);
});

test("on a large stage it comes large, in a small tile small", async () => {
  const src = await until("the camera is known", () => viewer.source(who.chair, "cam"));
  await until("the stage shows 360 lines or more", async () => ((await line(viewer, "video", src))?.height ?? 0) >= 360, 30_000);
  await small.tap("cam");
  const other = await until("the second camera is known", () => viewer.source(who.small, "cam"));
  await chair.act({ type: "stage.pin", person: who.small });
  await until("the pinned one is on stage, the chair in a tile", async () => {
    const big = await viewer.page.$$eval("[data-testid=stage] [data-testid=tile]", (l) => l.map((e) => Number(e.dataset.src)));
    return big.includes(other) && (await line(viewer, "video", other))?.height > 0 && (await line(viewer, "video", src))?.height === 180;
  }, 30_000);
});

test("the steps stop pictures at the server, never the sound", async () => {
  await chair.tap("mic");
  await viewer.hears();
  await viewer.tap("more");
  const [tile, stage] = [await viewer.source(who.chair, "cam"), await viewer.source(who.small, "cam")];
  await viewer.tap("step-speaker");
  await still("the tile", async () => (await line(viewer, "video", tile))?.bytes);
  const frames = (await line(viewer, "video", stage)).frames;
  await until("the stage goes on", async () => (await line(viewer, "video", stage)).frames > frames + 10);
  await viewer.tap("step-audio");
  await still("every picture", async () => (await viewer.inbound()).filter((s) => s.kind === "video").reduce((n, s) => n + s.bytes, 0));
  await viewer.hears();
  await viewer.tap("step-full");
  await viewer.watches();
  await viewer.tap("panel-close");
  await chair.tap("mic");
});

test("the chair mutes all: the receivers are silent within 200 ms of the notice; undo opens again", async (t) => {
  await chair.act({ type: "gate.set", policy: "open" });
  await viewer.tap("mic");
  await small.hears();
  await ear(small.page);
  const late = [];
  for (let round = 0; round < 3; round++) {
    const start = Date.now();
    await until("the tone is heard", async () => (await lastLoud(small.page)) > start);
    const seen = await small.page.evaluate(() => window.__gates.length);
    await chair.tap("mute-all");
    const told = await until("the receiver's page is told", () => small.page.evaluate((n) => window.__gates.slice(n).find((g) => g.type === "view" && g.all)?.at, seen));
    await until("the level is 0", async () => {
      const own = (await small.inbound()).filter((s) => s.kind === "audio");
      return own.every((s) => s.level === 0) && Date.now() - (await lastLoud(small.page)) > 500;
    });
    late.push(Math.round((await lastLoud(small.page)) - told));
    await chair.tap("undo");
    await small.hears();
  }
  t.diagnostic(`last sound after the notice: ${late.join(", ")} ms`);
  assert.ok(late.every((ms) => ms <= 200), `silent only after ${late} ms`);
  await viewer.tap("mic");
});
