// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { calendarOf, folded, stamp } from "../src/core/calendar";
import { type DeputyKey, deputyKey, onControl } from "../src/views/deputy/keys";
import { Speech } from "../src/views/deputy/lower";
import { ownAuthority } from "../src/views/door/own-authority";

const press = (code: string, held: Partial<Parameters<typeof deputyKey>[0]> = {}) =>
  deputyKey({ code, ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, isComposing: false, ...held });

describe("keys of a deputy", () => {
  const rows: [string, string, Partial<Parameters<typeof deputyKey>[0]>, DeputyKey][] = [
    ["Space speaks", "Space", {}, "talk"],
    ["Shift+Space scrolls back", "Space", { shiftKey: true }, ""],
    ["Ctrl+Space is the input method's", "Space", { ctrlKey: true }, ""],
    ["Space that writes a word", "Space", { isComposing: true }, ""],
    ["Ctrl+D", "KeyD", { ctrlKey: true }, "mic"],
    ["D alone", "KeyD", {}, ""],
    ["Ctrl+E", "KeyE", { ctrlKey: true }, "cam"],
    ["Ctrl+Alt+H", "KeyH", { ctrlKey: true, altKey: true }, "hand"],
    ["Ctrl+H is the browser's", "KeyH", { ctrlKey: true }, ""],
    ["Cmd+D", "KeyD", { ctrlKey: true, metaKey: true }, ""],
  ];
  it.each(rows)("%s", (_, code, held, want) => expect(press(code, held)).toBe(want));

  it("leaves Space to the control that has the focus", () => {
    document.body.innerHTML = `<main tabindex="-1"><button><span>a</span></button><input><p>text</p>
      <div role="radio" tabindex="-1"></div><ol tabindex="0"></ol></main>`;
    const at = (q: string) => onControl(document.querySelector(q));
    expect([at("span"), at("input"), at("[role=radio]"), at("ol")]).toEqual([true, true, true, true]);
    expect([at("main"), at("p"), onControl(document.body), onControl(null)]).toEqual([false, false, false, false]);
  });
});

describe("speech with the hand up", () => {
  const run = (level: (ms: number) => number, until: number) => {
    const s = new Speech();
    for (let at = 0; at <= until; at += 100) if (s.heard(level(at), at + 5000)) return at;
    return -1;
  };
  it("is long enough after three seconds", () => expect(run(() => 0.1, 6000)).toBe(3000));
  it("goes on over the pauses between words", () => expect(run((t) => (t % 1000 < 600 ? 0.1 : 0), 6000)).toBe(3000));
  it("begins anew after a silence", () => expect(run((t) => (t % 2000 < 1000 ? 0.1 : 0), 20_000)).toBe(-1));
  it("is not the noise of a room", () => expect(run(() => 0.005, 20_000)).toBe(-1));
});

describe("calendar file", () => {
  const text = calendarOf(
    {
      uid: "k7m2p9qx@hop.example.vn",
      title: "Kỳ họp thứ Ba; thường lệ, giữa năm – HĐND xã Đông Cuông (phiên khai mạc và các phiên sau)",
      at: Date.UTC(2026, 10, 23, 1, 0, 0),
      place: "Hội trường, tầng 2",
      url: "https://hop.example.vn/h/k7m2p9qx",
    },
    Date.UTC(2026, 10, 20, 8, 30, 0),
  );
  it("begins in UTC, whatever the zone of the device", () =>
    expect(text).toContain("\r\nDTSTART:20261123T010000Z\r\n"));
  it("ends every line with CRLF and holds each to 75 octets", () => {
    expect(text.endsWith("END:VCALENDAR\r\n")).toBe(true);
    expect(text.replace(/\r\n/gu, "")).not.toMatch(/[\r\n]/u);
    for (const line of text.split("\r\n")) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
  });
  it("escapes, and folds without loss", () => {
    const whole = text.replace(/\r\n /gu, "");
    expect(whole).toContain(
      "SUMMARY:Kỳ họp thứ Ba\\; thường lệ\\, giữa năm – HĐND xã Đông Cuông (phiên khai mạc và các phiên sau)",
    );
    expect(whole).toContain("LOCATION:Hội trường\\, tầng 2");
  });
  it("never breaks inside a character", () =>
    expect(folded("ộ".repeat(60)).replace(/\r\n /gu, "")).toBe("ộ".repeat(60)));
  it("writes midnight", () => expect(stamp(Date.UTC(2027, 0, 1))).toBe("20270101T000000Z"));
});

describe("own authority", () => {
  const asked = vi.fn();
  beforeEach(() => {
    asked.mockReset();
    vi.stubGlobal("fetch", asked);
  });
  it("is not asked about on plain http", async () => {
    expect(await ownAuthority("http:")).toBe(false);
    expect(asked).not.toHaveBeenCalled();
  });
  it.each([
    [{ ok: true }, true],
    [{ ok: false }, false],
  ])("is there when /ca.crt is", async (answer, want) => {
    asked.mockResolvedValue(answer);
    expect(await ownAuthority("https:")).toBe(want);
  });
  it("is not there when nothing answers", async () => {
    asked.mockRejectedValue(new TypeError("offline"));
    expect(await ownAuthority("https:")).toBe(false);
  });
});

describe("sounds", () => {
  it("can be switched off, a test of the loudspeaker cannot", async () => {
    const started = vi.fn();
    const node = () => ({
      connect: (to: unknown) => to,
      start: started,
      stop: vi.fn(),
      frequency: { value: 0 },
      gain: { setValueAtTime: vi.fn(), linearRampToValueAtTime: vi.fn() },
    });
    vi.stubGlobal(
      "AudioContext",
      class {
        currentTime = 0;
        state = "running";
        createOscillator = node;
        createGain = node;
      },
    );
    const { chime, play, setSounds, soundsOn } = await import("../src/core/levels");
    setSounds(false);
    chime([440]);
    expect(started).not.toHaveBeenCalled();
    expect(localStorage.getItem("nt.sounds")).toBe("off");
    play([440, 550]);
    expect(started).toHaveBeenCalledTimes(2);
    setSounds(true);
    expect(soundsOn.value).toBe(true);
    chime([440]);
    expect(started).toHaveBeenCalledTimes(3);
  });
});
