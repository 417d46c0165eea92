// Every page and overlay at the sizes of the pictures: axe, sideways scroll, targets, what lies over the speaker or the microphone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { faults, judge, look, small, story } from "../lib/look.mjs";
import { firstLink, present, publish, setUp, signIn } from "../lib/house.mjs";
import { Server, until } from "../lib/server.mjs";

const wall = [{ width: 1280, height: 720 }, { width: 1920, height: 1080 }];
const wallOnly = { axe: [wall[0]], wanted: wall };
let server, browser;
let chair, clerk, deputy, other, citizen, hall, display;

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
const words = async (p, id) => (await p.id(id).allInnerTexts()).join(" ");

step("before joining: every role's door", async () => {
  for (const role of ["chair", "deputy", "clerk", "technician"]) {
    const p = await open(role, { size: sizes.tablet });
    await p.sees("join");
    await look(p, `door-${role}`);
    await p.close();
  }
  citizen = await open("citizen", { size: sizes.phone, permissions: [] });
  await citizen.sees("join");
  await look(citizen, "door-citizen");
  hall = await open("hall", { size: wall[0] });
  await hall.sees("hall-ready");
  await look(hall, "hall-check", { axe: [wall[0]], wanted: [...wall, sizes.phone] });
});

step("the citizen's main button is in the first view at 320×640", async () => {
  await citizen.page.setViewportSize({ width: 320, height: 640 });
  const box = await citizen.id("join").boundingBox();
  assert.ok(box.y + box.height <= 640, `the button ends at ${Math.round(box.y + box.height)}`);
  await citizen.page.setViewportSize(sizes.phone);
});

step("text at 150 %: nothing scrolls sideways, the main button is there", async () => {
  const p = await open("citizen", { size: small, permissions: [], init: () => localStorage.setItem("nt.size", "xlarge") });
  await p.sees("join");
  await p.shot("door-citizen-xlarge", [small, sizes.phone]);
  const seen = await faults(p, [small, sizes.phone]);
  await p.id("name").fill("Cử tri cỡ chữ lớn");
  await p.tap("join");
  await p.sees("hand");
  await p.shot("citizen-xlarge", [small, sizes.phone]);
  seen.push(...(await faults(p, [small, sizes.phone])));
  await p.close();
  const d = await open("deputy", { size: small, init: () => localStorage.setItem("nt.size", "xlarge") }, 5);
  await d.sees("join");
  await d.shot("door-deputy-xlarge", [small, sizes.phone]);
  seen.push(...(await faults(d, [small, sizes.phone])));
  await d.tap("join");
  await d.sees("hand");
  await d.shot("deputy-xlarge", [small, sizes.phone]);
  seen.push(...(await faults(d, [small, sizes.phone])));
  await d.close();
  assert.deepEqual(seen, []);
});

step("published: chair, deputy, citizen, hall, display", async () => {
  display = await open("display", { size: wall[0], permissions: [] });
  await display.sees("scene");
  await look(display, "display-c0", wallOnly);
  chair = await open("chair", { size: sizes.tablet });
  await chair.tap("test-devices");
  await chair.tap("join");
  await chair.sees("sitting-open");
  await look(chair, "chair-published");
  deputy = await open("deputy", { size: sizes.phone });
  await deputy.tap("join");
  await deputy.sees("hand");
  await look(deputy, "deputy-published");
  clerk = await open("clerk", { size: sizes.desktop });
  await clerk.tap("test-devices");
  await clerk.tap("join");
  await clerk.sees("desk");
  await look(clerk, "desk-published");
  other = await open("deputy", { size: sizes.tablet }, 1);
  await other.tap("join");
  await other.sees("hand");
  await citizen.id("name").fill("Cử tri thử nghiệm");
  await citizen.tap("join");
  await citizen.sees("hand");
  await look(citizen, "citizen-published");
  await hall.tap("hall-ready");
  await hall.sees("hall");
  await look(hall, "hall-published", { axe: wall, wanted: [...wall, sizes.phone] });
});

step("roll-call on every face", async () => {
  await chair.tap("sitting-open");
  await chair.tap("next-item");
  await display.page.locator("[data-testid=scene][data-scene=C1]").waitFor();
  await look(display, "display-c1", wallOnly);
  await chair.tap("rollcall");
  await chair.tap("rollcall-open");
  await deputy.sees("checkin");
  await look(deputy, "deputy-rollcall");
  await chair.sees("chair-rollcall");
  await look(chair, "chair-rollcall");
  await look(clerk, "desk-rollcall");
  await display.page.locator("[data-testid=scene][data-scene=C6]").waitFor();
  await look(display, "display-c6", wallOnly);
  await hall.tap("hall-roll");
  await look(hall, "hall-rollcall", { axe: [wall[0]], wanted: [...wall, sizes.phone] });
  await hall.tap("sheet-close");
  await deputy.tap("checkin");
  await other.tap("checkin");
  await present(chair, 21);
  await chair.tap("rollcall-close");
  await chair.sees("rollcall-confirm");
  await look(chair, "chair-rollcall-confirm");
  await chair.page.getByTestId("rollcall-confirm").getByRole("button", { name: "Chốt điểm danh" }).click();
});

step("the queue, the invitation, the turn", async () => {
  await deputy.tap("hand");
  await deputy.sees("hand-kinds");
  await look(deputy, "deputy-hand-kinds", { axe: [sizes.phone], wanted: [sizes.phone] });
  await other.tap("hand");
  await until("a place in the queue", async () => /Thứ 1/.test(await words(deputy, "hand")));
  await look(deputy, "deputy-hand");
  await look(chair, "chair-queue");
  await chair.id("queue-row").first().getByTestId("give-floor").click();
  await deputy.sees("invited");
  await look(deputy, "deputy-invited");
  await look(chair, "chair-invited");
  await deputy.tap("invite-accept");
  await deputy.sees("floor-end");
  await deputy.tap("cam");
  await other.watches(5);
  await look(deputy, "deputy-speaking");
  await look(other, "deputy-listens");
  await look(chair, "chair-speaking");
  await look(clerk, "desk-speaking");
  await look(citizen, "citizen-listens");
  await look(hall, "hall-speaking", { axe: [wall[0]], wanted: [...wall, sizes.phone] });
  await display.page.locator("[data-testid=scene][data-scene=C2]").waitFor();
  await look(display, "display-c2", wallOnly);
  await chair.id("queue-row").first().getByTestId("give-floor").click();
  await chair.sees("interrupt");
  await look(chair, "chair-interrupt");
  await chair.tap("interrupt-cancel");
});

step("panels and dialogs", async () => {
  for (const id of ["agenda", "people", "more"]) {
    await other.tap(id);
    await other.sees(`${id}-panel`);
    await look(other, `deputy-${id}`);
    if (id === "more") {
      await other.tap("open-messages");
      await other.sees("messages-panel");
      await look(other, "deputy-messages");
    }
    await other.tap("panel-close");
  }
  await other.tap("more");
  await other.tap("layout-grid");
  await look(other, "deputy-grid");
  await other.tap("layout-speaker");
  await other.tap("panel-close");
  await other.tap("help");
  await other.sees("help-dialog");
  await look(other, "deputy-help");
  await other.tap("help-close");
  await other.tap("leave");
  await other.sees("leave-dialog");
  await look(other, "deputy-leave");
  await other.tap("dialog-no");
  await chair.tap("sitting-menu");
  await chair.sees("sitting-sheet");
  await look(chair, "chair-sitting");
  for (const id of ["agenda", "people", "messages"]) {
    if (!(await chair.id("sitting-sheet").isVisible())) await chair.tap("sitting-menu");
    await chair.tap(id);
    await chair.sees(`${id}-panel`);
    await look(chair, `chair-${id}`, { axe: [sizes.tablet] });
    await chair.tap("panel-close");
  }
  await citizen.tap("ask");
  await citizen.sees("ask-sheet");
  await look(citizen, "citizen-ask");
  await citizen.id("ask-text").fill("Đường thôn 3 bao giờ làm xong?");
  await citizen.tap("ask-send");
  await citizen.sees("ask-received");
  await look(citizen, "citizen-asked");
  await citizen.tap("panel-close");
  await citizen.tap("more");
  await look(citizen, "citizen-more");
  await citizen.tap("panel-close");
  await hall.tap("raise-for");
  await hall.sees("hall-raise");
  await look(hall, "hall-raise", { axe: [wall[0]], wanted: [...wall, sizes.phone] });
  await hall.tap("sheet-close");
});

step("a vote and its result; the sheet covers neither speaker nor microphone", async () => {
  await chair.tap("ballot-open");
  await chair.sees("compose");
  await look(chair, "chair-compose");
  await chair.tap("ballot-open-now");
  await deputy.sees("vote-sheet");
  await look(deputy, "deputy-vote");
  await look(chair, "chair-vote");
  await look(clerk, "desk-vote");
  await look(citizen, "citizen-vote");
  await look(hall, "hall-vote", { axe: [wall[0]], wanted: [...wall, sizes.phone] });
  await display.page.locator("[data-testid=scene][data-scene=C4]").waitFor();
  await look(display, "display-c4", wallOnly);
  await deputy.tap("vote-for");
  await deputy.sees("receipt");
  await look(deputy, "deputy-voted");
  await other.tap("vote-minimise");
  await other.sees("waiting-vote");
  await look(other, "deputy-vote-minimised");
  await chair.tap("vote-for");
  await chair.tap("ballot-close");
  await chair.sees("missing");
  await look(chair, "chair-missing");
  await chair.tap("close-anyway");
  await deputy.sees("result");
  await look(deputy, "deputy-result", { axe: [sizes.phone], wanted: [sizes.phone] });
  await look(display, "display-c5", wallOnly);
  await look(chair, "chair-result", { axe: [sizes.tablet], wanted: [sizes.tablet] });
});

step("the break and the end", async () => {
  await chair.tap("sitting-menu");
  await chair.tap("sitting-pause");
  await chair.sees("pause-10");
  await look(chair, "chair-pause");
  await chair.tap("pause-10");
  await chair.sees("sitting-resume");
  await look(chair, "chair-paused");
  await look(deputy, "deputy-paused");
  await display.page.locator("[data-testid=scene][data-scene=C8]").waitFor();
  await look(display, "display-c8", wallOnly);
  await chair.tap("sitting-resume");
  await chair.tap("sitting-menu");
  await chair.tap("sitting-close");
  await chair.sees("sitting-confirm");
  await look(chair, "chair-close");
  await chair.page.getByTestId("sitting-confirm").getByTestId("dialog-yes").click();
  for (const [p, name] of [[deputy, "deputy"], [citizen, "citizen"], [chair, "chair"], [clerk, "desk"]]) {
    await p.sees(p === clerk ? "desk-ended" : "ended");
    await look(p, `${name}-ended`);
  }
});

step("no page had an error", () => {
  for (const [name, p] of Object.entries({ chair, clerk, deputy, other, citizen, hall, display })) assert.deepEqual(p.errors, [], name);
});

test("start, first setup and the office", async (t) => {
  const house = await Server.start({ command: "serve" });
  t.after(() => house.close());
  const p = await Person.open(browser, await firstLink(house), { size: sizes.desktop, permissions: [] });
  const visit = async (name, path) => {
    if (path) await p.page.goto(`${house.base}${path}`);
    await p.page.locator("h1").first().waitFor();
    await p.page.locator("[aria-busy=true], .skeleton").first().waitFor({ state: "detached" });
    await look(p, name);
  };
  await visit("setup");
  const office = await setUp(house);
  await visit("start", "/");
  await visit("office-login", "/van-phong");
  await signIn(p.page, house.base);
  await visit("office-empty", "/van-phong");
  await visit("office-new", "/van-phong/tao");
  await visit("office-accounts", "/van-phong/tai-khoan");
  const draft = await office.ok("POST", "/api/office/sittings", { template: "ky-hop-thuong-le", planned_at: new Date(Date.now() + 600_000).toISOString() });
  for (const tab of ["chung", "chuong-trinh", "thanh-phan", "bieu-quyet", "nhap-danh-sach"]) await visit(`office-${tab}`, `/van-phong/hop/${draft.id}/${tab}`);
  const { id } = await publish(office);
  await visit("office-list", "/van-phong");
  for (const tab of ["gui-moi", "ket-qua", "in-ap-phich"]) await visit(`office-${tab}`, `/van-phong/hop/${id}/${tab}`);
  assert.deepEqual(p.errors.filter((e) => !/401/.test(e)), []);
  await p.close();
  judge();
});
