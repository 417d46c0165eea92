/** Words and times of the office that more than one screen uses. */
import { dateText, timeText } from "../../core/format";
import type { Fraction, Person, Role } from "../../core/protocol";
import { office as t } from "../../i18n/office";
import type { State } from "./api";

/** listedRoles are those that a list may hold, in the order of the ticks. */
export const listedRoles: readonly Role[] = [
  "chair",
  "clerk",
  "deputy",
  "teller",
  "guest",
  "technician",
  "hall",
  "display",
];

/** alone says that a role stands alone: a device of a hall or a display is nobody else. */
export const alone = (r: Role) => r === "hall" || r === "display";

export const roleText = (r: Role) => (r === "citizen" ? "" : t(`role_${r}`));
export const rolesText = (roles: readonly Role[]) => roles.map(roleText).filter(Boolean).join(", ");
export const stateText = (s: State) => t(`state_${s}`);

export const stateTone = (s: State) =>
  s === "draft" ? "plain" : s === "open" ? "success" : s === "closed" ? "tag" : ("info" as const);

/** noTime is Go's zero time: no date has been set. */
export const noTime = "0001-01-01T00:00:00Z";

/** planned reads a planned time in milliseconds; undefined while none is set. */
export function planned(iso: string): number | undefined {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

/** dayOf and hourOf give a planned time as the values of a date and a time field, in Vietnam's time. */
export function dayOf(iso: string): string {
  const ms = planned(iso);
  if (ms === undefined) return "";
  const [d, m, y] = dateText(ms).split(/\D/u);
  return `${y}-${m}-${d}`;
}

export function hourOf(iso: string): string {
  const ms = planned(iso);
  return ms === undefined ? "" : timeText(ms, false);
}

/** instant joins both fields; without a day there is no time. Vietnam keeps UTC+7 all year. */
export function instant(day: string, hour: string): string {
  return /^\d{4}-\d{2}-\d{2}$/u.test(day) ? `${day}T${/^\d{2}:\d{2}$/u.test(hour) ? hour : "08:00"}:00+07:00` : noTime;
}

/** whenText writes "08:00, 25/11/2026". */
export function whenText(iso: string): string {
  const ms = planned(iso);
  return ms === undefined ? t("no_time") : t("when", { time: timeText(ms, false), date: dateText(ms) });
}

/** fractionText writes a threshold in words. */
export function fractionText(f: Fraction): string {
  if (f.num === 1 && f.den === 2 && f.strict) return t("more_than_half");
  if (f.num === f.den) return t("all_of_them");
  return t(f.strict ? "more_than" : "at_least", { num: f.num, den: f.den });
}

/** seatText names where somebody sits: "ghế 14 · Tổ 2". */
export const placeText = (p: Pick<Person, "seat" | "group" | "unit">) =>
  [p.seat ? t("seat_n", { n: p.seat }) : "", p.group ?? "", p.unit ?? ""].filter(Boolean).join(" · ");

/** spaced writes a code as it is read aloud: "482 915" with a no-break space. */
export const spaced = (code: string) => (code.length === 6 ? `${code.slice(0, 3)}\u00a0${code.slice(3)}` : code);

/** fileStem makes a file name of a title: no marks, no spaces. */
export const fileStem = (title: string) =>
  title
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .replace(/đ/gu, "d")
    .replace(/Đ/gu, "D")
    .replace(/[^A-Za-z0-9]+/gu, "-")
    .replace(/^-|-$/gu, "")
    .toLowerCase()
    .slice(0, 60);

/** copyText puts text on the clipboard; false when the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
