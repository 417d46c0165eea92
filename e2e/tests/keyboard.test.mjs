// Without a mouse, with an input method, without a microphone, in an app's web view, in English.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { present } from "../lib/house.mjs";
import { look, says, story } from "../lib/look.mjs";
import { Server, until } from "../lib/server.mjs";
import { act } from "../lib/socket.mjs";

const step = story(test);
const zalo = "Mozilla/5.0 (Linux; Android 13; SM-A145F) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36 Zalo android/24020499";
const phones = { axe: [sizes.phone], wanted: [sizes.phone, { width: 320, height: 568 }] };
let server, browser, chair;

before(async () => {
  server = await Server.start();
  browser = await launch();
  chair = await Person.open(browser, server.people("chair")[0].url, { size: sizes.tablet });
  await chair.tap("test-devices");
  await chair.tap("join");
  await chair.sees("sitting-open");
  await says(chair, "Chưa ai xin phát biểu.");
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const steer = async (body) => {
  const answer = await act(chair.page, body);
  assert.equal(answer.type, "ok", JSON.stringify(answer));
};
const view = (topic) => chair.page.evaluate((t) => window.__views[t], topic);

/** focused tells where the focus is, and why nobody can see it; "" = it is seen. */
function focused() {
  const e = document.activeElement;
  if (!e || e === document.body) return { id: "", hidden: "" };
  const id = e.dataset.testid || e.getAttribute("aria-label") || e.textContent.trim().slice(0, 30);
  const s = getComputedStyle(e);
  const ring = (s.outlineStyle !== "none" && Number.parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== "none";
  const r = e.getBoundingClientRect();
  const inside = r.bottom > 0 && r.right > 0 && r.top < innerHeight && r.left < innerWidth;
  const at = document.elementFromPoint(Math.min(Math.max(r.left + r.width / 2, 0), innerWidth - 1), Math.min(Math.max(r.top + r.height / 2, 0), innerHeight - 1));
  const covered = at && !e.contains(at) && !at.contains(e);
  return { id, hidden: !ring ? "no ring" : !inside ? "outside the view" : covered ? `under ${at.dataset?.testid ?? at.className}` : "" };
}

/** tabTo presses Tab until an element has the focus; every stop on the way must be seen. */
async function tabTo(p, testid) {
  const way = [];
  for (let i = 0; i < 60; i++) {
    await p.page.keyboard.press("Tab");
    const f = await p.page.evaluate(focused);
    way.push(f.id);
    assert.equal(f.hidden, "", `focus on ${f.id}: ${f.hidden}`);
    if (f.id === testid) return;
  }
  assert.fail(`Tab never came to ${testid}: ${way.join(" → ")}`);
}

step("keyboard only: a deputy joins, raises the hand, votes, leaves, and always sees the focus", async () => {
  const p = await Person.open(browser, server.people("deputy")[0].url, { size: sizes.tablet });
  await p.sees("join");
  await tabTo(p, "join");
  await p.shot("focus-join");
  await p.page.keyboard.press("Enter");
  await p.sees("hand");
  await steer({ type: "sitting.open" });
  await steer({ type: "agenda.goto", item: (await view("agenda")).items[0].id });
  await until("the sitting is open for the deputy", () => p.page.evaluate(() => window.__views.agenda.sitting.state === "open"));
  await tabTo(p, "hand");
  await p.shot("focus-hand");
  await p.page.keyboard.press("Enter");
  await until("a place in the queue", async () => /Thứ 1/.test((await p.id("hand").allInnerTexts()).join(" ")));
  await p.page.keyboard.press("Control+Alt+h");
  await until("the shortcut lowers the hand", async () => !/Thứ 1/.test((await p.id("hand").allInnerTexts()).join(" ")));
  await steer({ type: "rollcall.open" });
  await p.sees("checkin");
  await tabTo(p, "checkin");
  await p.page.keyboard.press("Enter");
  await p.sees("checked-in");
  await present(chair, 21);
  await steer({ type: "rollcall.close" });
  await steer({ type: "ballot.open" });
  await p.sees("vote-sheet");
  await tabTo(p, "vote-against");
  await p.shot("focus-vote");
  await p.page.keyboard.press("Space");
  await until("against is received", async () => (await p.id("receipt").first().getAttribute("data-choice", { timeout: 2000 })) === "against");
  await p.page.keyboard.press("1");
  await until("key 1 in the sheet is for", async () => (await p.id("receipt").first().getAttribute("data-choice", { timeout: 2000 })) === "for");
  await tabTo(p, "leave");
  await p.shot("focus-leave");
  await p.page.keyboard.press("3");
  await p.page.keyboard.press("Enter");
  await p.sees("leave-dialog");
  assert.ok(await p.page.evaluate(() => document.activeElement?.closest("dialog") !== null), "the dialog has the focus");
  await p.page.keyboard.press("Escape");
  await p.id("leave-dialog").waitFor({ state: "detached" });
  assert.equal((await p.page.evaluate(focused)).id, "leave", "the focus returns");
  assert.equal(await p.id("receipt").first().getAttribute("data-choice"), "for", "a digit outside the sheet voted");
  await p.page.keyboard.press("Enter");
  await tabTo(p, "dialog-yes");
  await p.page.keyboard.press("Enter");
  await p.sees("join");
  assert.deepEqual(p.errors, []);
  await p.close();
});

step("an input method composes: no shortcut, no stolen focus, no lost letter", async () => {
  await steer({ type: "ballot.close", ballot: (await view("ballot")).ballot.id });
  const p = await Person.open(browser, server.people("deputy")[1].url, { size: sizes.tablet });
  await p.tap("join");
  await p.tap("more");
  await p.tap("open-messages");
  const field = p.id("message-text");
  const asked = await p.asked(); // the door's preview of the camera
  await field.click();
  const keys = await p.context.newCDPSession(p.page);
  await keys.send("Input.imeSetComposition", { text: "tiê", selectionStart: 3, selectionEnd: 3 });
  for (const key of ["1", "2", "3", " ", "d"]) {
    // What an input method sends while it composes: key 229, isComposing.
    await keys.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key, windowsVirtualKeyCode: 229 });
    await keys.send("Input.dispatchKeyEvent", { type: "keyUp", key, windowsVirtualKeyCode: 229 });
  }
  await steer({ type: "ballot.open" });
  await p.sees("waiting-vote");
  assert.equal((await p.page.evaluate(focused)).id, "message-text", "the ballot took the focus");
  await keys.send("Input.imeSetComposition", { text: "tiếng", selectionStart: 5, selectionEnd: 5 });
  await keys.send("Input.insertText", { text: "tiếng" });
  await p.page.keyboard.type(" 1 2 3 Việt");
  await p.page.keyboard.press("Control+d");
  await p.page.keyboard.press("Control+Alt+h");
  assert.equal((await field.inputValue()).normalize("NFC"), "tiếng 1 2 3 Việt");
  assert.equal(await p.asked(), asked, "a key asked for the microphone");
  const self = await p.page.evaluate(() => window.__views.self);
  assert.ok(!self.choice, "a key voted");
  assert.equal(self.place ?? 0, 0, "a key raised the hand");
  await look(p, "typing-vote", { axe: [sizes.tablet], wanted: [sizes.tablet] });
  await p.tap("waiting-vote");
  await p.sees("vote-sheet");
  await p.close();
  await steer({ type: "ballot.close", ballot: (await view("ballot")).ballot.id });
});

/** Runs in the page: the microphone answers as one browser would. */
function answering(name) {
  const md = navigator.mediaDevices;
  md.getUserMedia = () => (name === "never" ? new Promise(() => undefined) : Promise.reject(new DOMException("asked", name)));
}

const troubles = [
  ["NotAllowedError", "denied", "Micro đang bị chặn", "Bật Micro, Camera"],
  ["NotFoundError", "notfound", "Không thấy micro", "Không thấy micro. Cắm lại, hoặc vẫn vào nghe."],
  ["NotReadableError", "busy", "Micro đang bận", "Micro đang bị ứng dụng khác dùng (Zalo gọi? Zoom?). Đóng lại rồi thử."],
];

step("a microphone that is denied, absent or busy: what to do, and a way on without it", async () => {
  for (const [name, problem, title, text] of troubles) {
    const p = await Person.open(browser, server.people("deputy")[2].url, { size: sizes.phone, init: `(${answering})("${name}")` });
    await p.tap("test-devices");
    await p.sees("mic-help");
    await look(p, `door-${problem}`, phones);
    await p.tap("mic-skip");
    await p.tap("join");
    await p.sees("hand");
    const { person } = await p.page.evaluate(() => window.__views.self);
    await steer({ type: "floor.give", person, kind: "speak" });
    await p.sees("invited");
    await p.tap("invite-accept");
    await p.sees("mic-help");
    assert.equal(await p.id("mic-help").getAttribute("data-problem"), problem);
    await says(p, title);
    await says(p, text);
    await says(p, "Thử lại micro");
    await look(p, `mic-${problem}`, { ...phones, wanted: [...phones.wanted, sizes.tablet] });
    await says(p, "Tiếp tục không dùng micro");
    await p.tap("mic-skip");
    await p.id("invited").waitFor({ state: "detached" });
    await p.sees("hand");
    assert.notEqual((await view("floor")).holder?.state, "speaking", "the turn began without a microphone");
    assert.deepEqual(p.errors, [], name);
    await p.close();
  }
});

step("in Zalo the microphone never answers: a card after four seconds, and sound all the while", async () => {
  await chair.tap("mic");
  const p = await Person.open(browser, server.people("citizen")[0].url, { size: sizes.phone, permissions: [], userAgent: zalo, init: `(${answering})("never")` });
  await p.sees("join");
  await says(p, /Đang mở trong Zalo\. Nghe và gửi câu hỏi được; muốn nói hãy mở bằng Chrome\./);
  await look(p, "zalo-door", phones);
  await p.id("name").fill("Cử tri trong Zalo");
  await p.tap("join");
  await p.sees("in-app-strip");
  await p.hears();
  await look(p, "zalo-listens", phones);
  await p.tap("hand");
  const entry = await until("the hand is up", async () => (await view("queue")).entries?.[0]);
  await steer({ type: "floor.give", entry: entry.id });
  await p.sees("invited");
  await look(p, "zalo-invited", phones);
  const tapped = Date.now();
  await p.tap("invite-accept");
  await p.sees("in-app");
  const took = Date.now() - tapped;
  assert.ok(took >= 3900 && took < 12_000, `the card came after ${took} ms`);
  await says(p, "Mở bằng Chrome để được nói");
  for (const id of ["open-chrome", "copy-link"]) assert.ok(await p.id(id).first().isVisible(), id);
  await p.hears();
  await look(p, "zalo-card", phones);
  await p.tap("in-app-listen");
  await p.id("invited").waitFor({ state: "detached" });
  await p.hears();
  await p.tap("ask");
  await p.sees("ask-sheet");
  assert.deepEqual(p.errors, []);
  await p.close();
});

/** Runs in the page: words that look like keys of a catalogue, and buttons that are still Vietnamese. */
function untranslated() {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const text = n.textContent.trim();
    if (/^[a-z0-9]+(_[a-z0-9]+)+$/.test(text) || /\{\w+\}/.test(text)) found.push(`key: ${text}`);
  }
  for (const e of document.querySelectorAll("button, a.btn, label, legend, [aria-label]")) {
    const text = e.getAttribute("aria-label") ?? e.innerText ?? "";
    if (/[ăđơưạ-ỹ]/iu.test(text.replace(/Tiếng Việt|Cử tri trong Zalo|Thôn \d+|Tổ \d+|Đại biểu[^\n]*|ĐB \d+|Điểm cầu[^\n]*|HĐND[^\n]*/gu, ""))) found.push(`Vietnamese: ${text.slice(0, 60)}`);
  }
  if (document.documentElement.lang !== "en") found.push(`lang=${document.documentElement.lang}`);
  return [...new Set(found)];
}

step("English: no key is missing, no button is left in Vietnamese", async () => {
  const english = () => localStorage.setItem("nt.lang", "en");
  const seen = [];
  const check = async (p, name) => {
    await look(p, `english-${name}`, { axe: [], wanted: [p.page.viewportSize(), { width: 320, height: 568 }] });
    seen.push(...(await p.page.evaluate(untranslated)).map((l) => `${name}: ${l}`));
  };
  const c = await Person.open(browser, server.people("citizen")[0].url, { size: sizes.phone, permissions: [], init: english });
  await c.sees("join");
  await check(c, "door-citizen");
  await c.id("name").fill("Cử tri nói tiếng Anh");
  await c.tap("join");
  await c.sees("hand");
  await check(c, "citizen");
  await c.tap("ask");
  await check(c, "citizen-ask");
  await c.close();
  const d = await Person.open(browser, server.people("deputy")[3].url, { size: sizes.tablet, init: english });
  await d.sees("join");
  await check(d, "door-deputy");
  await d.tap("join");
  await d.sees("hand");
  await check(d, "deputy");
  for (const id of ["agenda", "people", "more"]) {
    await d.tap(id);
    await d.sees(`${id}-panel`);
    await check(d, `deputy-${id}`);
    await d.tap("panel-close");
  }
  await d.tap("help");
  await check(d, "deputy-help");
  await d.tap("help-close");
  await steer({ type: "ballot.open" });
  await d.sees("vote-sheet");
  await check(d, "deputy-vote");
  await d.tap("vote-for");
  await d.sees("receipt");
  await check(d, "deputy-voted");
  await steer({ type: "ballot.close", ballot: (await view("ballot")).ballot.id });
  await d.close();
  await chair.page.evaluate(english);
  await chair.page.reload();
  await chair.sees("next-item");
  await check(chair, "chair");
  await chair.tap("sitting-menu");
  await check(chair, "chair-sitting");
  const display = await Person.open(browser, server.people("display")[0].url, { size: { width: 1280, height: 720 }, permissions: [], init: english });
  await display.sees("scene");
  seen.push(...(await display.page.evaluate(untranslated)).map((l) => `display: ${l}`));
  await display.close();
  assert.deepEqual(seen, []);
});
