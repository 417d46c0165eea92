/** The newest document of every topic, as signals. A view that comes replaces its topic whole. */
import { type Signal, signal } from "@preact/signals";
import type {
  AgendaView,
  BallotView,
  FloorView,
  MessagesView,
  PeopleView,
  QueueView,
  RecordingView,
  RollCallView,
  SelfView,
} from "./protocol";

export interface Views {
  self: Signal<SelfView | null>;
  agenda: Signal<AgendaView | null>;
  floor: Signal<FloorView | null>;
  rollcall: Signal<RollCallView | null>;
  queue: Signal<QueueView | null>;
  recording: Signal<RecordingView | null>;
  ballot: Signal<BallotView | null>;
  people: Signal<PeopleView | null>;
  messages: Signal<MessagesView | null>;
}

export type Topic = keyof Views;

/** newViews makes the empty set of one session. */
export function newViews(): Views {
  return {
    self: signal(null),
    agenda: signal(null),
    floor: signal(null),
    rollcall: signal(null),
    queue: signal(null),
    recording: signal(null),
    ballot: signal(null),
    people: signal(null),
    messages: signal(null),
  };
}

/** Lists that views walk over: an absent or null one becomes empty. */
const lists: Record<Topic, readonly string[]> = {
  self: ["roles", "may"],
  agenda: ["items"],
  floor: [],
  rollcall: [],
  queue: ["entries"],
  recording: [],
  ballot: ["history"],
  people: ["people"],
  messages: ["items"],
};

/** applyView puts a document in place; unknown topics of a newer server are ignored. */
export function applyView(views: Views, topic: string, data: unknown): void {
  if (!Object.keys(views).includes(topic) || typeof data !== "object" || data === null) return;
  const t = topic as Topic;
  const doc = { ...(data as Record<string, unknown>) };
  for (const key of lists[t]) doc[key] = doc[key] ?? [];
  (views[t] as Signal<unknown>).value = doc;
}

/** nameOf finds the label of a person: a listed one, the one with the floor, or "". */
export function nameOf(views: Views, who: string): string {
  if (!who) return "";
  const listed = views.people.value?.people.find((p) => p.id === who);
  if (listed) return listed.label || listed.name;
  const holder = views.floor.value?.holder;
  if (holder && (holder.person === who || holder.source === who || !holder.person)) return holder.label;
  return "";
}
