/**
 * Links that were just made. The server keeps only their hashes and shows them this once; they live in this page's memory
 * until it closes, and nowhere else.
 */
import { signal } from "@preact/signals";
import type { NewLink } from "./api";

const bySitting = signal<Record<string, Record<string, NewLink>>>({});
const kept = signal<Record<string, true>>({});

/** freshLinks gives the links of a sitting that can still be shown, by person. */
export const freshLinks = (sitting: string): Record<string, NewLink> => bySitting.value[sitting] ?? {};

/** addLinks takes what publishing or renewing answered. */
export function addLinks(sitting: string, links: readonly NewLink[]): void {
  const now = { ...freshLinks(sitting) };
  const still = { ...kept.value };
  for (const l of links) {
    now[l.person] = l;
    delete still[l.person];
  }
  bySitting.value = { ...bySitting.value, [sitting]: now };
  kept.value = still;
}

/** dropLink forgets a link that was revoked. */
export function dropLink(sitting: string, person: string): void {
  const { [person]: _gone, ...rest } = freshLinks(sitting);
  bySitting.value = { ...bySitting.value, [sitting]: rest };
}

/** keep notes that a link was copied or printed. */
export function keep(persons: readonly string[]): void {
  kept.value = { ...kept.value, ...Object.fromEntries(persons.map((p) => [p, true as const])) };
}

export const isKept = (person: string) => person in kept.value;

/** unkeptLinks says whether closing the page would lose a link that nobody has copied or printed. */
export const unkeptLinks = () =>
  Object.values(bySitting.value).some((links) => Object.keys(links).some((p) => !(p in kept.value)));

/** forgetLinks drops all of them, when somebody signs out. */
export function forgetLinks(): void {
  bySitting.value = {};
  kept.value = {};
}
