// Firefox in a sitting with Chromium: each hears and sees the other, under the right name.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, sizes } from "../lib/browser.mjs";
import * as firefox from "../lib/firefox.mjs";
import { direct } from "../lib/paths.mjs";
import { Server, until } from "../lib/server.mjs";

let server, chromium, fox, chair, deputy;
const who = {};

before(async () => {
  server = await Server.start();
  [chromium, fox] = await Promise.all([launch(), firefox.launch()]);
});

after(async () => {
  await fox?.close();
  await chromium?.close();
  await server?.close();
});

test("a deputy joins with Firefox, the chair with Chromium", async () => {
  chair = await Person.open(chromium, server.people("chair")[0].url, { size: sizes.tablet });
  chair.name = "chair";
  await chair.tap("join");
  await chair.tap("sitting-open");
  await chair.sees("next-item");
  deputy = await firefox.FirefoxPerson.open(fox, server.people("deputy")[0].url, sizes.desktop);
  await deputy.tap("join");
  for (const [name, p] of Object.entries({ chair, deputy })) await until(`${name} knows itself`, async () => (who[name] = (await p.view("self"))?.person), 30_000);
});

test("Firefox hears and sees Chromium's chair", async () => {
  await chair.tap("mic");
  await chair.tap("sitting-menu");
  await chair.tap("cam");
  await deputy.hears();
  const frames = async () => (await deputy.inbound()).filter((s) => s.kind === "video").reduce((n, s) => n + s.frames, 0);
  await until("Firefox sees ten pictures", async () => (await frames()) >= 10, 30_000);
  await until("the tile's source is a CSRC that arrives", async () => {
    const tiles = await deputy.page.$$eval("[data-testid=tile]", (l) => l.map((e) => ({ who: e.dataset.who, src: Number(e.dataset.src) })));
    const arrived = (await deputy.inbound()).filter((s) => s.kind === "video").map((s) => s.src);
    return tiles.some((t) => t.who === who.chair && t.src > 0 && arrived.includes(t.src));
  });
});

test("Chromium hears and sees the deputy of Firefox", async () => {
  await chair.act({ type: "floor.give", person: who.deputy, kind: "speak", seconds: 300 });
  await deputy.tap("invite-accept");
  await chair.hears();
  await deputy.tap("cam");
  const src = await until("the chair is told of the camera", () => chair.source(who.deputy, "cam"), 20_000);
  const line = async () => (await chair.inbound()).find((s) => s.kind === "video" && s.src === src);
  await until("the chair sees ten pictures", async () => (await line())?.frames >= 10, 30_000);
  await chair.page.locator(`[data-testid=tile][data-src="${src}"][data-who="${who.deputy}"]`).waitFor({ timeout: 10_000 });
});

test("the packets of both browsers take the direct path, both ways", async (t) => {
  t.diagnostic(`shares on the direct path: ${JSON.stringify(await direct(server))}`);
});

test("no page broke", () => {
  assert.deepEqual(chair.errors, []);
  assert.deepEqual(deputy.errors, []);
});
