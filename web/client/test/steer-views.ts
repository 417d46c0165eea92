/** Views of a sitting as the server sends them, for tests of the chair's desk and the display. */
import type {
  AgendaView,
  BallotDoc,
  BallotView,
  FloorHolder,
  FloorView,
  QueueView,
  Result,
  RollCallView,
} from "../src/core/protocol";

export const T = Date.UTC(2026, 10, 23, 2, 42, 17);

export function agenda(o: Partial<AgendaView["sitting"]> = {}, current = "i4"): AgendaView {
  const titles = [
    "Khai mạc",
    "Báo cáo kinh tế – xã hội",
    "Chất vấn",
    "Nghị quyết về kế hoạch đầu tư công năm 2027",
    "Bế mạc",
  ];
  const at = titles.findIndex((_, i) => `i${i + 1}` === current);
  return {
    current,
    items: titles.map((title, i) => ({
      no: i + 1,
      id: `i${i + 1}`,
      title,
      state: i < at ? "past" : i === at ? "current" : "next",
      has_vote: i === 3,
    })),
    sitting: {
      id: "s1",
      council_name: "HĐND xã Đông Cuông",
      title: "Kỳ họp thứ Ba",
      kind: "ky-hop-thuong-le",
      kind_name: "Kỳ họp thường lệ",
      state: "open",
      planned_at: T - 3_600_000,
      opened_at: T - 3_000_000,
      closed_at: 0,
      pause_ends_at: 0,
      waiting_room: false,
      roll_call: true,
      head: "0123456789abcdef",
      ...o,
    },
  };
}

export function rollcall(present: number, state = "closed", o: Partial<RollCallView> = {}): RollCallView {
  const rows = Array.from({ length: 30 }, (_, i) => ({
    person: `p${i + 1}`,
    name: `Đại biểu số ${String(i + 1).padStart(2, "0")} – Tổ ${1 + Math.floor(i / 10)}`,
    seat: i + 1,
    state: i < present ? ("present" as const) : i < 28 ? ("excused" as const) : ("unknown" as const),
    at: T,
  }));
  const excused = rows.filter((r) => r.state === "excused").length;
  const unknown = rows.filter((r) => r.state === "unknown").length;
  return {
    state,
    opened_at: T - 2_000_000,
    ends_at: 0,
    closed_at: state === "closed" ? T - 1_900_000 : 0,
    quorum: { needed: true, met: present >= 20, present, total: 30, need: 20 },
    counts: { present, late: 0, excused, unexcused: 0, left: 0, unknown, by_self: present, by_hall: 0, by_clerk: 0 },
    rows,
    ...o,
  };
}

export function holder(o: Partial<FloorHolder> = {}): FloorHolder {
  return {
    turn: "t1",
    person: "p14",
    label: "Đại biểu Tổ 2",
    seat: 14,
    kind: "speak",
    state: "speaking",
    invited_at: T - 170_000,
    started_at: T - 161_000,
    allowed_ms: 420_000,
    online: true,
    ...o,
  };
}

export const floor = (h: FloorHolder | null = null): FloorView => ({ holder: h, policy: "open", muted_all: false });

export function queue(): QueueView {
  const entries = (["debate", "speak", "question", "citizen"] as const).map((kind, i) => ({
    id: `e${i + 1}`,
    place: i + 1,
    person: `q${i + 1}`,
    label: `Đại biểu Tổ ${i + 1}`,
    kind,
    since: T - 30_000 * (i + 1),
    online: true,
  }));
  return { entries, length: entries.length };
}

const options = [
  { id: "for", label: "Tán thành" },
  { id: "against", label: "Không tán thành" },
  { id: "not_voting", label: "Không biểu quyết" },
];

export function result(
  counts: [number, number, number],
  pct: [string, string, string],
  o: Partial<Result> = {},
): Result {
  return {
    options: options.map((x, i) => ({ ...x, count: counts[i] ?? 0, pct_total: pct[i] ?? "", pct_present: "" })),
    not_pressed: 0,
    present: 26,
    total: 30,
    base: "all",
    base_count: 30,
    need: 16,
    passed: (counts[0] ?? 0) >= 16,
    sentence: "",
    hash: "0123456789abcdef",
    ...o,
  };
}

export function ballot(o: Partial<BallotDoc> = {}, view: Partial<BallotView> = {}): BallotView {
  return {
    ballot: {
      id: "b1",
      item: "i4",
      question: "Nghị quyết về kế hoạch đầu tư công năm 2027",
      options,
      base: "all",
      threshold: { num: 1, den: 2, strict: true },
      state: "open",
      opened_at: T - 20_000,
      ends_at: 0,
      closed_at: 0,
      pressed: 24,
      present: 26,
      total: 30,
      reminded_at: 0,
      ...o,
    },
    history: [],
    ...view,
  };
}
