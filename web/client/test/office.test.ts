import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../src/core/http";
import type { Person, Published } from "../src/core/protocol";
import { move } from "../src/views/office/agenda";
import type { Draft, Row } from "../src/views/office/api";
import { lacks } from "../src/views/office/check";
import { changed, DraftStore, merge } from "../src/views/office/draft";
import { addLinks, forgetLinks, freshLinks, keep, unkeptLinks } from "../src/views/office/fresh";
import { candidates, peopleOf } from "../src/views/office/paste";
import { withRole } from "../src/views/office/person";
import { fieldProblem, problemOf } from "../src/views/office/problem";
import { routeOf } from "../src/views/office/route";
import { doorCode } from "../src/views/office/start";
import { dayOf, fileStem, fractionText, hourOf, instant, noTime, whenText } from "../src/views/office/text";

const person = (id: string, part: Partial<Person> = {}): Person => ({
  id,
  name: `Đại biểu ${id}`,
  label: "",
  roles: ["deputy"],
  ...part,
});

const doc = (part: Partial<Published> = {}): Published => ({
  council: "c",
  council_name: "HĐND xã Đông Cuông",
  unit: "",
  kind: "ky-hop-thuong-le",
  kind_name: "Kỳ họp thường lệ",
  title: "Kỳ họp thứ Ba",
  planned_at: "2026-11-25T01:00:00Z",
  public: true,
  waiting_room: false,
  agenda: [{ id: "muc-1", title: "Khai mạc" }],
  people: [person("a", { roles: ["chair", "deputy"] }), person("b")],
  votes: [],
  rules: {
    elected: 30,
    in_office: 30,
    quorum: { num: 2, den: 3, strict: false },
    quorum_base: "all",
    turn_seconds: {},
    second_turn: 180,
    roll_call: true,
    grace_seconds: 60,
    gate_policy: "floor",
  },
  ...part,
});

describe("sentences of refusals", () => {
  const vi = JSON.parse(readFileSync(join(import.meta.dirname, "../src/i18n/vi/office.json"), "utf8")) as Record<
    string,
    string
  >;
  for (const pkg of ["auth", "office", "web"]) {
    it(`has one for every code of ${pkg}`, () => {
      const go = readFileSync(join(import.meta.dirname, `../../../${pkg}/codes.go`), "utf8");
      const codes = [...go.matchAll(/Code: "(\w+)"/gu)].map((m) => m[1] ?? "").filter((c) => c !== "bad_field");
      expect(codes.length).toBeGreaterThan(5);
      expect(codes.filter((c) => !(`e_${c}` in vi))).toEqual([]);
    });
  }

  it("has words for every problem of a field that the office names", () => {
    const go = readFileSync(join(import.meta.dirname, "../../../office/document.go"), "utf8");
    const problems = new Set([...go.matchAll(/badField\([^,]+, "(\w+)"\)/gu)].map((m) => m[1] ?? ""));
    expect(problems.size).toBeGreaterThan(5);
    expect([...problems].filter((p) => !(`p_${p}` in vi))).toEqual([]);
  });

  it("names the item and leads to its tab", () => {
    const p = fieldProblem("agenda.2.title", "length");
    expect(p.text).toContain("Mục 3");
    expect(p.way).toBe("chuong-trinh");
    expect(fieldProblem("rules.in_office", "fewer_than_listed").way).toBe("bieu-quyet");
  });

  it.each([
    [new ApiError(0, "network", "unreachable"), "retry"],
    [new ApiError(401, "not_allowed", "signed_out"), "login"],
    [new ApiError(404, "not_found", "sitting_unknown"), "list"],
    [new ApiError(409, "conflict", "name_taken"), "none"],
    [new ApiError(500, "internal", "brand_new"), "retry"],
    [new ApiError(400, "invalid", "brand_new"), "reload"],
    [new Error("a bug"), "retry"],
  ])("%s has a way out", (e, way) => expect(problemOf(e).way).toBe(way));
});

describe("times", () => {
  it("reads and writes Vietnam's time wherever the device is", () => {
    expect(dayOf("2026-11-24T18:30:00Z")).toBe("2026-11-25");
    expect(hourOf("2026-11-24T18:30:00Z")).toBe("01:30");
    expect(Date.parse(instant("2026-11-25", "01:30"))).toBe(Date.parse("2026-11-24T18:30:00Z"));
    expect(instant("", "08:00")).toBe(noTime);
    expect(dayOf(noTime)).toBe("");
    expect(whenText(noTime)).toBe("Chưa có ngày giờ");
    expect(whenText("2026-11-25T01:00:00Z")).toBe("08:00, ngày 25/11/2026");
  });
});

describe("two people on one draft", () => {
  it("sees only what differs in meaning", () => {
    expect(changed(doc(), doc({ place: "", hamlets: [], planned_at: "2026-11-25T08:00:00+07:00" }))).toEqual([]);
    const long = "Đại biểu Hội đồng nhân dân xã số 07";
    const mine = doc({ people: [person("a", { name: ` ${long}`, seat: 0 })] });
    const kept = doc({ people: [person("a", { name: long, label: "Đại biểu Hội đồng nhân…" })] });
    expect(changed(mine, kept)).toEqual([]);
    expect(changed(mine, doc({ people: [person("a", { name: long, label: "Số 07" })] }))).toEqual(["thanh-phan"]);
    expect(changed(doc(), doc({ agenda: [] }))).toEqual(["chuong-trinh"]);
  });

  it("keeps my sections and takes the others", () => {
    const mine = doc({ title: "Tên của tôi" });
    const theirs = doc({ agenda: [{ id: "muc-1", title: "Tên mục của người kia" }], title: "Tên của người kia" });
    const m = merge(doc(), mine, theirs);
    expect(m.title).toBe("Tên của tôi");
    expect(m.agenda[0]?.title).toBe("Tên mục của người kia");
  });

  const answers: ((body: { version: number; doc: Published }) => Response)[] = [];
  const asked: { method: string; body: { version: number; doc: Published } | null }[] = [];
  const json = (status: number, v: unknown) => new Response(JSON.stringify(v), { status });
  const draft = (version: number, d: Published): Draft => ({
    id: "s",
    door: "abcdefgh",
    state: "draft",
    version,
    doc: d,
  });

  beforeEach(() => {
    answers.length = 0;
    asked.length = 0;
    vi.useFakeTimers();
    vi.stubGlobal("fetch", async (_path: string, init: RequestInit) => {
      const body = init.body ? JSON.parse(String(init.body)) : null;
      asked.push({ method: init.method ?? "GET", body });
      const next = answers.shift();
      if (!next) throw new TypeError("no network");
      return next(body);
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("saves a moment after the last change, and again what was typed meanwhile", async () => {
    const s = new DraftStore(draft(1, doc()));
    answers.push(
      (b) => json(200, draft(2, b.doc)),
      (b) => json(200, draft(3, b.doc)),
    );
    s.edit((d) => ({ ...d, title: "Một" }));
    expect(s.status.value.at).toBe("dirty");
    await vi.advanceTimersByTimeAsync(1300);
    expect(s.status.value.at).toBe("same");
    s.edit((d) => ({ ...d, title: "Hai" }));
    await vi.advanceTimersByTimeAsync(1300);
    expect(asked.map((a) => [a.body?.version, a.body?.doc.title])).toEqual([
      [1, "Một"],
      [2, "Hai"],
    ]);
    expect(s.version).toBe(3);
  });

  it("never shows a lost save as saved, and keeps the text", async () => {
    const s = new DraftStore(draft(1, doc()));
    s.edit((d) => ({ ...d, title: "Một" }));
    await vi.advanceTimersByTimeAsync(1300);
    expect(s.status.value.at).toBe("failed");
    expect(s.doc.value.title).toBe("Một");
    expect(s.unsaved).toBe(true);
  });

  it("asks when somebody else saved, and overwrites nothing by itself", async () => {
    const s = new DraftStore(draft(1, doc()));
    const theirs = draft(5, doc({ agenda: [{ id: "muc-1", title: "Của người kia" }] }));
    answers.push(
      () => json(409, { kind: "conflict", code: "version_conflict" }),
      () => json(200, theirs),
      (b) => json(200, draft(6, b.doc)),
    );
    s.edit((d) => ({ ...d, title: "Của tôi" }));
    await vi.advanceTimersByTimeAsync(1300);
    expect(s.status.value.at).toBe("conflict");
    expect(await s.save()).toBe(false);
    expect(s.differences(theirs.doc)).toEqual({ mine: ["chung"], theirs: ["chuong-trinh"] });
    await s.keepMine(theirs);
    expect(asked.at(-1)?.body?.version).toBe(5);
    expect(s.doc.value.title).toBe("Của tôi");
    expect(s.doc.value.agenda[0]?.title).toBe("Của người kia");
  });

  it("goes on by itself when the conflict is its own lost answer", async () => {
    const s = new DraftStore(draft(1, doc()));
    answers.push(
      () => json(409, { kind: "conflict", code: "version_conflict" }),
      () => json(200, draft(2, doc({ title: "Một" }))),
      (b) => json(200, draft(3, b.doc)),
    );
    s.edit((d) => ({ ...d, title: "Một" }));
    await vi.advanceTimersByTimeAsync(3000);
    expect(s.status.value.at).toBe("same");
    expect(s.version).toBe(3);
  });
});

describe("before publishing", () => {
  it.each([
    [doc(), []],
    [doc({ planned_at: noTime }), ["lack_time"]],
    [doc({ agenda: [] }), ["lack_agenda"]],
    [doc({ people: [person("b")] }), ["lack_chair"]],
    [doc({ people: [person("a", { roles: ["chair"] })] }), ["lack_deputies"]],
    [doc({ rules: { ...doc().rules, in_office: 1 } }), ["lack_in_office"]],
    [doc({ rules: { ...doc().rules, in_office: 1, roll_call: false } }), []],
  ])("case %#", (d, want) => expect(lacks(d).map((l) => l.key)).toEqual(want));
});

describe("a pasted list", () => {
  const row = (line: number, part: Partial<Row>): Row => ({
    line,
    name: "",
    office: "",
    group: "",
    unit: "",
    seat: 0,
    roles: ["deputy"],
    ...part,
  });
  const rows = [
    row(1, { name: "Đại biểu a" }),
    row(2, { name: "Đại biểu mới", seat: 3 }),
    row(3, { name: "Đại biểu mới", problem: "duplicate" }),
    row(4, { problem: "empty" }),
  ];

  it("leaves out doubles, also of the list, unless somebody ticks them", () => {
    const all = candidates(rows, doc().people, "add");
    expect(all.map((c) => c.trouble)).toEqual(["listed", undefined, "duplicate", "empty"]);
    expect(peopleOf(all).map((p) => p.name)).toEqual(["Đại biểu mới"]);
    expect(peopleOf(all.map((c) => ({ ...c, take: true })))).toHaveLength(3);
    expect(candidates(rows, doc().people, "replace")[0]?.take).toBe(true);
  });

  it("gives random ids", () => {
    const ids = peopleOf(candidates(rows, [], "add")).map((p) => p.id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{26}$/u);
  });
});

describe("small things", () => {
  it("adds up roles, except those that stand alone", () => {
    expect(withRole(["deputy"], "chair", true)).toEqual(["chair", "deputy"]);
    expect(withRole(["chair", "deputy"], "hall", true)).toEqual(["hall"]);
    expect(withRole(["hall"], "deputy", true)).toEqual(["deputy"]);
    expect(withRole(["deputy"], "deputy", false)).toEqual([]);
  });

  it("moves items", () => {
    expect(move(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
    expect(move(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  });

  it("writes thresholds in words", () => {
    expect(fractionText({ num: 1, den: 2, strict: true })).toBe("Quá nửa");
    expect(fractionText({ num: 2, den: 3, strict: false })).toBe("Ít nhất 2/3");
  });

  it("finds the door in what is typed", () => {
    expect(doorCode("3TB4 2s9z")).toBe("3tb42s9z");
    expect(doorCode(" https://hop.example.vn/h/3tb42s9z#token ")).toBe("3tb42s9z");
    expect(doorCode("  ")).toBe("");
  });

  it("names files without marks", () => expect(fileStem("Kỳ họp thứ Ba, Đông Cuông")).toBe("ky-hop-thu-ba-dong-cuong"));

  it("reads addresses", () => {
    expect(routeOf("/van-phong")).toEqual({ at: "list" });
    expect(routeOf("/van-phong/hop/x")).toEqual({ at: "sitting", id: "x", tab: "chung" });
    expect(routeOf("/van-phong/hop/x/in-the")).toEqual({ at: "cards", id: "x" });
    expect(routeOf("/van-phong/hop/x/khac")).toEqual({ at: "unknown" });
  });

  it("warns while a new link was neither copied nor printed", () => {
    const link = { person: "a", name: "", roles: [], state: "new" as const, devices: [], url: "u", qr: "" };
    addLinks("s", [link, { ...link, person: "b" }]);
    expect(unkeptLinks()).toBe(true);
    keep(["a", "b"]);
    expect(unkeptLinks()).toBe(false);
    addLinks("s", [{ ...link, url: "u2" }]);
    expect(unkeptLinks()).toBe(true);
    expect(freshLinks("s").a?.url).toBe("u2");
    forgetLinks();
    expect(freshLinks("s")).toEqual({});
  });
});
