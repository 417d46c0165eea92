// The whole first meeting: one chair, one clerk, three deputies, one citizen and one display in real Chromium.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { keepsUp } from "../lib/idle.mjs";
import { Server, until } from "../lib/server.mjs";

const all = Object.values(sizes);
let server, browser;
let chair, clerk, deputies, citizen, display;

/** the view of a topic as the page has it */
const texts = (p, id) => p.id(id).allInnerTexts();

before(async () => {
  server = await Server.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

async function enter(p, name) {
  p.name = name;
  await p.tap("join");
  return p;
}

test("everybody joins by one tap", async () => {
  const [c, k, d] = [server.people("chair"), server.people("clerk"), server.people("deputy")];
  display = await Person.open(browser, server.people("display")[0].url, { size: { width: 1280, height: 720 }, permissions: [] });
  display.name = "display";
  await display.sees("scene");
  chair = await Person.open(browser, c[0].url, { size: sizes.tablet });
  await chair.sees("join");
  await chair.shot("join-chair", all);
  await chair.tap("test-devices");
  await enter(chair, "chair");
  await chair.sees("sitting-open");
  clerk = await enter(await Person.open(browser, k[0].url, { size: sizes.desktop }), "clerk");
  deputies = [];
  for (const [i, size] of [sizes.desktop, sizes.tablet, sizes.phone].entries()) {
    const p = await Person.open(browser, d[i].url, { size });
    if (i === 2) await p.shot("join-deputy", all);
    deputies.push(await enter(p, `deputy ${i + 1}`));
    await p.sees("hand");
  }
  citizen = await Person.open(browser, server.people("citizen")[0].url, { size: sizes.phone, permissions: [] });
  citizen.name = "citizen";
  await citizen.sees("join");
  await citizen.shot("join-citizen", [...all, { width: 320, height: 640 }]);
  await citizen.id("name").fill("Cử tri thử nghiệm");
  await citizen.id("hamlet").selectOption("Thôn 3");
  await citizen.tap("join");
  await citizen.sees("hand");
});

test("the chair opens, speaks, and everybody hears and sees", async () => {
  await chair.tap("sitting-open");
  await chair.sees("next-item");
  await chair.tap("mic");
  await deputies[0].tap("cam");
  for (const p of [...deputies, citizen]) await p.hears();
  for (const p of [chair, clerk, deputies[1], deputies[2]]) await p.watches();
  assert.equal(await citizen.asked(), 0, "the citizen was asked for a device");
});

test("the name on the tile is the source that arrives", async () => {
  for (const p of [chair, deputies[1], deputies[2]]) {
    await until(`${p.name}: tile's source is a CSRC that arrives`, async () => {
      const srcs = (await p.inbound()).flatMap((s) => s.csrc);
      const shown = await p.page.$$eval("[data-testid=tile]", (l) => l.map((e) => ({ who: e.dataset.who, src: Number(e.dataset.src), own: e.dataset.own })));
      return shown.some((t) => t.src > 0 && t.own === "no" && srcs.includes(t.src));
    });
  }
});

test("roll-call to quorum", async () => {
  await chair.tap("rollcall");
  await chair.tap("rollcall-open");
  await deputies[2].sees("checkin");
  await deputies[2].shot("rollcall-deputy", all);
  for (const p of deputies) await p.tap("checkin");
  await chair.sees("chair-rollcall");
  await chair.shot("rollcall-chair", all);
  await display.shot("display-rollcall");
  for (let n = 0; n < 17; n++) {
    const row = chair.id("rc-row").first();
    const who = await row.getAttribute("data-who");
    await row.getByTestId("rc-present").click();
    await until("row leaves the list", async () => (await chair.page.$$(`[data-testid=rc-row][data-who="${who}"]`)).length === 0);
  }
  await until("quorum is shown", async () => /Đủ điều kiện/.test((await texts(chair, "quorum")).join(" ")));
  await chair.tap("rollcall-close");
  await chair.page.getByTestId("rollcall-confirm").getByRole("button", { name: "Chốt điểm danh" }).click();
});

test("three hands stand in the same order on every screen", async () => {
  for (const p of [deputies[2], deputies[0], deputies[1]]) {
    await p.tap("hand");
    await until(`${p.name} has a place`, async () => /Thứ \d/.test((await texts(p, "hand")).join(" ")));
  }
  await deputies[2].shot("hand-deputy", all);
  await until("the chair sees three", async () => (await chair.id("queue-row").count()) === 3);
  const places = [];
  for (const p of deputies) places.push((await texts(p, "hand")).join(" ").match(/Thứ (\d+)/)[1]);
  assert.deepEqual(places, ["2", "3", "1"]);
  await chair.shot("queue-chair", all);
});

test("the floor: invited, accepted, the clock runs, the gate closes", async () => {
  await chair.id("queue-row").first().getByTestId("give-floor").click();
  const speaker = deputies[2];
  await speaker.sees("invited");
  await speaker.shot("invited-deputy", all);
  await speaker.tap("invite-accept");
  for (const p of [chair, deputies[0], citizen]) {
    await until(`${p.name} sees the turn`, async () => /\d\d:\d\d \/ \d\d:\d\d/.test(await p.page.innerText("body")) || /đang phát biểu|Đang phát biểu/i.test(await p.page.innerText("body")));
    await p.hears();
  }
  await display.shot("display-speaker");
  await chair.shot("floor-chair", all);
  await deputies[0].shot("floor-deputy", all);
  await citizen.shot("floor-citizen", [...all, { width: 320, height: 568 }]);
});

test("a public vote with one change of mind", async () => {
  await chair.tap("end-turn");
  await chair.tap("next-item");
  await chair.tap("ballot-open");
  await chair.sees("compose");
  await chair.shot("compose-chair", all);
  await chair.tap("ballot-open-now");
  for (const p of deputies) await p.sees("vote-sheet");
  await deputies[0].tap("vote-against");
  await deputies[0].sees("receipt");
  await deputies[0].tap("vote-for");
  await until("the change is received", async () => (await deputies[0].id("receipt").first().getAttribute("data-choice")) === "for");
  await deputies[1].tap("vote-for");
  await deputies[2].tap("vote-none");
  for (const p of deputies) await p.sees("receipt");
  await deputies[2].shot("vote-deputy", [...all, { width: 320, height: 568 }]);
  await display.shot("display-vote");
  await chair.tap("vote-for");
  await chair.tap("ballot-close");
  await chair.sees("missing");
  await chair.shot("missing-chair", all);
  await chair.tap("close-anyway");
  for (const p of [...deputies]) {
    await p.sees("result");
    assert.match((await texts(p, "sentence")).join(" "), /3\/30 đại biểu tán thành, đạt 10% tổng số đại biểu/);
  }
  await deputies[2].shot("result-deputy", all);
  await display.shot("display-result", [{ width: 1280, height: 720 }, { width: 1920, height: 1080 }]);
});

test("no page has an error, the machine kept up", async () => {
  for (const p of [chair, clerk, ...deputies, citizen, display]) assert.deepEqual(p.errors, [], p.name);
  await keepsUp();
});
