// The technicians' page and the halls' board during a small meeting: what the server sees of real browsers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { look, story } from "../lib/look.mjs";
import { Server, until } from "../lib/server.mjs";

const pictures = { axe: Object.values(sizes), wanted: Object.values(sizes) };
let server, browser;
let chair, clerk, tech, hall, deputy, citizen;

before(async () => {
  server = await Server.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const step = story(test);
const open = (role, options = {}, n = 0) => Person.open(browser, server.people(role)[n].url, options);
const words = async (p, id) => (await p.id(id).allInnerTexts()).join(" ").replace(/\s+/g, " ");
const row = (p, who) => p.page.locator(`[data-testid=hall-row][data-who="${who}"]`);
/** says holds that a list of texts is as wanted, else fails with the list. */
const says = (list, ok) => assert.ok(ok(list), JSON.stringify(list)) ?? true;
const rowText = async (p, who) => (await row(p, who).innerText()).replace(/\s+/g, " ");

step("before the sitting the board waits for the halls", async () => {
  clerk = await open("clerk", { size: sizes.desktop });
  await clerk.tap("join");
  await clerk.sees("hall-board");
  await until("no hall is ready", async () => /Cầu đã sẵn sàng 0\/2/.test(await words(clerk, "halls-ready")));
  assert.match(await words(clerk, "hall-board"), /Chưa vào.*Gọi người trực điểm cầu/);
  chair = await open("chair", { size: sizes.tablet });
  await chair.tap("join");
  await chair.sees("sitting-open");
  await look(clerk, "desk-halls-waiting", pictures);
});

step("a hall presses ready: the board says so, seen by clerk and chair", async () => {
  hall = await open("hall", { size: { width: 1280, height: 720 } });
  await hall.tap("hall-ready");
  await hall.sees("hall");
  await until("one of two is ready", async () => /Cầu đã sẵn sàng 1\/2/.test(await words(clerk, "halls-ready")));
  await chair.tap("sitting-menu");
  await chair.tap("halls");
  await until("the chair's board", async () => /Đã bấm Sẵn sàng/.test(await words(chair, "hall-board")));
  await look(chair, "chair-halls", pictures);
  await chair.tap("panel-close");
});

step("the technician sees everybody's line, with both ways of each", async () => {
  await chair.tap("sitting-open");
  await chair.sees("next-item");
  await chair.tap("mic");
  deputy = await open("deputy", { size: sizes.tablet });
  await deputy.tap("join");
  await deputy.sees("hand");
  await deputy.tap("cam");
  citizen = await open("citizen", { size: sizes.phone, permissions: [] });
  await citizen.id("name").fill("Cử tri Bí Mật");
  await citizen.tap("join");
  await citizen.sees("hand");
  tech = await open("technician", { size: sizes.desktop });
  await tech.tap("join");
  await tech.sees("tech");
  await tech.sees("lines");
  const figures = /Đường đi UDP, chuyển (thẳng|thường).*Mất gói xuống .*Mất gói lên .*Sức chứa xuống .*Rung .*Hình đứng .*Tiếng phải vá .*Mã hình, tiếng (opus|VP8|H264)/;
  await until("the deputy's line, both ways, with the page's own figures", async () => {
    const all = (await tech.id("line").allInnerTexts()).map((x) => x.replace(/\s+/g, " "));
    return says(all, (l) => l.some((x) => x.startsWith(server.people("deputy")[0].name) && figures.test(x)));
  });
  assert.match(await words(tech, "lines-ways"), /UDP \d+ · TCP \d+ · Dự phòng \d+/);
});

step("no citizen is named to the technician", async () => {
  await until("the citizen's line", async () => (await tech.page.locator("[data-testid=line]:not([data-who])").count()) === 1);
  assert.doesNotMatch(await tech.page.innerText("body"), /Bí Mật/);
  await tech.id("lines-search").fill("dai bieu");
  await until("only deputies", async () => (await tech.id("line").allInnerTexts()).every((x) => /Đại biểu/.test(x)));
  await tech.id("lines-search").fill("");
  await look(tech, "tech-lines", pictures);
});

step("a clerk has the same page, with the citizen's name", async () => {
  await clerk.tap("pane-open-lines");
  await until("the citizen by name", async () => /Bí Mật/.test(await words(clerk, "lines")));
  await look(clerk, "desk-lines", pictures);
});

step("who is gone is said first, in words; a hall that is gone is no longer ready", async () => {
  const id = await tech.page.locator("[data-testid=hall-row]", { hasText: "Đã bấm Sẵn sàng" }).getAttribute("data-who");
  await hall.page.close();
  await until("the hall is gone", async () => /Cầu đã sẵn sàng 0\/2/.test(await words(tech, "halls-ready")) && /Chưa vào/.test(await rowText(tech, id)));
  await deputy.page.close();
  await until("both are first", async () => {
    const first = (await tech.id("line").allInnerTexts()).slice(0, 2);
    return says(first, (l) => l.length === 2 && l.every((x) => /Mất kết nối – gọi điện nhắc mở lại trang/.test(x)));
  });
  await tech.shot("tech-lost", pictures.wanted);
  for (const p of [chair, clerk, tech, citizen]) assert.deepEqual(p.errors, [], p.name);
});
