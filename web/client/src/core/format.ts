/** Texts of times and numbers, the same on every page. */

const pad = (n: number) => String(n).padStart(2, "0");

/** clockText writes a duration as "02:41"; from one hour on "1:02:41"; negative as "−00:12". */
export function clockText(ms: number): string {
  const sign = ms < 0 ? "\u2212" : "";
  const s = Math.floor(Math.abs(ms) / 1000);
  const h = Math.floor(s / 3600);
  const rest = `${pad(Math.floor((s % 3600) / 60))}:${pad(s % 60)}`;
  return h > 0 ? `${sign}${h}:${rest}` : sign + rest;
}

const zone = "Asia/Ho_Chi_Minh";
const part = (ms: number, o: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat("vi-VN", { timeZone: zone, hour12: false, ...o }).format(new Date(ms));

/** timeText writes a wall time as "09:42:17", or "09:42" without seconds. Council time is Vietnam's, wherever the device is. */
export function timeText(ms: number, seconds = true): string {
  const o: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return part(ms, seconds ? { ...o, second: "2-digit" } : o);
}

/** dateText writes "23/11/2026". */
export function dateText(ms: number): string {
  return part(ms, { day: "2-digit", month: "2-digit", year: "numeric" });
}

/** sameDay tells whether two times lie on one day in Vietnam. */
export function sameDay(a: number, b: number): boolean {
  return dateText(a) === dateText(b);
}

/** initials are for a tile without picture: "CT" of "Chủ tọa", "T2" of "Đại biểu Tổ 2 – ghế 14", "07" of "Đại biểu số 07". */
export function initials(label: string): string {
  const seat = /(?:số|đại biểu)\s+(\d+)/iu.exec(label);
  if (seat?.[1]) return seat[1];
  const group = /tổ\s+(\d+)/iu.exec(label);
  if (group?.[1]) return `T${group[1]}`;
  const words = label.split(/[\s–-]+/u).filter((w) => /^[\p{L}\p{N}]/u.test(w));
  return words
    .slice(0, 2)
    .map((w) => [...w][0] ?? "")
    .join("")
    .toLocaleUpperCase("vi");
}

/** fold makes text comparable without marks: "Đông Cuông" → "dong cuong". */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .replace(/đ/gu, "d")
    .replace(/Đ/gu, "D")
    .toLowerCase();
}
