/** Sounds of the clerk's desk: a soft knock for a hand, two for somebody who waits; at most one per 5 s and 30 s. */
import { useEffect } from "preact/hooks";
import { chime } from "../../core/levels";
import type { Session } from "../../core/session";
import { newHand } from "../chair/sounds";

const KNOCK: readonly number[] = [330];
const DOOR: readonly number[] = [220, 220];
const KNOCK_GAP_MS = 5000;
const DOOR_GAP_MS = 30_000;

/** ringer plays notes when ids has one that was not there before, at most once per gap. */
export function ringer(notes: readonly number[], gapMs: number, play: (n: readonly number[]) => void = chime) {
  let known: ReadonlySet<string> | undefined;
  let rungAt = Number.NEGATIVE_INFINITY;
  return (ids: readonly string[], at: number) => {
    if (known && newHand(known, ids) && at - rungAt > gapMs) {
      rungAt = at;
      play(notes);
    }
    known = new Set(ids);
  };
}

/** useClerkSounds plays them while the page is mounted. */
export function useClerkSounds(session: Session): void {
  useEffect(() => {
    const hand = ringer(KNOCK, KNOCK_GAP_MS);
    const door = ringer(DOOR, DOOR_GAP_MS);
    const stops = [
      session.views.queue.subscribe((q) => {
        if (q)
          hand(
            q.entries.map((e) => e.id),
            performance.now(),
          );
      }),
      session.views.people.subscribe((p) => {
        if (p)
          door(
            (p.waiting ?? []).map((w) => w.person),
            performance.now(),
          );
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [session]);
}
