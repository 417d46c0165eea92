// Chromium with fake devices, and what a test reads from a page: getStats, devices asked for, pictures, axe.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { AxeBuilder } from "@axe-core/playwright";
import { picture, speech } from "./fixtures.mjs";
import { until } from "./server.mjs";
import { act, listen } from "./socket.mjs";

export const out = fileURLToPath(new URL("../out/", import.meta.url));
export const sizes = { phone: { width: 390, height: 844 }, tablet: { width: 1024, height: 768 }, desktop: { width: 1280, height: 800 } };

export async function launch({ video = picture(640, 360, 15), audio = speech(), more = [], executablePath = "/usr/bin/chromium" } = {}) {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
      "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=user-gesture-required",
      `--use-file-for-fake-video-capture=${video}`, `--use-file-for-fake-audio-capture=${audio}`,
      "--auto-select-desktop-capture-source=Entire screen", "--disable-dev-shm-usage", ...more,
    ],
  });
}

/** Notes PeerConnections and device requests of a page, before any script of it runs. */
function watch() {
  const Native = window.RTCPeerConnection;
  window.__pcs = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...a) {
      super(...a);
      window.__pcs.push(this);
    }
  };
  window.__asked = [];
  const md = navigator.mediaDevices;
  if (!md) return;
  for (const name of ["getUserMedia", "getDisplayMedia"]) {
    const native = md[name]?.bind(md);
    if (!native) continue;
    md[name] = (c) => {
      window.__asked.push(name);
      return native(c);
    };
  }
}

/** Runs in the page: of targets called too small, those that stay so once they are scrolled out from under their list's edge (WCAG 2.5.8 means the target itself). */
function stillSmall(targets) {
  return targets.filter((t) => {
    const e = document.querySelector(t);
    const lists = [];
    for (let up = e.parentElement; up; up = up.parentElement) lists.push([up, up.scrollTop]);
    e.scrollIntoView({ block: "center" });
    const r = e.getBoundingClientRect();
    const [x, y] = [(r.left + r.right) / 2, (r.top + r.bottom) / 2];
    const hit = [-12, 12].every((dx) => [-12, 12].every((dy) => e.contains(document.elementFromPoint(x + dx, y + dy))));
    for (const [up, top] of lists) up.scrollTop = top;
    return !hit;
  });
}

export class Person {
  static async open(browser, url, { size = sizes.desktop, userAgent, permissions = ["camera", "microphone"], init, locale = "vi-VN" } = {}) {
    const p = new Person();
    p.context = await browser.newContext({ viewport: size, userAgent, permissions, locale, timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce" });
    await p.context.addInitScript(watch);
    await p.context.addInitScript(listen);
    for (const script of [init].flat()) if (script) await p.context.addInitScript(script);
    p.page = await p.context.newPage();
    p.errors = [];
    p.page.on("pageerror", (e) => p.errors.push(String(e)));
    p.page.on("console", (m) => m.type() === "error" && p.errors.push(m.text()));
    await p.page.goto(url);
    return p;
  }

  id(testid) {
    return this.page.getByTestId(testid);
  }

  async tap(testid, options = {}) {
    await this.id(testid).first().click({ timeout: 15_000, ...options });
  }

  async sees(testid, ms = 15_000) {
    await this.id(testid).first().waitFor({ state: "visible", timeout: ms });
  }

  asked(name = "getUserMedia") {
    return this.page.evaluate((n) => window.__asked.filter((x) => x === n).length, name);
  }

  /** act sends one through the page's socket and fails unless the answer is ok. */
  async act(body) {
    const answer = await act(this.page, body);
    if (answer.type !== "ok") throw new Error(`${this.name ?? "page"}: ${body.type}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** view is the newest document of a topic that came to the page. */
  view(topic) {
    return this.page.evaluate((t) => window.__views[t], topic);
  }

  /** source is the id of somebody's mic, cam or screen as this page was told, 0 when there is none. */
  source(who, kind) {
    return this.page.evaluate(([w, k]) => [...window.__sources.values()].find((s) => s.who === w && s.kind === k)?.src ?? 0, [who, kind]);
  }

  /** inbound RTP of all PeerConnections: [{kind, mid, bytes, frames, energy, width, height, csrc, src}]; src arrived last */
  inbound() {
    return this.page.evaluate(async () => {
      const list = [];
      for (const pc of window.__pcs) {
        if (pc.connectionState === "closed") continue;
        const byTrack = new Map(pc.getReceivers().map((r) => [r.track.id, r]));
        for (const s of (await pc.getStats()).values()) {
          if (s.type !== "inbound-rtp") continue;
          const r = byTrack.get(s.trackIdentifier);
          list.push({
            kind: s.kind, mid: s.mid, bytes: s.bytesReceived, packets: s.packetsReceived, lost: s.packetsLost, frames: s.framesDecoded ?? 0, energy: s.totalAudioEnergy ?? 0,
            concealed: s.concealedSamples ?? 0, silent: s.silentConcealedSamples ?? 0, samples: s.totalSamplesReceived ?? 0, level: s.audioLevel ?? 0, width: s.frameWidth ?? 0, height: s.frameHeight ?? 0, freezes: s.freezeCount ?? 0,
            csrc: r ? r.getContributingSources().map((c) => c.source) : [],
            src: r ? r.getContributingSources().reduce((a, c) => (c.timestamp > a.timestamp ? c : a), { timestamp: 0, source: 0 }).source : 0,
          });
        }
      }
      return list;
    });
  }

  outbound() {
    return this.page.evaluate(async () => {
      const list = [];
      for (const pc of window.__pcs) {
        for (const s of (await pc.getStats()).values()) {
          if (s.type === "outbound-rtp") list.push({ kind: s.kind, rid: s.rid, bytes: s.bytesSent, frames: s.framesEncoded ?? 0, width: s.frameWidth ?? 0, height: s.frameHeight ?? 0 });
        }
      }
      return list;
    });
  }

  /** hears waits until audio energy rises. */
  async hears(ms = 15_000) {
    const sum = async () => (await this.inbound()).filter((s) => s.kind === "audio").reduce((a, s) => a + s.energy, 0);
    const before = await sum();
    await until(`${this.name ?? "page"} hears`, async () => (await sum()) > before + 0.001, ms);
  }

  /** watches waits until decoded frames rise by at least n. */
  async watches(n = 10, ms = 20_000) {
    const sum = async () => (await this.inbound()).filter((s) => s.kind === "video").reduce((a, s) => a + s.frames, 0);
    const before = await sum();
    await until(`${this.name ?? "page"} sees ${n} frames`, async () => (await sum()) >= before + n, ms);
  }

  /** shot writes a picture at the page's size, or at each given one. */
  async shot(name, wanted = [this.page.viewportSize()]) {
    mkdirSync(out, { recursive: true });
    const before = this.page.viewportSize();
    for (const size of wanted) {
      await this.page.setViewportSize(size);
      await this.page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
      await this.page.screenshot({ path: join(out, `${name}-${size.width}x${size.height}.png`) });
    }
    await this.page.setViewportSize(before);
  }

  /** axe gives the violations at each size as readable lines. */
  async axe(wanted = [this.page.viewportSize()]) {
    const before = this.page.viewportSize();
    const lines = [];
    for (const size of wanted) {
      await this.page.setViewportSize(size);
      const r = await new AxeBuilder({ page: this.page }).setLegacyMode(true).options({ resultTypes: ["violations"] }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
      for (const v of r.violations) {
        const targets = v.nodes.map((n) => n.target.join(" "));
        const seen = v.id === "target-size" ? await this.page.evaluate(stillSmall, targets) : targets;
        if (seen.length) lines.push(`${size.width}x${size.height} ${v.id}: ${seen.slice(0, 4).join(" | ")}`);
      }
    }
    await this.page.setViewportSize(before);
    return lines;
  }

  async close() {
    await this.context.close();
  }
}
