/** Clocks and countdowns on the server's time. */
import { useEffect, useRef } from "preact/hooks";
import { now } from "../core/clock";
import { clockText, timeText } from "../core/format";
import { announce } from "./live";

/** ClockText is the server's time of day, "09:42:17". */
export function ClockText(p: { seconds?: boolean }) {
  return (
    <span class="num" role="timer" aria-live="off">
      {timeText(now.value, p.seconds ?? true)}
    </span>
  );
}

/** Countdown shows the rest until a server time; it speaks at 1:00, 0:10 and 0:00 with the words given. */
export function Countdown(p: { until: number; say?: (restSeconds: number) => string; testid?: string }) {
  const rest = Math.max(0, p.until - now.value);
  const seconds = Math.ceil(rest / 1000);
  const last = useRef(seconds);
  useEffect(() => {
    const before = last.current;
    last.current = seconds;
    if (!p.say) return;
    for (const mark of [60, 10, 0]) {
      if (before > mark && seconds <= mark) announce(p.say(mark), mark === 10 ? "assertive" : "polite", "countdown");
    }
  }, [seconds, p.say]);
  return (
    <span class="num" role="timer" aria-live="off" data-testid={p.testid}>
      {clockText(seconds * 1000)}
    </span>
  );
}

/** Elapsed shows "02:41 / 07:00" of a running turn. */
export function Elapsed(p: { since: number; allowedMs: number; testid?: string }) {
  const used = Math.max(0, now.value - p.since);
  return (
    <span class="num" role="timer" aria-live="off" data-testid={p.testid}>
      {clockText(used)}
      {p.allowedMs > 0 && ` / ${clockText(p.allowedMs)}`}
    </span>
  );
}
