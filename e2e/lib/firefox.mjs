// Firefox through WebDriver BiDi: enough of a person to join, hear and see.
import puppeteer from "puppeteer-core";
import { until } from "./server.mjs";
import { listen } from "./socket.mjs";

/** Firefox gathers no loopback addresses by itself, and only the default route's until the page may capture. */
const prefs = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  "media.peerconnection.ice.loopback": true,
  "permissions.default.microphone": 1,
  "permissions.default.camera": 1,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
};

export const launch = () => puppeteer.launch({ browser: "firefox", executablePath: "/usr/bin/firefox-esr", headless: true, extraPrefsFirefox: prefs });

/** Notes the PeerConnections of a page, before any script of it runs. */
function watch() {
  const Native = window.RTCPeerConnection;
  window.__pcs = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...a) {
      super(...a);
      window.__pcs.push(this);
    }
  };
}

export class FirefoxPerson {
  static async open(browser, url, size) {
    const p = new FirefoxPerson();
    p.page = await browser.newPage();
    p.errors = [];
    p.page.on("pageerror", (e) => p.errors.push(String(e)));
    await p.page.setViewport(size);
    await p.page.evaluateOnNewDocument(watch);
    await p.page.evaluateOnNewDocument(listen);
    await p.page.goto(url);
    return p;
  }

  /** tap presses as a finger does: a real click, so that sound may play. */
  async tap(testid, ms = 20_000) {
    const e = await this.page.waitForSelector(`[data-testid="${testid}"]`, { visible: true, timeout: ms });
    await e.click();
  }

  view(topic) {
    return this.page.evaluate((t) => window.__views[t], topic);
  }

  /** inbound RTP: [{kind, frames, energy, height, src}] */
  inbound() {
    return this.page.evaluate(async () => {
      const list = [];
      for (const pc of window.__pcs) {
        if (pc.signalingState === "closed") continue;
        for (const r of pc.getReceivers()) {
          const newest = r.getContributingSources().reduce((a, c) => (c.timestamp > a.timestamp ? c : a), { timestamp: 0, source: 0 });
          for (const s of (await r.getStats()).values()) {
            if (s.type !== "inbound-rtp") continue;
            list.push({ kind: s.kind, frames: s.framesDecoded ?? 0, energy: s.totalAudioEnergy ?? 0, height: s.frameHeight ?? 0, src: newest.source });
          }
        }
      }
      return list;
    });
  }

  async hears(ms = 20_000) {
    const sum = async () => (await this.inbound()).filter((s) => s.kind === "audio").reduce((n, s) => n + s.energy, 0);
    const before = await sum();
    await until("Firefox hears", async () => (await sum()) > before + 0.001, ms);
  }
}
