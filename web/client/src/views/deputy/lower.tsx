/** "Hạ tay?": somebody who has spoken for three seconds with the hand up is asked once whether it may go down. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { meter } from "../../core/levels";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { Button } from "../../ui/button";
import { announce } from "../../ui/live";
import { useAct } from "../meeting/act";
import { gateOpen } from "../meeting/controls";

const SPOKEN_MS = 3000;
/** Pauses between words up to this long belong to one speech, in milliseconds. */
const PAUSE_MS = 700;
/** RMS level (0..1) of a voice near its microphone: −40 dBFS. */
const VOICE = 0.01;

/** Speech adds up how long a voice has gone on; heard takes a level ten times a second and says when it is long enough. */
export class Speech {
  private since = 0;
  private last = 0;

  heard(level: number, at: number): boolean {
    if (level >= VOICE) {
      if (!this.since || at - this.last > PAUSE_MS) this.since = at;
      this.last = at;
    } else if (this.since && at - this.last > PAUSE_MS) this.since = 0;
    return this.since > 0 && this.last - this.since >= SPOKEN_MS;
  }
}

/** LowerHand stands in the dock while it asks; the answer holds until the hand goes up anew. */
export function LowerHand(p: { session: Session }) {
  const { session } = p;
  const act = useAct(session);
  const asks = useSignal(false);
  const kept = useSignal(false);
  const up = (session.views.self.value?.place ?? 0) > 0;
  const track = session.own.micTrack.value;
  const onAir = up && !kept.value && session.own.on.mic.value && gateOpen(session, "mic");
  useEffect(() => {
    if (up) return;
    asks.value = false;
    kept.value = false;
  }, [up, asks, kept]);
  useEffect(() => {
    if (!onAir || !track) return;
    const speech = new Speech();
    return meter(track, (level) => {
      if (asks.peek() || !speech.heard(level, performance.now())) return;
      asks.value = true;
      announce(call("lower_hand"), "polite", "lower");
    });
  }, [onAir, track, asks]);
  if (!up || !asks.value) return null;
  const keep = () => {
    asks.value = false;
    kept.value = true;
  };
  return (
    <div class="row" role="group" aria-label={call("lower_hand")} data-testid="lower-hand">
      <span>{call("lower_hand")}</span>
      <Button
        kind="floor"
        busy={act.busy.value}
        disabled={!session.open.value}
        testid="lower-yes"
        onClick={() => void act.run({ type: "queue.withdraw" })}
      >
        {call("lower")}
      </Button>
      <Button onClick={keep} testid="lower-no">
        {call("keep_hand")}
      </Button>
    </div>
  );
}
