// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FloorView, Line, MediaLines, PeopleView, ServerMessage, UpLine } from "../src/core/protocol";
import type { Session } from "../src/core/session";
import { doorInfo, fill } from "../src/fixtures/scenes";
import ChairFace from "../src/views/chair/face";
import { faceName } from "../src/views/faces";
import { EVERY_MS } from "../src/views/lines/ask";
import { HallBoard } from "../src/views/lines/board";
import { figures, LinesPanel, troubleText } from "../src/views/lines/list";
import { ago, halls, rows, type Trouble, troubles } from "../src/views/lines/model";
import TechFace from "../src/views/tech/face";

const up = (o: Partial<UpLine> = {}): UpLine => ({ kind: "mic", quiet_ms: 20, level: 40, heard_ms: 100, ...o });
const line = (o: Partial<Line> = {}): Line => ({
  key: "k",
  roles: ["deputy"],
  online: true,
  connected: true,
  path: "udp",
  direct: true,
  why: "live",
  layer: "h",
  up: [],
  ...o,
});
const answer = (lines: Line[], o: Partial<MediaLines> = {}): MediaLines => ({
  re: "",
  at: Date.UTC(2026, 10, 23, 2, 43),
  total: lines.length,
  lines,
  halls: [],
  ...o,
});
const said = (l: Line) => troubles(l).map(troubleText);

const root = () => document.getElementById("app") as HTMLElement;
const id = (name: string) => root().querySelector<HTMLElement>(`[data-testid="${name}"]`);
const all = (name: string) => [...root().querySelectorAll<HTMLElement>(`[data-testid="${name}"]`)];
const words = (e: Element | null | undefined) => e?.textContent?.replace(/\s+/gu, " ").trim() ?? "";
const nothing = () => undefined;

/** asks answers the page's questions with what give returns. */
function asks(session: Session, give: () => MediaLines | ServerMessage | undefined) {
  return vi.spyOn(session.link, "ask").mockImplementation(async () => {
    const m = give();
    if (!m) throw new Error("no answer");
    return ("type" in m ? m : { type: "media.lines", ...m }) as ServerMessage;
  });
}
/** settle lets answered questions reach the page. */
const settle = () => act(async () => void (await vi.advanceTimersByTimeAsync(10)));
const later = () => act(async () => void (await vi.advanceTimersByTimeAsync(EVERY_MS)));

beforeEach(() => {
  document.body.innerHTML = '<div id="app"></div>';
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  act(() => render(null, root()));
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("what is wrong with a line", () => {
  it("says nothing of a good one", () => {
    expect(troubles(line({ rtt_ms: 40, lost: 0.01, estimate_bps: 2e6, up: [up({ lost: 0.01 })] }))).toEqual([]);
  });

  it("names loss in both directions and what to do", () => {
    expect(said(line({ up: [up({ lost: 0.08 })] }))).toEqual(["Mất gói lên 8 % – mời dùng dây mạng hoặc 4G"]);
    expect(said(line({ lost: 0.025 }))).toEqual(["Mất gói xuống 2,5 % – mời dùng dây mạng hoặc 4G"]);
    expect(said(line({ lost: 0.01, client: { loss: 0.2 } }))[0]).toContain("Mất gói xuống 20 %");
  });

  it.each([
    ["2 % up", line({ up: [up({ lost: 0.02 })] }), 1],
    ["5 % up", line({ up: [up({ lost: 0.05 })] }), 2],
    ["15 % up", line({ up: [up({ lost: 0.15 })] }), 3],
    ["sound in pieces", line({ client: { concealed: 0.16 } }), 3],
    ["a picture that stood 2 s", line({ client: { freezes: 1, freeze_ms: 2100 } }), 2],
    ["120 kb/s", line({ estimate_bps: 120_000 }), 2],
    ["half a second up", line({ up_rtt_ms: 500 }), 1],
    ["a jittering microphone", line({ up: [up({ jitter_ms: 80 })] }), 1],
    ["an open microphone that sends nothing", line({ up: [up({ open: true, quiet_ms: 9000 })] }), 2],
    ["no media", line({ connected: false }), 2],
    ["gone", line({ online: false }), 3],
    ["the relay", line({ path: "relay" }), 1],
    ["TCP", line({ path: "tcp" }), 1],
    ["6 frames a second", line({ client: { fps: 6 } }), 1],
  ])("%s", (_, l, severity) => {
    expect(troubles(l)[0]?.severity).toBe(severity);
  });

  it("does not blame a machine for frames that the line lost, nor a paused picture", () => {
    expect(said(line({ lost: 0.1, client: { fps: 5 } })).some((s) => s.includes("máy nặng"))).toBe(false);
    expect(troubles(line({ why: "paused_user", client: { fps: 5 } }))).toEqual([]);
  });

  it("blames the machine, not the network, for sound in pieces on a good line", () => {
    expect(said(line({ client: { concealed: 0.07 } }))[0]).toBe(
      "Tiếng phải vá 7 % dù đường truyền tốt – máy nặng, mời đóng bớt ứng dụng khác",
    );
    expect(said(line({ client: { concealed: 0.07, loss: 0.06 } })).join()).toContain("mời chọn Chỉ tiếng");
    expect(said(line({ client: { freezes: 1, freeze_ms: 300 } }))[0]).toContain("đường truyền vẫn tốt");
  });

  it("does not count a source that ended", () => {
    expect(troubles(line({ up: [up({ kind: "cam", lost: 0.5, quiet_ms: 60_000 })] }))).toEqual([]);
  });

  it("has a text for each trouble, with its number", () => {
    const everything = line({
      connected: false,
      lost: 0.3,
      path: "tcp",
      rtt_ms: 2000,
      up_rtt_ms: 2000,
      estimate_bps: 1,
      up: [up({ lost: 0.3, jitter_ms: 90, open: true })],
      client: { concealed: 0.3, freezes: 3, freeze_ms: 3000, jitter_ms: 90 },
    });
    const list: Trouble[] = troubles(everything);
    expect(list.length).toBeGreaterThanOrEqual(9);
    for (const x of list) expect(troubleText(x)).not.toMatch(/[{}_]/u);
    expect(list.map((x) => x.severity)).toEqual(list.map((x) => x.severity).sort((a, b) => b - a));
  });
});

describe("the order and the names", () => {
  const people = {
    people: [
      { id: "p1", name: "Nguyễn Thị Đào", label: "Đại biểu số 1", roles: ["deputy"], online: true },
      { id: "h1", name: "Điểm cầu số 2", label: "Điểm cầu số 2", roles: ["hall"], online: true },
    ],
    citizens: [{ person: "cu1", name: "Hoàng A", hamlet: "Thôn 3", online: true }],
    counts: { online: 2, citizens: 1, waiting: 0, halls: 1, halls_ready: 0 },
  } as unknown as PeopleView;

  it("puts the gravest first, then halls, then names", () => {
    const list = rows(
      answer([
        line({ key: "a", person: "p1" }),
        line({ key: "b", label: "An", up: [up({ lost: 0.03 })] }),
        line({ key: "c", person: "h1", roles: ["hall"] }),
        line({ key: "d", label: "Ba", online: false }),
      ]),
      people,
      "",
    );
    expect(list.map((r) => r.name)).toEqual(["Ba", "An", "Điểm cầu số 2", "Nguyễn Thị Đào"]);
  });

  it("finds names without marks; a citizen has a name only where the views have one", () => {
    const lines = [
      line({ key: "a", person: "p1" }),
      line({ key: "b", person: "cu1", roles: ["citizen"] }),
      line({ key: "c", roles: ["citizen"] }),
      line({ key: "d", roles: ["display"] }),
    ];
    expect(rows(answer(lines), people, "dao").map((r) => r.name)).toEqual(["Nguyễn Thị Đào"]);
    expect(rows(answer(lines), people, "thon 3").map((r) => r.name)).toEqual(["Hoàng A (Thôn 3)"]);
    expect(rows(answer(lines), people, "").map((r) => r.name)).toEqual([
      "Cử tri",
      "Hoàng A (Thôn 3)",
      "Màn hình",
      "Nguyễn Thị Đào",
    ]);
  });

  it("shows the figures that are known, in Vietnamese numbers", () => {
    const shown = Object.fromEntries(
      figures(
        line({
          rtt_ms: 38,
          lost: 0.004,
          estimate_bps: 2_440_000,
          up: [up({ lost: 0.08, codec: "opus" }), up({ kind: "cam", codec: "VP8", jitter_ms: 300 })],
          client: { concealed: 0.031, fps: 14.6, freezes: 2, freeze_ms: 900, jitter_ms: 6 },
        }),
      ).map((f) => [f.key, f.value]),
    );
    expect(shown).toEqual({
      path: "UDP, chuyển thẳng",
      rtt: "38 ms",
      loss_down: "0,4 %",
      loss_up: "8 %",
      layer: "vừa",
      estimate: "2,4 Mb/s",
      jitter: "6 ms",
      frozen: "2 lần, 0,9 giây",
      concealed: "3,1 %",
      fps: "15",
      codec: "opus · VP8",
    });
    expect(figures(line({ connected: false, path: "", up: [] }))).toEqual([]);
  });

  it("writes how long ago", () => {
    expect([2000, 12_000, 130_000, 3 * 3600_000].map(ago)).toEqual([
      "vừa xong",
      "12 giây trước",
      "2 phút trước",
      "3 giờ trước",
    ]);
  });
});

describe("the halls' board", () => {
  const people = (online: boolean) =>
    ({
      people: [{ id: "h1", name: "Điểm cầu Đông Cuông", label: "", roles: ["hall"], online }],
      counts: { halls: 1, halls_ready: 0 },
    }) as unknown as PeopleView;
  const speaking = { holder: { state: "speaking", source: "h1" } } as unknown as FloorView;
  const board = (ups: UpLine[], ready: boolean, online = true, floor: FloorView | null = null) =>
    halls(
      answer([line({ person: "h1", roles: ["hall"], up: ups })], {
        halls: [{ person: "h1", online, ready, since: 1 }],
      }),
      people(online),
      floor,
    )[0]?.todo;
  const cam = up({ kind: "cam", fps: 15, w: 640, h: 360, heard_ms: -1 });
  const gone = { open: true, quiet_ms: 9000 };

  it.each([
    ["h_out", board([], false, false)],
    ["h_unready", board([up(), cam], false)],
    ["h_no_sound", board([cam, up(gone)], true)],
    ["h_no_sound", board([cam], true, true, speaking)],
    ["h_no_picture", board([up(), { ...cam, ...gone }], true)],
    ["h_unheard", board([up({ heard_ms: -1 }), cam], true)],
    ["h_unheard", board([up({ heard_ms: 200_000 }), cam], true)],
    ["", board([up(), cam], true)],
    ["", board([], true)], // its devices wait for the chair: no alarm
  ])("the next thing to do: %s", (want, got) => {
    expect(got).toBe(want);
  });

  it("knows halls that never came from the list", () => {
    expect(halls(null, people(false), null)[0]).toMatchObject({ online: false, ready: false, since: 0, todo: "h_out" });
  });

  it("shows n of N, the signs and the time since the last change", async () => {
    const session = fill("ky-hop", "clerk", "steer", []);
    const hall = session.views.people.value?.people.find((p) => p.roles.includes("hall"));
    expect(hall).toBeDefined();
    const lines = [line({ person: hall?.id ?? "", roles: ["hall"], up: [up({ heard_ms: 12_000 }), cam] })];
    asks(session, () => answer(lines, { halls: [{ person: hall?.id ?? "", online: true, ready: true, since: 1 }] }));
    act(() => render(<HallBoard session={session} />, root()));
    await settle();
    expect(words(id("halls-ready"))).toMatch(/Cầu đã sẵn sàng \d+\/2/u);
    const row = all("hall-row").find((r) => r.dataset.who === hall?.id);
    expect(row?.dataset.ok).toBe("yes");
    for (const sign of ["Đã vào", "Có tiếng 12 giây trước", "Hình 640×360, 15 khung/giây", "Đã bấm Sẵn sàng", "Đổi"])
      expect(words(row)).toContain(sign);
  });

  it("is one of the chair's sheets", async () => {
    const session = fill("ky-hop", "p01", "steer", ["plain"]);
    asks(session, () => answer([]));
    act(() => render(<ChairFace session={session} door={doorInfo()} leave={nothing} />, root()));
    const press = async (name: string) => {
      await act(async () => id(name)?.click());
      await settle();
    };
    await press("sitting-menu");
    await press("halls");
    expect(id("hall-sheet")).not.toBeNull();
    expect(all("hall-row").length).toBe(2);
    await press("panel-close");
    expect(id("hall-sheet")).toBeNull();
  });
});

describe("the technicians' page", () => {
  const tech = () => fill("ky-hop", "tech", "hall", []);
  const draw = (session: Session) => act(() => render(<LinesPanel session={session} />, root()));

  it("belongs to technicians; who is also a deputy keeps the deputy's page", () => {
    expect(faceName(["technician"])).toBe("tech");
    expect(faceName(["technician", "deputy"])).toBe("deputy");
    expect(faceName(["technician", "clerk"])).toBe("desk");
  });

  it("asks every two seconds while it is open and visible, and never after", async () => {
    const session = tech();
    const asked = asks(session, () => answer([line({ label: "An" })]));
    draw(session);
    await settle();
    expect(asked).toHaveBeenCalledTimes(1);
    await later();
    expect(asked).toHaveBeenCalledTimes(2);
    const visible = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    await later();
    expect(asked).toHaveBeenCalledTimes(2);
    visible.mockReturnValue("visible");
    await later();
    expect(asked).toHaveBeenCalledTimes(3);
    act(() => render(null, root()));
    await later();
    expect(asked).toHaveBeenCalledTimes(3);
  });

  it("keeps the last figures when the server does not answer, and says of when they are", async () => {
    const session = tech();
    let down = false;
    asks(session, () => (down ? undefined : answer([line({ label: "An", lost: 0.08 })])));
    draw(session);
    await settle();
    down = true;
    await later();
    expect(words(root())).toContain("Chưa có số mới từ máy chủ. Số dưới đây là lúc 09:43:00.");
    expect(words(id("line"))).toContain("Mất gói xuống 8 %");
  });

  it("says whose page it is when the server refuses, and goes on asking while it is busy", async () => {
    const session = tech();
    let kind = "conflict";
    asks(session, () => ({ type: "error", re: "", kind, code: "busy" }) as ServerMessage);
    draw(session);
    await settle();
    expect(words(root())).toContain("Đang hỏi máy chủ");
    kind = "not_allowed";
    await later();
    expect(words(root())).toBe("Trang này dành cho kỹ thuật, thư ký và chủ tọa.");
  });

  it("shows who has trouble first, says when nobody has, and finds a name", async () => {
    const session = tech();
    let loss = 0.2;
    asks(session, () =>
      answer([line({ key: "a", label: "An" }), line({ key: "b", label: "Đào", lost: loss })], { total: 400 }),
    );
    draw(session);
    await settle();
    expect(words(id("lines-troubled"))).toMatch(/Có trục trặc \(1\) ?Đào ?Nặng/u);
    expect(words(root())).toContain("Đang hiện 2 trong 400 người");
    expect(words(id("lines-ways"))).toBe("UDP 2 · TCP 0 · Dự phòng 0");
    loss = 0;
    await later();
    expect(words(id("lines-troubled"))).toContain("Không ai gặp trục trặc.");
    const box = id("lines-search") as HTMLInputElement;
    const search = (text: string) =>
      act(() => {
        box.value = text;
        box.dispatchEvent(new Event("input", { bubbles: true }));
      });
    search("dao");
    expect(all("line").map((l) => words(l.querySelector("strong")))).toEqual(["Đào"]);
    search("không có");
    expect(words(root())).toContain("Không tìm thấy ai.");
  });

  it("opens the picture, people and messages beside it, and asks before leaving", async () => {
    const session = tech();
    asks(session, () => answer([line({ label: "An" })]));
    const left = vi.fn();
    act(() => render(<TechFace session={session} door={doorInfo()} leave={left} />, root()));
    await settle();
    expect(words(id("tech")?.querySelector("h1"))).toBe("Đường truyền");
    const press = (name: string) => act(async () => id(name)?.click());
    await press("people");
    expect(id("people-panel")).not.toBeNull();
    await press("messages");
    expect(id("people-panel")).toBeNull();
    await press("stage-open");
    expect(words(id("stage-open"))).toBe("Ẩn hình");
    await press("leave");
    expect(left).not.toHaveBeenCalled();
    expect(id("leave-dialog")).not.toBeNull();
  });

  it("draws 200 people and their next figures quickly, in the rows that are there", async () => {
    const session = tech();
    let n = 0;
    const people = () =>
      Array.from({ length: 200 }, (_, i) =>
        line({ key: `k${i}`, label: `Người ${i}`, lost: (i % 10) / 100, client: { fps: 15, jitter_ms: n } }),
      );
    asks(session, () => answer(people()));
    draw(session);
    await settle();
    expect(all("line").length).toBe(200);
    const first = all("line")[0];
    n = 7;
    await later();
    expect(all("line")[0]).toBe(first);
    expect(words(first)).toContain("7 ms");
  });
});
