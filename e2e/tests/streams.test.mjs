// A browser without our client as encoder (WHIP) and as player (WHEP), and what the clerk reads of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, sizes } from "../lib/browser.mjs";
import { Server, until } from "../lib/server.mjs";

let server, browser, context, page;

before(async () => {
  server = await Server.start();
  browser = await launch();
  context = await browser.newContext({ viewport: sizes.desktop });
  page = await context.newPage();
  await page.goto(`${server.base}/robots.txt`); // a page of no script: all that follows is the browser's own
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** Runs in the page: offers a PeerConnection at a door and takes the answer. */
async function knock([name, link]) {
  const pc = (window[name] = new RTCPeerConnection());
  if (name === "encoder") {
    const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
    for (const t of media.getTracks()) pc.addTransceiver(t, { direction: "sendonly" });
  } else {
    for (const kind of ["video", "audio"]) pc.addTransceiver(kind, { direction: "recvonly" });
  }
  await pc.setLocalDescription(await pc.createOffer());
  const headers = { Authorization: `Bearer ${link.token}`, "Content-Type": "application/sdp" };
  const r = await fetch(link.url, { method: "POST", headers, body: pc.localDescription.sdp });
  const sdp = await r.text();
  if (r.status === 201) await pc.setRemoteDescription({ type: "answer", sdp });
  return { status: r.status, location: r.headers.get("Location"), etag: r.headers.get("ETag"), text: sdp };
}

const frames = () =>
  page.evaluate(async () => [...(await window.player.getStats()).values()].find((s) => s.type === "inbound-rtp" && s.kind === "video")?.framesDecoded ?? 0);

test("a browser's own picture goes in by WHIP and out by WHEP", async () => {
  const { ingest, egress } = server.links;
  assert.equal(egress.length, ingest.length + 1);
  const pushed = await page.evaluate(knock, ["encoder", ingest[0]]);
  assert.equal(pushed.status, 201, pushed.text);
  assert.match(pushed.etag, /^".+"$/);
  const shown = egress.find((e) => e.name === ingest[0].name);
  const played = await page.evaluate(knock, ["player", shown]);
  assert.equal(played.status, 201, played.text);
  await until("pictures are decoded", async () => (await frames()) > 20);
  const gone = await page.evaluate(([url, token]) => fetch(url, { method: "DELETE", headers: { Authorization: `Bearer ${token}` } }).then((r) => r.status), [played.location, shown.token]);
  assert.equal(gone, 200);
});

test("the clerk sees the source and makes a key that is shown once", async () => {
  const office = await context.newPage();
  await office.goto(server.base);
  const { name, password } = server.links.office;
  const status = await office.evaluate((a) => fetch("/api/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(a) }).then((r) => r.status), { name, password });
  assert.equal(status, 200);
  await office.goto(`${server.base}/van-phong/hop/${server.links.sitting}/nguon-hinh`);
  await office.locator('[data-testid="stream"][data-state="on"]').waitFor();
  const stage = office.locator('[data-stream="whep/"]');
  await stage.getByTestId("issue-stream").click();
  await office.getByTestId("ask-stream").getByRole("button").last().waitFor();
  await office.getByTestId("ask-stream").getByRole("button", { name: /Đổi mã kết nối/u }).click();
  const token = await stage.getByTestId("stream-token").innerText();
  const old = await page.evaluate(knock, ["late", server.links.egress[0]]);
  assert.equal(old.status, 403, "the key before it opens nothing");
  const fresh = await page.evaluate(knock, ["late", { ...server.links.egress[0], token: token.trim() }]);
  assert.equal(fresh.status, 201, fresh.text);
  await office.reload();
  await stage.waitFor();
  assert.equal(await office.getByTestId("stream-token").count(), 0);
});
