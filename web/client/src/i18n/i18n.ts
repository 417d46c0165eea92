/**
 * Texts. Vietnamese is the source; English is complete and loaded only when chosen. Each area of the product has its
 * own pair of files (vi/call.json, en/call.json) and its own typed function, so that a page carries only its texts.
 * "{n}" in a text is a value; sentences are never glued together.
 */
import { signal } from "@preact/signals";

export type Lang = "vi" | "en";
export type Params = Record<string, string | number>;
type Catalogue = Record<string, string>;

const KEY = "nt.lang";
const remembered = (() => {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
})();

/** lang is the language on screen. */
export const lang = signal<Lang>("vi");

const areas: { english: Catalogue | undefined; load: () => Promise<{ default: Catalogue }> }[] = [];

/** fill puts values into a text. */
export function fill(text: string, params?: Params): string {
  if (!params) return text;
  return text.replace(/\{(\w+)\}/gu, (whole, name: string) => (name in params ? String(params[name]) : whole));
}

/** area makes the typed text function of one area. English is a dynamic import of the same keys. */
export function area<M extends Catalogue>(vi: M, loadEnglish: () => Promise<{ default: Record<keyof M, string> }>) {
  const own: (typeof areas)[number] = { english: undefined, load: loadEnglish };
  areas.push(own);
  if (lang.value === "en") void load(own);
  return (key: keyof M & string, params?: Params): string => {
    const english = lang.value === "en" ? own.english?.[key] : undefined;
    return fill(english ?? vi[key] ?? key, params);
  };
}

async function load(a: (typeof areas)[number]) {
  if (a.english) return;
  a.english = (await a.load()).default;
  if (lang.value === "en") {
    // Reading views depend on lang: toggle it so that an area loaded late is drawn in English.
    lang.value = "vi";
    lang.value = "en";
  }
}

/** setLang loads what the page needs, switches and remembers. */
export async function setLang(l: Lang): Promise<void> {
  if (l === "en") await Promise.all(areas.map(load));
  lang.value = l;
  if (typeof document !== "undefined") document.documentElement.lang = l;
  try {
    localStorage.setItem(KEY, l);
  } catch {
    // Private mode: the choice lasts for this page.
  }
}

/** restoreLang applies the remembered language; each entry calls it once. */
export function restoreLang(): void {
  if (remembered === "en") void setLang("en");
}
