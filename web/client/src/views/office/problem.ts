/** What went wrong in the office, in words, and where it can be put right. */
import { ApiError } from "../../core/http";
import { office as t } from "../../i18n/office";
import vi from "../../i18n/vi/office.json";
import type { Tab } from "./route";

/** Way is the button under a problem: try again, read again, sign in, the list of sittings, or a tab of the sitting. */
export type Way = "retry" | "reload" | "login" | "list" | "none" | Tab;

export interface Problem {
  text: string;
  way: Way;
  code: string;
}

/** ways are of codes whose way out is not to correct the field and press again. */
const ways: Record<string, Way> = {
  no_device: "login",
  signed_out: "login",
  forbidden: "list",
  sitting_unknown: "list",
  already_published: "reload",
  not_published: "reload",
  person_unknown: "reload",
  foreign_origin: "reload",
  bad_request: "reload",
  unreachable: "retry",
  busy: "retry",
  no_space: "retry",
  not_saved: "retry",
  ledger_stopped: "retry",
  server_stops: "retry",
  internal: "retry",
  ballot_open: "retry",
  too_many_tries: "retry",
};

const has = (key: string): key is keyof typeof vi => key in vi;

/** problemOf gives the sentence of a refusal or failure and its way out; an unknown code is named. */
export function problemOf(e: unknown): Problem {
  const code = e instanceof ApiError ? e.code : "internal";
  const data = e instanceof ApiError ? e.data : {};
  if (code === "bad_field") return fieldProblem(String(data.field ?? ""), String(data.problem ?? ""));
  const params: Record<string, string | number> = { code };
  for (const [k, v] of Object.entries(data)) if (typeof v === "string" || typeof v === "number") params[k] = v;
  const key = `e_${code}`;
  const status = e instanceof ApiError ? e.status : 0;
  return {
    text: t(has(key) ? key : "e_other", params),
    way: ways[code] ?? (has(key) ? "none" : status >= 500 || status === 0 ? "retry" : "reload"),
    code,
  };
}

/** places are the parts of a document: which tab holds them and what they are called. */
const places: [RegExp, Tab, keyof typeof vi][] = [
  [/^title$/u, "chung", "f_title"],
  [/^place$/u, "chung", "f_place"],
  [/^help_phone$/u, "chung", "f_help_phone"],
  [/^planned_at$/u, "chung", "f_planned_at"],
  [/^hamlets/u, "chung", "f_hamlets"],
  [/^term$/u, "chung", "f_term"],
  [/^agenda\.\d+\.vote/u, "chuong-trinh", "f_item_vote"],
  [/^agenda\.\d+\.title$/u, "chuong-trinh", "f_item_title"],
  [/^agenda\.\d+\.presenter$/u, "chuong-trinh", "f_item_presenter"],
  [/^agenda\.\d+\.minutes$/u, "chuong-trinh", "f_item_minutes"],
  [/^agenda\.\d+/u, "chuong-trinh", "f_item"],
  [/^agenda$/u, "chuong-trinh", "f_agenda"],
  [/^people\.\d+\.roles$/u, "thanh-phan", "f_person_roles"],
  [/^people\.\d+/u, "thanh-phan", "f_person"],
  [/^people$/u, "thanh-phan", "f_people"],
  [/^votes\.\d+/u, "bieu-quyet", "f_vote"],
  [/^votes$/u, "bieu-quyet", "f_votes"],
  [/^rules\.in_office$/u, "bieu-quyet", "f_in_office"],
  [/^rules\.elected$/u, "bieu-quyet", "f_elected"],
  [/^rules\.quorum/u, "bieu-quyet", "f_quorum"],
  [/^rules\.turn_seconds$/u, "bieu-quyet", "f_turns"],
  [/^rules\.second_turn$/u, "bieu-quyet", "f_turns"],
  [/^rules/u, "bieu-quyet", "f_rules"],
];

/** fieldProblem names the part of a document that must be corrected: "Mục 3, tên mục: chưa ghi, hoặc quá dài." */
export function fieldProblem(field: string, problem: string): Problem {
  const place = places.find(([re]) => re.test(field));
  const n = Number(/\.(\d+)/u.exec(field)?.[1] ?? -1) + 1;
  const name = place ? t(place[2], { n }) : field;
  const key = `p_${problem}`;
  return {
    text: t("bad_field", { name, problem: t(has(key) ? key : "p_unknown") }),
    way: place?.[1] ?? "reload",
    code: `bad_field ${field}`,
  };
}
