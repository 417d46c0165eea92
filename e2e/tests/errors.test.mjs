// What people and operators are told when something is wrong: a clear sentence and a way out, and nothing is lost.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { Caller, publish, serve } from "../lib/house.mjs";
import { judge, look, says } from "../lib/look.mjs";
import { act } from "../lib/socket.mjs";
import { freePort, refused, Server, until } from "../lib/server.mjs";

const phone = { size: sizes.phone, permissions: [] };
const onlyPhone = { axe: [sizes.phone], wanted: [sizes.phone, { width: 320, height: 568 }] };
let browser;

before(async () => {
  browser = await launch({ more: ["--host-resolver-rules=MAP hop.example 127.0.0.1"] });
});

after(async () => {
  await browser?.close();
});

/** error opens an address and gives the page that explains; the caller closes it. */
async function error(url, title, sentence, name) {
  const p = await Person.open(browser, url, phone);
  await p.sees("door-error");
  await says(p, title);
  await says(p, sentence);
  assert.ok(await p.id("door-retry").isVisible(), "a way out");
  await look(p, name, onlyPhone);
  assert.doesNotMatch(p.page.url(), /#/, "the secret stays in the address bar");
  return p;
}

test("links, codes, doors", async (t) => {
  const { server, office } = await serve();
  t.after(() => server.close());
  const { id, door, of } = await publish(office);
  const [chair, victim, locked, gone] = of("deputy");
  const link = (l) => `${server.base}/h/${door}#${l.url.split("#")[1]}`;
  const with_ = (l) => `${link(l)}.${l.code}`;

  await t.test("an unknown link and an unknown door", async () => {
    await (await error(`${server.base}/h/${door}#${"A".repeat(43)}`, "Đường dẫn không đúng", /xin đường dẫn mới/, "error-link-unknown")).close();
    await (await error(`${server.base}/h/zzzzzzzz`, "Không có cuộc họp này", /hỏi thư ký/, "error-door-unknown")).close();
  });

  await t.test("a wrong code says how many tries are left; the fifth locks", async () => {
    const p = await Person.open(browser, link(locked), phone);
    await p.sees("code");
    await look(p, "door-code", onlyPhone);
    const wrong = locked.code === "000000" ? "111111" : "000000";
    for (let left = 4; left > 0; left--) {
      await p.id("code").fill(wrong);
      await p.tap("code-send");
      await says(p, `Mã chưa đúng. Còn ${left} lần thử.`);
    }
    await look(p, "door-code-wrong", onlyPhone);
    await p.id("code").fill(wrong);
    await p.tap("code-send");
    await p.sees("door-error");
    await says(p, "Đường dẫn đã khóa");
    await says(p, /Xin thư ký mở lại/);
    await p.close();
    await (await error(with_(locked), "Đường dẫn đã khóa", /Xin thư ký mở lại/, "error-link-locked")).close();
    const renewed = await office.ok("POST", `/api/office/sittings/${id}/links/renew`, { persons: [locked.person] });
    const again = await Person.open(browser, with_(renewed[0] ?? renewed.links[0]), phone);
    await again.sees("join");
    await again.close();
  });

  await t.test("a revoked link; whoever is inside is out at once", async () => {
    const p = await Person.open(browser, with_(gone), phone);
    await p.tap("join");
    await p.sees("hand");
    await office.ok("POST", `/api/office/sittings/${id}/links/revoke`, { person: gone.person });
    await p.sees("out");
    await says(p, "Chưa vào được");
    await look(p, "error-revoked-inside", onlyPhone);
    assert.ok(await p.id("again").isVisible());
    await p.close();
    await (await error(with_(gone), "Đường dẫn đã bị thu hồi", /Xin thư ký gửi đường dẫn mới/, "error-link-revoked")).close();
  });

  await t.test("a display with a bad token", async () => {
    const p = await Person.open(browser, `${server.base}/man-hinh#${"B".repeat(43)}`, { size: { width: 1280, height: 720 }, permissions: [] });
    await p.sees("display-bad");
    await says(p, "Mã màn hình hết hạn – hỏi thư ký");
    await look(p, "display-bad", { axe: [], wanted: [{ width: 1280, height: 720 }] });
    await p.close();
  });

  await t.test("a wrong role: the office, the sockets' acts, another council's door", async () => {
    const device = new Caller(server.base);
    await device.ok("POST", `/api/doors/${door}/link`, { token: victim.url.split("#")[1], code: victim.code });
    for (const [method, path, body] of [["GET", "/api/office/sittings"], ["POST", `/api/office/sittings/${id}/publish`, { version: 1 }], ["GET", `/api/office/sittings/${id}/votes.csv`], ["POST", `/api/office/sittings/${id}/links/renew`, { persons: [] }]]) {
      const r = await device.call(method, path, body);
      assert.equal(r.status, 401, `${method} ${path}: ${JSON.stringify(r.body)}`);
      assert.equal(r.body.code, "signed_out");
    }
    const p = await Person.open(browser, with_(victim), phone);
    await p.tap("join");
    await p.sees("hand");
    for (const body of [{ type: "sitting.open" }, { type: "sitting.close" }, { type: "floor.give", person: victim.person }, { type: "rollcall.set", person: victim.person, state: "present" }]) {
      const answer = await act(p.page, body);
      assert.deepEqual([answer.type, answer.code], ["error", "not_allowed"], JSON.stringify(answer));
    }
    await p.close();
  });

  await t.test("a closed sitting", async () => {
    const inside = await Person.open(browser, `${server.base}/h/${door}`, phone);
    await inside.id("name").fill("Cử tri ở lại");
    await inside.tap("join");
    await inside.sees("hand");
    const c = await Person.open(browser, with_(chair), { size: sizes.tablet });
    await c.tap("test-devices");
    await c.tap("join");
    await c.tap("sitting-open");
    await c.tap("sitting-menu");
    await c.tap("sitting-close");
    await c.page.getByTestId("sitting-confirm").getByTestId("dialog-yes").click();
    await inside.sees("ended");
    await says(inside, /Đã kết thúc lúc \d\d:\d\d/);
    await inside.close();
    await c.close();
    const late = await Person.open(browser, `${server.base}/h/${door}`, phone);
    await late.sees("door-closed");
    await says(late, /Đã kết thúc lúc \d\d:\d\d/);
    await look(late, "door-closed", onlyPhone);
    await late.close();
  });

  await t.test("an expired link: the sitting closed more than 24 hours ago", async (u) => {
    if (spawnSync("sqlite3", ["-version"]).error) return u.skip("no sqlite3 to let a day pass in the data folder");
    await server.kill("SIGTERM");
    execFileSync("sqlite3", [join(server.data, ledgerFile(server.data)), `UPDATE sittings SET updated_at = updated_at - ${25 * 3600 * 1000}`]);
    await server.launch();
    await (await error(with_(victim), "Đường dẫn đã hết hạn", /Cuộc họp đã kết thúc/, "error-link-expired")).close();
  });
});

test("a full room: a place is kept for members, who waits comes in by itself", async (t) => {
  const { server, office } = await serve({ extra: ["--limits-people", "2", "--limits-reserve", "1"] });
  t.after(() => server.close());
  const { door, of } = await publish(office);
  const enter = async (name) => {
    const p = await Person.open(browser, `${server.base}/h/${door}`, phone);
    await p.id("name").fill(name);
    await p.tap("join");
    return p;
  };
  const first = await enter("Cử tri thứ nhất");
  await first.sees("hand");
  const second = await enter("Cử tri thứ hai");
  await second.sees("waiting");
  await says(second, "Phòng họp đã đủ chỗ");
  await says(second, /Trang tự vào khi có chỗ/);
  await look(second, "room-full", onlyPhone);
  const d = of("deputy")[1];
  const deputy = await Person.open(browser, `${server.base}/h/${door}#${d.url.split("#")[1]}.${d.code}`, phone);
  await deputy.tap("join");
  await deputy.sees("hand");
  await first.tap("more");
  await first.tap("leave");
  await second.sees("hand", 30_000);
  for (const p of [first, second, deputy]) await p.close();
});

test("plain http off this machine: every page is one explanation", async (t) => {
  const server = await Server.start();
  t.after(() => server.close());
  for (const path of ["/", "/van-phong", "/cai-dat", "/man-hinh", new URL(server.people("citizen")[0].url).pathname]) {
    const p = await Person.open(browser, `http://hop.example:${server.port}${path}`, phone);
    await says(p, "Cần bật HTTPS");
    await says(p, /tls\.mode: acme/);
    assert.equal(await p.page.evaluate(() => isSecureContext), false);
    if (path === "/") await look(p, "needs-https", { axe: Object.values(sizes), wanted: [...Object.values(sizes), { width: 320, height: 568 }] });
    await p.close();
  }
  const api = await fetch(`${server.base}/healthz`);
  assert.equal(api.status, 200);
});

test("a broken configuration is refused with the key's name", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "nghitruong-e2e-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, "config.yaml");
  const rows = [
    ["unknown key", "lissten: localhost:1\n", /unknown key "lissten"/],
    ["nested unknown key", "media:\n  upd_port: 1\n", /media\.upd_port/],
    ["wrong number", "media:\n  udp_port: many\n", /media\.udp_port.*whole number/],
    ["wrong choice", "tls:\n  mode: maybe\n", /tls\.mode.*one of off, files, acme, local/],
    ["files without certificate", "tls:\n  mode: files\n", /tls\.cert and tls\.key/],
    ["reserve above people", "limits:\n  people: 5\n  reserve: 6\n", /limits\.reserve 6 is more than limits\.people 5/],
    ["twice the same key", "listen: localhost:1\nlisten: localhost:2\n", /listen.*already|already.*listen|duplicate/i],
    ["no YAML", "listen: [\n", /config\.yaml/],
  ];
  for (const [name, yaml, wanted] of rows) {
    await t.test(name, async () => {
      writeFileSync(file, yaml);
      const r = await refused(["serve", "--config", file, "--data", join(dir, "data")]);
      assert.notEqual(r.code, 0);
      assert.equal(r.signal, null, `still running; wrote:\n${r.text}`);
      assert.match(r.text, wanted);
      assert.doesNotMatch(r.text, /goroutine|panic/);
    });
  }
  await t.test("environment", async () => {
    const r = await refused(["serve", "--data", join(dir, "data")], { env: { ...process.env, NGHITRUONG_MEDIA_UPD_PORT: "1" } });
    assert.notEqual(r.code, 0);
    assert.match(r.text, /media_upd_port/i);
  });
});

test("a second start on the same data folder is refused, the first goes on", async (t) => {
  const { server } = await serve();
  t.after(() => server.close());
  const r = await refused(["serve", "--data", server.data, "--listen", `localhost:${await freePort()}`, "--udp-port", "0", "--tcp-port", "0"]);
  assert.equal(r.signal, null, `still running; wrote:\n${r.text}`);
  assert.notEqual(r.code, 0);
  assert.match(r.text, /data folder/);
  assert.match(r.text, /another|in use|already|lock/i);
  assert.equal((await fetch(`${server.base}/readyz`)).status, 200);
});

/** escaped writes every letter beyond ASCII as JSON may. */
const escaped = (s) => s.replace(/[^ -~]/gu, (c) => [...Array(c.length).keys()].map((i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""));

const ledgerFile = (data) => readdirSync(data).find((f) => /\.(db|sqlite3?)$/.test(f));

/** grep gives the files of a folder that hold any of the texts, as they are or as JSON writes them, or any of the bytes. */
function grep(folder, texts) {
  const hits = [];
  const wanted = texts.flatMap((s) => (Buffer.isBuffer(s) ? [s] : [s, s.normalize("NFD"), escaped(s)].map((x) => Buffer.from(x, "utf8"))));
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    if (wanted.some((w) => bytes.includes(w))) hits.push(name);
  }
  return hits;
}

/** keys gives the secrets under which citizens' names and words lie in the data folder. */
function keys(data) {
  const rows = execFileSync("sqlite3", [join(data, ledgerFile(data)), "SELECT hex(secret) FROM citizens UNION ALL SELECT hex(secret) FROM texts"], { encoding: "utf8" });
  return rows.split("\n").filter(Boolean).map((h) => Buffer.from(h, "hex"));
}

test("one citizen is erased: name, hamlet and words cannot be read from the data folder any more", async (t) => {
  const { server, office } = await serve();
  t.after(() => server.close());
  const { id, door } = await publish(office);
  const other = await publish(office);
  const name = "Cử tri Ẳn Danh Đặc Biệt";
  const words = "Cầu treo bản Suối Chìm hỏng từ mùa mưa";
  const p = await Person.open(browser, `${server.base}/h/${door}`, phone);
  const known = () => p.page.evaluate((d) => fetch(`/api/doors/${d}`).then((r) => r.json()), door).then((d) => d.known);
  await p.id("name").fill(name);
  await p.id("hamlet").selectOption("Thôn 3");
  await p.tap("join");
  await p.sees("hand");
  await p.tap("ask");
  await p.id("ask-text").fill(words);
  await p.tap("ask-send");
  await p.sees("ask-received");
  await server.restart("SIGTERM");
  assert.deepEqual(await known(), { name, hamlet: "Thôn 3" }, "the name comes from the disk");
  assert.deepEqual(grep(server.data, [name, words]), [], "plain text in the data folder");
  const { person } = (await p.page.evaluate(() => fetch("/api/me").then((r) => r.json()))).persons[0];
  const readable = spawnSync("sqlite3", ["-version"]).error ? [] : keys(server.data);
  assert.notDeepEqual(readable.length ? grep(server.data, readable) : ["no sqlite3"], [], "the keys are in the folder before");
  await office.call("POST", `/api/office/sittings/${other.id}/citizens/erase`, { person });
  assert.equal((await known()).name, name, "erased through another sitting");

  await office.ok("POST", `/api/office/sittings/${id}/citizens/erase`, { person });
  assert.deepEqual(grep(server.data, [name, words]), []);
  assert.deepEqual(readable.length ? grep(server.data, readable) : [], [], "a key of the erased texts is still in the folder");
  assert.ok(!(await known())?.name && !(await known())?.hamlet, "the door still knows the name");
  await p.close();
  await server.restart("SIGTERM");
  assert.deepEqual(grep(server.data, [name, words, ...readable]), []);
  const zip = await office.call("GET", `/api/office/sittings/${id}/ledger.zip`);
  assert.equal(zip.status, 200);
});

test("a disk without space: acts are refused with a sentence, nobody is dropped, it goes on when there is space", async (t) => {
  const data = mkdtempSync(join(tmpdir(), "nghitruong-e2e-"));
  const mount = `mount -t tmpfs -o size=20m tmpfs ${data} && exec "$@"`;
  if (spawnSync("unshare", ["-m", "sh", "-c", mount, "sh", "true"]).status !== 0) return t.skip("no right to mount in an own namespace");
  const { server, office } = await serve({ data, wrap: ["unshare", "-m", "sh", "-c", mount, "sh"] });
  t.after(() => server.close());
  const { door, of } = await publish(office, { deputies: 3 });
  const url = (l) => `${server.base}/h/${door}#${l.url.split("#")[1]}.${l.code}`;
  const [c, d] = of("deputy");
  const chair = await Person.open(browser, url(c), { size: sizes.tablet });
  await chair.tap("test-devices");
  await chair.tap("join");
  await chair.tap("sitting-open");
  await chair.tap("rollcall");
  await chair.tap("rollcall-open");
  const deputy = await Person.open(browser, url(d), phone);
  await deputy.tap("join"); // checks in, since the roll-call is open
  await deputy.sees("hand");
  await chair.id("rc-row").first().getByTestId("rc-present").click();
  await until("quorum", async () => /Đủ điều kiện/.test((await chair.id("quorum").allInnerTexts()).join(" ")));
  await chair.tap("rollcall-close");
  await chair.page.getByTestId("rollcall-confirm").getByRole("button", { name: "Chốt điểm danh" }).click();
  await chair.tap("next-item");
  await chair.tap("ballot-open");
  await chair.tap("ballot-open-now");
  await deputy.sees("vote-sheet");
  await deputy.tap("vote-for");
  await deputy.sees("receipt");

  // Seen from outside, the folder of the server's own mount namespace.
  const seen = `/proc/${server.child.pid}/root${data}`;
  const ballast = join(seen, "ballast");
  fill(ballast);
  await deputy.tap("vote-against");
  await says(deputy, /ổ đĩa máy chủ đã đầy/);
  assert.equal(await deputy.id("receipt").first().getAttribute("data-choice"), "for", "the counted vote is still the old one");
  await look(deputy, "disk-full-vote", onlyPhone);
  assert.equal(await deputy.id("banner").count(), 0, "the deputy was dropped");
  const late = await fetch(`${server.base}/api/doors/${door}/enter`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "Cử tri đến lúc đĩa đầy", hamlet: "" }) });
  assert.equal(late.status, 503);
  assert.equal((await late.json()).code, "no_space");

  truncateSync(ballast, 0);
  rmSync(ballast);
  await until("the vote is taken again", async () => {
    await deputy.tap("vote-against");
    return (await deputy.id("receipt").first().getAttribute("data-choice", { timeout: 2000 })) === "against";
  }, 30_000, 500);
  await chair.tap("ballot-close");
  await chair.tap("close-anyway");
  await deputy.sees("result");
  await says(deputy, /1 không tán thành|Không tán thành/);
  assert.equal(await deputy.id("banner").count(), 0);
  await chair.close();
  await deputy.close();
});

test("the pages that explain are whole", judge);

/** fill writes until the file system takes no more byte. */
function fill(path) {
  mkdirSync(join(path, ".."), { recursive: true });
  for (const size of [1 << 20, 1 << 16, 1 << 12, 512, 64, 1]) {
    const block = Buffer.alloc(size, 0x20);
    try {
      for (;;) writeFileSync(path, block, { flag: "a" });
    } catch (e) {
      if (e.code !== "ENOSPC") throw e;
    }
  }
}
