/**
 * One sitting while it is composed: what is typed, what the server has, and whether they are the same.
 *
 * Saving happens by itself a moment after the last change. The answer never replaces what is being typed; only an explicit
 * reading does. When somebody else has saved meanwhile, nothing is overwritten: the page asks which parts to keep.
 */
import { computed, type Signal, signal } from "@preact/signals";
import { serverNow } from "../../core/clock";
import { ApiError } from "../../core/http";
import type { Published } from "../../core/protocol";
import { type Draft, readDraft, type State, saveDraft } from "./api";
import type { Tab } from "./route";

/** Status of what is typed: saved at a time, not yet, on its way, refused, or met by another's version. */
export type Status =
  | { at: "same"; saved: number }
  | { at: "dirty" }
  | { at: "saving" }
  | { at: "failed"; error: unknown }
  | { at: "conflict"; theirs: Draft };

const AUTOSAVE_MS = 1200;

export type Section = Exclude<Tab, "gui-moi" | "nguon-hinh" | "ket-qua">;

/** sections are the parts of a document that are kept or given up as a whole. */
const sections: Record<Section, (d: Published) => unknown> = {
  chung: ({ title, planned_at, place, help_phone, public: open, waiting_room, hamlets, kind_name }) => ({
    title,
    planned_at,
    place,
    help_phone,
    open,
    waiting_room,
    hamlets,
    kind_name,
  }),
  "chuong-trinh": (d) => d.agenda,
  "thanh-phan": (d) => d.people,
  "bieu-quyet": (d) => [d.rules, d.votes],
};

/** empty values are left out by Go, or not, as a field is declared: they mean the same. */
const empty = (v: unknown) =>
  v === undefined || v === null || v === "" || v === 0 || v === false || (Array.isArray(v) && v.length === 0);

/** plainLabel is the short name that the server makes of a name: at most 24 letters. */
function plainLabel(name: string): string {
  const letters = [...name];
  return letters.length <= 24 ? name : `${letters.slice(0, 23).join("").trim()}…`;
}

/** canonical makes two documents comparable as the server keeps them: texts trimmed, short names filled in, empty values gone. */
function canonical(v: unknown): unknown {
  if (typeof v === "string") {
    return /^\d{4}-\d\d-\d\dT/u.test(v) ? Date.parse(v) : v.normalize("NFC").split(/\s+/u).filter(Boolean).join(" ");
  }
  if (Array.isArray(v)) return v.map(canonical);
  if (!v || typeof v !== "object") return v;
  const all = Object.entries(v).map(([k, x]) => [k, canonical(x)] as const);
  const name = all.find(([k]) => k === "name")?.[1];
  const kept = all.filter(
    ([k, x]) => !empty(x) && !(k === "label" && typeof name === "string" && x === plainLabel(name)),
  );
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const same = (a: unknown, b: unknown) => JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));

/** changed lists the sections in which two documents differ. */
export function changed(a: Published, b: Published): Section[] {
  return (Object.keys(sections) as Section[]).filter((s) => !same(sections[s](a), sections[s](b)));
}

/** merge keeps of mine the sections that I changed since sent, and takes the others from theirs. */
export function merge(sent: Published, mine: Published, theirs: Published): Published {
  const own = changed(sent, mine);
  const from = (s: Section) => (own.includes(s) ? mine : theirs);
  const head = from("chung");
  return {
    ...theirs,
    title: head.title,
    planned_at: head.planned_at,
    place: head.place ?? "",
    help_phone: head.help_phone ?? "",
    public: head.public,
    waiting_room: head.waiting_room,
    hamlets: head.hamlets ?? [],
    kind_name: head.kind_name,
    agenda: from("chuong-trinh").agenda,
    people: from("thanh-phan").people,
    rules: from("bieu-quyet").rules,
    votes: from("bieu-quyet").votes,
  };
}

/** DraftStore holds one sitting; editable only while it is a draft. */
export class DraftStore {
  readonly id: string;
  readonly door: string;
  readonly doc: Signal<Published>;
  readonly state: Signal<State>;
  readonly status: Signal<Status>;
  readonly editable = computed(() => this.state.value === "draft");
  version: number;
  /** What the last save sent, and what the server made of it (texts trimmed, short names filled in). */
  private sent: Published;
  private base: Published;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private flight: Promise<boolean> | undefined;

  constructor(d: Draft) {
    this.id = d.id;
    this.door = d.door;
    this.version = d.version;
    this.sent = d.doc;
    this.base = d.doc;
    this.doc = signal(d.doc);
    this.state = signal<State>(d.state);
    this.status = signal<Status>({ at: "same", saved: 0 });
  }

  /** unsaved says whether leaving now would lose something. */
  get unsaved(): boolean {
    return this.status.value.at !== "same";
  }

  /** edit changes the document and saves it soon. */
  edit(change: (d: Published) => Published): void {
    if (!this.editable.value) return;
    this.doc.value = change(this.doc.value);
    if (this.status.value.at === "conflict") return;
    if (this.status.value.at !== "saving") this.status.value = { at: "dirty" };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), AUTOSAVE_MS);
  }

  /** save sends what is typed; true once the server has exactly that. */
  async save(): Promise<boolean> {
    clearTimeout(this.timer);
    while (this.flight) await this.flight;
    if (this.status.value.at === "conflict") return false;
    if (this.status.value.at === "same") return true;
    this.flight = this.send();
    const done = await this.flight.finally(() => {
      this.flight = undefined;
    });
    return done && this.unsaved ? this.save() : done;
  }

  private async send(): Promise<boolean> {
    const sent = this.doc.value;
    this.status.value = { at: "saving" };
    try {
      const d = await saveDraft(this.id, this.version, sent);
      this.version = d.version;
      this.sent = sent;
      this.base = d.doc;
      this.status.value = this.doc.value === sent ? { at: "same", saved: serverNow() } : { at: "dirty" };
      return true;
    } catch (error) {
      await this.refused(error);
      return false;
    }
  }

  private async refused(error: unknown): Promise<void> {
    if (!(error instanceof ApiError) || error.code !== "version_conflict") {
      this.status.value = { at: "failed", error };
      return;
    }
    try {
      const theirs = await readDraft(this.id);
      if (same(theirs.doc, this.doc.value) || same(theirs.doc, this.base)) {
        // An answer of ours was lost, or a save that changed nothing: nobody's work is in the way.
        this.version = theirs.version;
        this.status.value = { at: "dirty" };
        this.timer = setTimeout(() => void this.save(), AUTOSAVE_MS);
      } else this.status.value = { at: "conflict", theirs };
    } catch (e) {
      this.status.value = { at: "failed", error: e };
    }
  }

  /** differences says which sections I changed, and which the other did, since both began from the same. */
  differences(theirs: Published): { mine: Section[]; theirs: Section[] } {
    return { mine: changed(this.sent, this.doc.value), theirs: changed(this.base, theirs) };
  }

  /** keepMine goes on from the other's version with the sections that I changed. */
  keepMine(theirs: Draft): Promise<boolean> {
    this.doc.value = merge(this.sent, this.doc.value, theirs.doc);
    this.sent = theirs.doc;
    this.base = theirs.doc;
    this.version = theirs.version;
    this.status.value = { at: "dirty" };
    return this.save();
  }

  /** take shows what the server has and gives up what was typed. */
  take(d: Draft): void {
    clearTimeout(this.timer);
    this.sent = d.doc;
    this.base = d.doc;
    this.doc.value = d.doc;
    this.version = d.version;
    this.state.value = d.state;
    this.status.value = { at: "same", saved: 0 };
  }

  /** refresh reads a sitting again whose state may have moved on; what is typed stays. */
  async refresh(): Promise<void> {
    const d = await readDraft(this.id);
    if (this.unsaved) this.state.value = d.state;
    else this.take(d);
  }
}

let opened: DraftStore | undefined;

/** openDraft reads a sitting; going between its screens keeps what is typed. */
export async function openDraft(id: string): Promise<DraftStore> {
  if (opened?.id === id) {
    if (!opened.unsaved) await opened.refresh();
    return opened;
  }
  if (opened?.unsaved) void opened.save();
  opened = new DraftStore(await readDraft(id));
  return opened;
}

/** saveOpened sends what a refused save left unsaved, once the reason is gone (somebody has signed in again). */
export function saveOpened(): void {
  if (opened?.unsaved) void opened.save();
}

/** unsavedDraft says whether the page holds something that the server has not. */
export const unsavedDraft = () => !!opened?.unsaved;

/** forgetDraft drops what is held, when another account signs in. */
export function forgetDraft(): void {
  opened = undefined;
}
