/** What a sitting still lacks before it can be published; the server asks the same and has the last word. */
import type { Person, Published, VoteTemplate } from "../../core/protocol";
import type { Tab } from "./route";
import { planned } from "./text";

export interface Lack {
  key:
    | "lack_title"
    | "lack_time"
    | "lack_agenda"
    | "lack_item"
    | "lack_chair"
    | "lack_deputies"
    | "lack_in_office"
    | "lack_name";
  tab: Tab;
  n: number;
}

export const deputies = (people: readonly Person[]) => people.filter((p) => p.roles.includes("deputy")).length;

/** lacks lists what must be corrected, in the order of the tabs. */
export function lacks(d: Published): Lack[] {
  const out: Lack[] = [];
  const add = (key: Lack["key"], tab: Tab, n = 0) => out.push({ key, tab, n });
  if (!d.title.trim()) add("lack_title", "chung");
  if (planned(d.planned_at) === undefined) add("lack_time", "chung");
  if (d.agenda.length === 0) add("lack_agenda", "chuong-trinh");
  const item = d.agenda.findIndex((a) => !a.title.trim() || (a.vote && !a.vote.question.trim()));
  if (item >= 0) add("lack_item", "chuong-trinh", item + 1);
  if (!d.people.some((p) => p.roles.includes("chair"))) add("lack_chair", "thanh-phan");
  const nameless = d.people.findIndex((p) => !p.name.trim());
  if (nameless >= 0) add("lack_name", "thanh-phan", nameless + 1);
  const n = deputies(d.people);
  if (d.rules.roll_call && n === 0) add("lack_deputies", "thanh-phan");
  if (d.rules.roll_call && n > d.rules.in_office) add("lack_in_office", "bieu-quyet", n);
  return out;
}

/** plainVote is where an item's vote begins when the council has no preset: the three choices of the law, more than half of all. */
export function plainVote(id: string, question: string, labels: [string, string, string]): VoteTemplate {
  const ids = ["for", "against", "not_voting"];
  return {
    id,
    name: question,
    question,
    options: labels.map((label, i) => ({ id: ids[i] ?? "", label })),
    base: "all",
    threshold: { num: 1, den: 2, strict: true },
    requires_quorum: true,
    announce: "",
  };
}

/** keyOf compares people as the server does: name, group and unit. */
export const keyOf = (p: { name: string; group?: string | undefined; unit?: string | undefined }) =>
  [p.name, p.group ?? "", p.unit ?? ""].join("\u0000").toLocaleLowerCase("vi");
