// What a reviewer would see on a page: sideways scroll, small targets, cut words, overlays over the speaker or the microphone.
import assert from "node:assert/strict";
import { sizes } from "./browser.mjs";

export const small = { width: 320, height: 568 };
export const every = [...Object.values(sizes), small];

/** read runs in the page and gives readable faults. */
function read() {
  const found = [];
  const shown = (e) => {
    const r = e.getBoundingClientRect();
    const s = getComputedStyle(e);
    return r.width > 0 && r.height > 0 && s.visibility !== "hidden" && s.display !== "none";
  };
  const name = (e) => e.dataset?.testid || e.getAttribute("aria-label") || e.textContent.trim().slice(0, 40) || e.tagName;
  const cross = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth + 1) {
    const who = [...document.querySelectorAll("body *")].filter((e) => shown(e) && e.getBoundingClientRect().right > innerWidth + 1).map(name);
    found.push(`scrolls sideways: ${wide} of ${innerWidth} (${who.slice(0, 3).join(" | ")})`);
  }
  for (const e of document.querySelectorAll("button, a.btn, select, textarea, summary, input:not([type=checkbox]):not([type=radio]):not([type=file])")) {
    if (!shown(e)) continue;
    const r = e.getBoundingClientRect();
    if (r.height < 43.5 || r.width < 43.5) found.push(`target ${Math.round(r.width)}x${Math.round(r.height)}: ${name(e)}`);
    if (e.tagName === "BUTTON" && e.scrollWidth > e.clientWidth + 2) found.push(`words cut: ${name(e)}`);
    if (e.tagName === "BUTTON" && !e.textContent.trim() && !e.getAttribute("aria-label")) found.push(`button without a word: ${name(e)}`);
  }
  const modal = [...document.querySelectorAll("dialog[open]")].some(shown);
  const bar = [...document.querySelectorAll(innerWidth < 1280 ? ".mt-bar, .listen-bar" : ".mt-bar, .listen-bar, .hl-bar")].find(shown);
  if (bar && !modal) {
    const r = bar.getBoundingClientRect();
    if (r.bottom > innerHeight + 1 || r.top < 0) found.push(`bar outside the view: ${Math.round(r.top)}..${Math.round(r.bottom)} of ${innerHeight}`);
  }
  const keep = [...document.querySelectorAll("[data-testid=stage] [data-testid=tile][data-floor=yes], [data-testid=mic], [data-testid=item]")].filter(shown);
  const stage = [...document.querySelectorAll(".mt-stage")].filter(shown);
  for (const o of document.querySelectorAll(".mt-side, .mt-dock > *, .sheet, .toasts > *, .toast")) {
    if (!shown(o)) continue;
    for (const k of [...keep, ...stage]) {
      if (o.contains(k) || k.contains(o)) continue;
      if (cross(o.getBoundingClientRect(), k.getBoundingClientRect())) found.push(`${name(o)} lies over ${name(k)}`);
    }
  }
  if (!modal) {
    for (const k of keep) {
      const r = k.getBoundingClientRect();
      const at = document.elementFromPoint((r.left + r.right) / 2, (r.top + r.bottom) / 2);
      if (!at || !(k.contains(at) || at.contains(k))) found.push(`${name(k)} cannot be reached: ${at ? name(at) : "outside the view"}`);
    }
  }
  // One filled main act at a time; the stage may have none.
  const main = [...document.querySelectorAll(".btn-primary")].filter(shown);
  const top = modal ? main.filter((e) => e.closest("dialog")) : main;
  if (top.length > 1) found.push(`${top.length} main buttons: ${top.map(name).join(" | ")}`);
  return [...new Set(found)];
}

/** settle waits until the page has drawn what it was told. */
const settle = (page) => page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));

/** lasting gives the faults that do not go away by themselves: on a busy machine a page takes a moment to follow its new size. */
async function lasting(page, ms = 3000) {
  const end = Date.now() + ms;
  for (;;) {
    await settle(page);
    const found = await page.evaluate(read);
    if (!found.length || Date.now() > end) return found;
  }
}

/** faults of a page at each size, as "390x844 what". */
export async function faults(p, wanted = every) {
  const before = p.page.viewportSize();
  const lines = [];
  for (const size of wanted) {
    await p.page.setViewportSize(size);
    for (const line of await lasting(p.page)) lines.push(`${size.width}x${size.height} ${line}`);
  }
  await p.page.setViewportSize(before);
  return lines;
}

const problems = [];

/** look takes the pictures of one state, and keeps what is wrong with it for judge. */
export async function look(p, name, { axe = Object.values(sizes), wanted = every } = {}) {
  const before = p.page.viewportSize();
  for (const size of wanted) {
    await p.page.setViewportSize(size);
    await settle(p.page);
    await p.shot(name);
    const lines = [...(await faults(p, [size])), ...(axe.includes(size) ? await p.axe() : [])];
    problems.push(...lines.map((l) => `${name} ${l}`));
  }
  await p.page.setViewportSize(before);
}

/** judge fails with everything that look has kept since the last time. */
export function judge() {
  const seen = problems.splice(0);
  assert.equal(seen.length, 0, `\n${seen.join("\n")}`);
}

/** story makes steps that build on each other: after one that broke the rest is skipped; one that only looked badly breaks nothing. */
export function story(test) {
  let broken = "";
  return (name, step) =>
    test(name, async (t) => {
      if (broken) return t.skip(`after: ${broken}`);
      try {
        await step(t);
      } catch (e) {
        broken = name;
        problems.length = 0;
        throw e;
      }
      judge();
    });
}

/** says waits until the page's text holds a sentence. */
export async function says(p, sentence, ms = 15_000) {
  const want = sentence instanceof RegExp ? sentence : sentence.normalize("NFC");
  const loc = p.page.getByText(want).filter({ visible: true }).first();
  await loc.waitFor({ state: "visible", timeout: ms }).catch(async () => {
    throw new Error(`not said: ${sentence}; the page says:\n${(await p.page.innerText("body")).slice(0, 1500)}`);
  });
}
