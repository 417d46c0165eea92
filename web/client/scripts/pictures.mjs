// Takes pictures of every page from the fixture build and checks what a picture shows badly: axe's rules, horizontal
// scroll, targets under 48 px, sheets over the stage or the bar, errors on the console.
// Usage: npm run pictures -- OUT [name part]      (needs npm run build:fixtures and a Chromium at CHROMIUM or /usr/bin/chromium)
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const [out = "var/pictures", only = ""] = process.argv.slice(2);
const root = "var/fixtures";
const SIZES = {
  desktop: [1280, 800],
  tablet: [1024, 768],
  phone: [390, 844],
  small: [320, 568],
  hd: [1280, 720],
  tv: [1920, 1080],
};
const PAGES = ["desktop", "tablet", "phone", "small"];
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2" };
const zalo = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/110.0 Mobile Safari/537.36 Zalo android/23";

const pages = {
  join: { q: "face=join", sizes: ["phone", "small"] },
  "join-zalo": { q: "face=join&app=Zalo", sizes: ["phone"] },
  "member-join": { q: "face=member-join", sizes: ["tablet", "phone"] },
  code: { q: "face=code", sizes: ["phone"] },
  zalo: { q: "face=zalo", sizes: ["phone"], ua: zalo },
  denied: { q: "face=denied", sizes: ["phone", "tablet"] },
  call: { q: "face=deputy&set=plain" },
  "call-video": { q: "face=deputy&set=plain,video" },
  "call-vote": { q: "face=deputy&set=voted,video" },
  "call-vote-fresh": { q: "face=deputy&set=vote" },
  "call-observer": { q: "face=deputy&set=vote,observer", sizes: ["tablet", "phone"] },
  "call-absent": { q: "face=deputy&set=vote,absent", sizes: ["tablet", "phone"] },
  "call-vote-lost": { q: "face=deputy&set=vote,lost-socket" },
  "call-media-lost": { q: "face=deputy&set=plain,video,lost-media", sizes: ["tablet", "phone"] },
  "call-queue": { q: "face=deputy&set=plain,lost-queue", sizes: ["desktop", "tablet", "phone"] },
  "call-long": { q: "face=deputy&set=plain,lost-long", sizes: ["tablet", "phone"] },
  "call-roll": { q: "face=deputy&set=rollcall" },
  "call-hand": { q: "face=deputy&set=plain,hand" },
  "call-invited": { q: "face=deputy&set=plain,invited" },
  "call-speaking": { q: "face=deputy&set=plain,speaking", sizes: ["tablet", "phone"] },
  "call-result": { q: "face=deputy&scene=ket-qua&who=p06" },
  "call-agenda": { q: "face=deputy&set=plain", tap: "agenda" },
  "call-more": { q: "face=deputy&set=plain", tap: "more" },
  "call-published": { q: "face=deputy&set=published", sizes: ["tablet", "phone"] },
  "call-paused": { q: "face=deputy&set=paused", sizes: ["phone"] },
  "call-english": { q: "face=deputy&set=voted", lang: "en", sizes: ["desktop", "phone"] },
  "call-large": { q: "face=deputy&set=voted", size: "xlarge" },
  citizen: { q: "face=citizen&scene=tiep-xuc&who=cu1&audience=citizen", sizes: ["phone", "small", "tablet"] },
  "citizen-ask": { q: "face=citizen&scene=tiep-xuc&who=cu1&audience=citizen", tap: "ask", sizes: ["phone", "small"] },
  "citizen-more": { q: "face=citizen&scene=tiep-xuc&who=cu1&audience=citizen", tap: "more", sizes: ["phone"] },
  "citizen-invited": {
    q: "face=citizen&scene=tiep-xuc&who=cu1&audience=citizen&set=invited",
    sizes: ["phone", "small"],
  },
  "citizen-large": {
    q: "face=citizen&scene=tiep-xuc&who=cu1&audience=citizen&set=hand",
    size: "xlarge",
    sizes: ["phone"],
  },
  chair: { q: "face=chair&audience=steer&who=p01&set=plain" },
  "chair-vote": { q: "face=chair&audience=steer&who=p01&set=voted" },
  "chair-missing": {
    q: "face=chair&audience=steer&who=p01&set=voted",
    tap: "ballot-close",
    sizes: ["tablet", "phone"],
  },
  "chair-compose": { q: "face=chair&audience=steer&who=p01&set=open", tap: "ballot-open", sizes: ["tablet", "phone"] },
  "chair-roll": { q: "face=chair&audience=steer&who=p01&set=rollcall", tap: "rollcall", sizes: ["desktop", "tablet"] },
  "chair-sitting": { q: "face=chair&audience=steer&who=p01&set=plain", tap: "sitting-menu" },
  "chair-result": { q: "face=chair&audience=steer&scene=ket-qua&who=p01", sizes: ["desktop", "tablet", "phone"] },
  "chair-lost": { q: "face=chair&audience=steer&who=p01&set=plain,lost-socket", sizes: ["tablet", "phone"] },
  "chair-published": { q: "face=chair&audience=steer&who=p01&set=published", sizes: ["tablet", "phone"] },
  "chair-english": { q: "face=chair&audience=steer&who=p01&set=plain", lang: "en", sizes: ["tablet", "phone"] },
  "chair-large": { q: "face=chair&audience=steer&who=p01&set=plain", size: "xlarge", sizes: ["tablet", "phone"] },
  "hall-check": { q: "face=hall&audience=hall&who=hall1&set=plain", sizes: ["hd", "phone"] },
  hall: { q: "face=hall&audience=hall&who=hall1&set=plain", ready: true, sizes: ["hd", "tv", "phone"] },
  "hall-raise": {
    q: "face=hall&audience=hall&who=hall1&set=plain",
    ready: true,
    tap: "raise-for",
    sizes: ["hd", "tv"],
  },
  "hall-roll": { q: "face=hall&audience=hall&who=hall1&set=plain", ready: true, tap: "hall-roll", sizes: ["hd"] },
  "hall-invited": { q: "face=hall&audience=hall&who=hall1&set=plain,invited", ready: true, sizes: ["hd"] },
  "display-speaker": { q: "face=display&audience=display&who=display&set=plain", sizes: ["hd", "tv"] },
  "display-vote": { q: "face=display&audience=display&who=display", sizes: ["hd", "tv"] },
  "display-result": { q: "face=display&audience=display&scene=ket-qua&who=display", sizes: ["hd", "tv"] },
  "display-roll": { q: "face=display&audience=display&who=display&set=rollcall", sizes: ["hd", "tv"] },
  "display-waiting": { q: "face=display&audience=display&who=display&set=published", sizes: ["hd", "tv"] },
  "display-break": { q: "face=display&audience=display&who=display&set=paused", sizes: ["hd"] },
  elsewhere: { q: "state=elsewhere", sizes: ["phone"] },
  waiting: { q: "state=waiting", sizes: ["phone"] },
  refused: { q: "state=refused", sizes: ["phone"] },
  ended: { q: "scene=ket-qua&who=p06&state=closed", sizes: ["phone"] },
};

const server = createServer((req, res) => {
  const path = normalize(new URL(req.url, "http://x").pathname);
  try {
    const body = readFileSync(join(root, path));
    res.writeHead(200, { "Content-Type": types[extname(path)] ?? "application/octet-stream" });
    res.end(body);
  } catch {
    res.writeHead(path === "/healthz" ? 200 : 404).end();
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const base = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"],
});
mkdirSync(out, { recursive: true });

/** What the page does wrong, read in the page. */
function faults() {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth + 1)
    found.push(`scrolls sideways: ${document.documentElement.scrollWidth}`);
  const box = (s) => document.querySelector(s)?.getBoundingClientRect();
  const cross = (a, b) =>
    a &&
    b &&
    a.width &&
    b.width &&
    a.left < b.right - 1 &&
    b.left < a.right - 1 &&
    a.top < b.bottom - 1 &&
    b.top < a.bottom - 1;
  const side = box(".mt-side[data-kind=sheet]");
  for (const s of [".mt-stage", ".mt-bar", "[data-testid=mic]", ".mt-head"])
    if (cross(side, box(s))) found.push(`sheet over ${s}`);
  const bar = box(".mt-bar") ?? box(".listen-bar");
  if (bar && bar.bottom > innerHeight + 1) found.push(`bar below the view: ${bar.bottom}`);
  for (const el of document.querySelectorAll("button, a.btn, select, input:not([type=checkbox])")) {
    const r = el.getBoundingClientRect();
    if (r.width && (r.height < 47.5 || r.width < 47.5))
      found.push(`small target ${Math.round(r.width)}x${Math.round(r.height)} ${el.dataset.testid ?? el.textContent}`);
    if (el.scrollWidth > el.clientWidth + 2 && el.tagName === "BUTTON")
      found.push(`text cut in ${el.dataset.testid ?? el.textContent}`);
  }
  return found;
}

let bad = 0;
for (const [name, p] of Object.entries(pages)) {
  if (only && !name.includes(only)) continue;
  for (const size of p.sizes ?? PAGES) {
    const [width, height] = SIZES[size];
    const context = await browser.newContext({
      viewport: { width, height },
      reducedMotion: "reduce",
      timezoneId: "Asia/Ho_Chi_Minh",
      ...(p.ua ? { userAgent: p.ua } : {}),
      ...(p.ready ? { permissions: ["camera", "microphone"] } : {}),
    });
    await context.addInitScript(
      ([lang, text, ready]) => {
        if (ready) localStorage.setItem("nt.hall.ready", "k7m2p9qx");
        if (lang) localStorage.setItem("nt.lang", lang);
        if (text) localStorage.setItem("nt.size", text);
      },
      [p.lang ?? "", p.size ?? "", p.ready ?? false],
    );
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (e) => errors.push(String(e)));
    await page.goto(`${base}/fixtures.html?${p.q}`);
    await page.locator("#app > *").first().waitFor({ timeout: 10_000 });
    if (p.tap) await page.getByTestId(p.tap).click();
    await page.waitForTimeout(350);
    await page.screenshot({ path: join(out, `${name}-${width}x${height}.png`) });
    const axe = await new AxeBuilder({ page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
      .analyze();
    const lines = [
      ...errors,
      ...(await page.evaluate(faults)),
      ...axe.violations.map(
        (v) =>
          `${v.id}: ${v.nodes
            .slice(0, 3)
            .map((n) => n.target.join(" "))
            .join(" | ")}`,
      ),
    ];
    bad += lines.length;
    if (lines.length) console.log(`${name} ${width}x${height}\n  ${lines.join("\n  ")}`);
    await context.close();
  }
}
await browser.close();
server.close();
console.log(bad ? `${bad} faults` : "no faults");
process.exit(bad ? 1 : 0);
