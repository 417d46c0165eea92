/** Sounds of the desk: a soft knock when a hand goes up (at most one per 5 s), the bells of a turn. */
import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { now } from "../../core/clock";
import { chime } from "../../core/levels";
import type { Session } from "../../core/session";
import { bellBetween, type TurnClock, turnClock } from "./turn";

const KNOCK: readonly number[] = [330];
/** Bell 1 is one note, bell 2 two (Hz). */
export const BELLS: Record<1 | 2, readonly number[]> = { 1: [880], 2: [880, 660] };
const KNOCK_GAP_MS = 5000;

/** newHand tells whether the queue has an entry that was not there before. */
export function newHand(before: ReadonlySet<string>, ids: readonly string[]): boolean {
  return ids.some((id) => !before.has(id));
}

/** useBells rings for the running turn while the page is mounted and on() says yes. */
export function useBells(session: Session, on: () => boolean): void {
  useEffect(() => {
    let last: { turn: string; clock: TurnClock } | undefined;
    return effect(() => {
      const holder = session.views.floor.value?.holder;
      const next = { turn: holder?.turn ?? "", clock: turnClock(holder, now.value) };
      const bell = last?.turn === next.turn ? bellBetween(last.clock, next.clock) : 0;
      last = next;
      if (bell && on()) chime(BELLS[bell]);
    });
  }, [session, on]);
}

const always = () => true;

/** useDeskSounds plays the knock and the bells for the chair. */
export function useDeskSounds(session: Session): void {
  useBells(session, always);
  useEffect(() => {
    let known: ReadonlySet<string> | undefined;
    let rungAt = 0;
    return session.views.queue.subscribe((q) => {
      if (!q) return;
      const ids = q.entries.map((e) => e.id);
      if (known && newHand(known, ids) && performance.now() - rungAt > KNOCK_GAP_MS) {
        rungAt = performance.now();
        chime(KNOCK);
      }
      known = new Set(ids);
    });
  }, [session]);
}
