// A sitting is recorded: the clerk starts it, everybody knows, the light is what the disk confirmed, the files hold what was said, a kill
// costs less than a second, and the ledger has every file's sum.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, Person, sizes } from "../lib/browser.mjs";
import { binary, freeUDPPort, Server, until } from "../lib/server.mjs";
import { look, story } from "../lib/look.mjs";

const pictures = { axe: Object.values(sizes), wanted: Object.values(sizes) };
let server, browser;
let chair, clerk, deputy, citizen, display;
let folder;

before(async () => {
  server = await Server.start({ udpPort: await freeUDPPort("127.0.0.1") });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const step = story(test);
const open = (role, options = {}, n = 0) => Person.open(browser, server.people(role)[n].url, options);
const lamp = (p) => p.page.locator("[data-testid=recording] [data-lamp]").first().getAttribute("data-lamp");
const text = async (p, id) => (await p.id(id).first().innerText()).replace(/\s+/g, " ");
const manifest = () => JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));

/** captures gives a source's packets, read as rtpdump, open files included: {rtp, rtcp}. */
function captures(src) {
  const n = { rtp: 0, rtcp: 0 };
  for (const name of readdirSync(join(folder, String(src)))) {
    const b = readFileSync(join(folder, String(src), name));
    if (b.length < 40) continue;
    assert.equal(b.subarray(0, 23).toString(), "#!rtpplay1.0 0.0.0.0/0\n");
    for (let at = 39; at + 8 <= b.length; at += b.readUInt16BE(at)) {
      assert.ok(b.readUInt16BE(at) >= 16, `record of ${b.readUInt16BE(at)} bytes at ${at} of ${name}`);
      n[b.readUInt16BE(at + 2) === 0 ? "rtcp" : "rtp"]++;
    }
  }
  return n;
}

/** sourceOf finds a source of a kind in the manifest: the chair's microphone, the deputy's camera. */
const sourceOf = (kind) => manifest().streams.find((s) => s.kind === kind)?.src;

step("nothing is recorded before the clerk says so", async () => {
  chair = await open("chair", { size: sizes.tablet });
  await chair.tap("join");
  await chair.tap("sitting-open");
  await chair.sees("next-item");
  await chair.tap("mic");
  clerk = await open("clerk", { size: sizes.desktop });
  await clerk.tap("join");
  deputy = await open("deputy", { size: sizes.tablet });
  await deputy.tap("join");
  await deputy.tap("cam");
  citizen = await open("citizen", { size: sizes.phone, permissions: [] });
  await citizen.id("name").fill("Nguyễn Thị Thử");
  await citizen.tap("join");
  display = await open("display", { size: { width: 1280, height: 720 }, permissions: [] });
  for (const p of [chair, clerk, deputy, citizen]) await until("no recording", async () => (await p.page.evaluate(() => window.__views.recording?.state)) === "none");
  await clerk.tap("pane-open-sitting");
  assert.match(await text(clerk, "recording-block"), /Chưa ghi\./);
  assert.equal(await chair.id("recording").count(), 0);
});

step("the clerk starts: everybody is told in words and by voice, the light is red at clerk and chair", async () => {
  await clerk.tap("recording-start");
  for (const p of [chair, clerk, deputy, citizen]) {
    await p.sees("recording");
    await until("the words", async () => /Phiên họp đang được ghi âm, ghi hình/.test(await p.page.innerText("body")));
    await until("the spoken notice", () => p.page.evaluate(() => performance.getEntriesByName(`${location.origin}/recording-notice.webm`).length > 0));
  }
  for (const p of [chair, clerk]) {
    await until("a red light", async () => (await lamp(p)) === "on");
    assert.match(await text(p, "recording"), /● Ghi \d\d:\d\d/);
  }
  for (const p of [deputy, citizen]) assert.equal(await lamp(p), "heard");
  await display.sees("display-recording");
  await display.shot("display-recording-open");
  await chair.tap("next-item");
  await until("the item", async () => /Mục 1/.test(await display.page.innerText("body")));
  await display.sees("display-recording");
  await display.shot("display-recording-item");
  await look(clerk, "desk-recording", pictures);
  await look(chair, "chair-recording", pictures);
  await look(deputy, "deputy-recording", pictures);
  await look(citizen, "citizen-recording", pictures);
});

step("the notice can be played", async () => {
  const seconds = await clerk.page.evaluate(async () => {
    const sound = await (await fetch("/recording-notice.webm")).arrayBuffer();
    return (await new AudioContext().decodeAudioData(sound)).duration;
  });
  assert.ok(seconds > 1 && seconds < 10, `${seconds} s`);
});

step("what the chair says and the deputy shows is on the disk", async () => {
  const root = join(server.data, "recordings");
  const [sitting] = readdirSync(root);
  folder = join(root, sitting, readdirSync(join(root, sitting))[0]);
  await until("sound and picture", () => {
    const [mic, cam] = [sourceOf("mic"), sourceOf("cam")];
    if (!mic || !cam || !existsSync(join(folder, String(cam)))) return false;
    const [a, v] = [captures(mic), captures(cam)];
    return a.rtp > 100 && v.rtp > 100 && a.rtcp > 0 && v.rtcp > 0;
  }, 30_000);
  const m = manifest();
  assert.equal(m.state, "recording");
  assert.ok(m.streams.every((s) => s.who && s.codecs.length > 0), "every stream says whose it is and what it holds");
});

step("the clerk pauses and goes on", async () => {
  await clerk.tap("recording-pause");
  for (const p of [chair, deputy]) await until("paused", async () => /Tạm dừng ghi/.test(await text(p, "recording")));
  await until("sealed take", () => manifest().state === "paused" && manifest().segments.length >= 2);
  await clerk.tap("recording-resume");
  await until("a red light again", async () => (await lamp(chair)) === "on");
});

step("a kill costs less than a second, and the recording goes on by itself", async () => {
  const at = Date.now();
  await server.restart("SIGKILL");
  await until("a new take", () => manifest().takes.length === 3);
  await until("a red light after the kill", async () => (await lamp(chair)) === "on", 45_000);
  const m = manifest();
  assert.ok(m.takes[1].interrupted, "the take that was cut off is marked");
  const lost = at - m.takes[1].end;
  assert.ok(lost < 1000, `${lost} ms lost at the tail`);
  assert.ok(m.gaps.some((g) => g.why === "restart" && g.to > g.from), "the time without a server is written down");
});

step("the clerk stops: every file is final, and its sum is in the ledger", async () => {
  await clerk.sees("recording-stop");
  await clerk.tap("recording-stop");
  await until("sealed", () => manifest().state === "sealed" && manifest().noted);
  for (const p of [chair, clerk, deputy, citizen]) await until("no light", async () => (await p.id("recording").count()) === 0);
  const m = manifest();
  for (const s of m.segments) {
    const sum = createHash("sha256").update(readFileSync(join(folder, String(s.src), `${s.n}.rtpdump`))).digest("hex");
    assert.equal(sum, s.sha256, `${s.src}/${s.n}`);
  }
  const left = m.segments.map((s) => s.src).flatMap((src) => readdirSync(join(folder, String(src)))).filter((f) => !f.endsWith(".rtpdump"));
  assert.deepEqual(left, []);
  const ledger = readdirSync(server.data).filter((f) => /\.db(-wal)?$/.test(f)).map((f) => readFileSync(join(server.data, f), "latin1")).join("");
  for (const s of m.segments) assert.ok(ledger.includes(s.sha256), `the ledger lacks ${s.src}/${s.n}`);
  for (const p of [chair, clerk, deputy, citizen]) assert.deepEqual(p.errors.filter((e) => !/ERR_CONNECTION_REFUSED/.test(e)), [], p.name); // the kill's own
});

step("one file per source: whole, decodable, as long as the recording", () => {
  const tool = (...args) => execFileSync(binary, ["recording", ...args], { encoding: "utf8" });
  assert.match(tool("verify", folder), new RegExp(`^${manifest().segments.length} files are as they were sealed`));
  const out = join(server.data, "remuxed");
  assert.match(tool("remux", folder, "--out", out), /\n\d+ sources\n$/);
  const m = manifest();
  const length = (m.takes.at(-1).end - m.takes[0].start) / 1000;
  const probe = (src, ...what) => {
    const { status, stdout, stderr } = spawnSync("ffprobe", ["-v", "error", ...what, "-of", "csv=p=0", join(out, `${src}.mkv`)], { encoding: "utf8" });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" }, `source ${src}`);
    return stdout.trim();
  };
  for (const kind of ["mic", "cam"]) {
    const src = sourceOf(kind);
    const times = probe(src, "-show_entries", "packet=pts_time").split("\n").map(Number.parseFloat);
    assert.equal(Number.parseInt(probe(src, "-count_frames", "-show_entries", "stream=nb_read_frames"), 10), times.length, `${kind}: every frame decodes`);
    assert.ok(times.every((t, i) => i === 0 || t >= times[i - 1]), `${kind}: times go on`);
    if (kind === "mic") assert.ok(times[0] < 0.02 && Math.abs(times.at(-1) - length) < 0.1, `sound from ${times[0]} to ${times.at(-1)} of ${length} s`);
    else assert.ok(times.length > 100 && times.at(-1) < length, `${times.length} pictures to ${times.at(-1)} of ${length} s`);
  }
});
