import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorText } from "../src/i18n/error-text";
import { fill } from "../src/i18n/i18n";

const root = join(import.meta.dirname, "../src/i18n");
const read = (lang: string, file: string) =>
  JSON.parse(readFileSync(join(root, lang, file), "utf8")) as Record<string, string>;
const values = (text: string) => [...text.matchAll(/\{(\w+)\}/gu)].map((m) => m[1]).sort();

describe("texts", () => {
  for (const file of readdirSync(join(root, "vi"))) {
    it(`${file}: English has the same keys and the same values`, () => {
      const vi = read("vi", file);
      const en = read("en", file);
      expect(Object.keys(en).sort()).toEqual(Object.keys(vi).sort());
      for (const key of Object.keys(vi)) {
        expect(values(en[key] ?? ""), `${file} ${key}`).toEqual(values(vi[key] ?? ""));
        expect(vi[key], `${file} ${key} is NFC`).toBe(vi[key]?.normalize("NFC"));
      }
    });
  }

  it("puts values in and leaves unknown ones standing", () => {
    expect(fill("Thứ {n} · {x}", { n: 3 })).toBe("Thứ 3 · {x}");
  });

  it("has a sentence for every refusal of the council", () => {
    const go = readFileSync(join(import.meta.dirname, "../../../council/codes.go"), "utf8");
    const codes = [...go.matchAll(/^\tCode\w+\s+= "(\w+)"/gmu)].map((m) => m[1] ?? "");
    expect(codes.length).toBeGreaterThan(30);
    const vi = read("vi", "errors.json");
    expect(codes.filter((c) => !(c in vi))).toEqual([]);
  });

  it("writes times of a refusal as times, and names an unknown code", () => {
    expect(errorText("ballot_closed", { closed_at: Date.UTC(2026, 10, 23, 2, 43, 0) })).toBe(
      "biểu quyết đã đóng lúc 09:43:00",
    );
    expect(errorText("no_quorum", { present: 19, total: 30, need: 20 })).toContain("19/30 (cần 20)");
    expect(errorText("brand_new")).toContain("brand_new");
  });
});
