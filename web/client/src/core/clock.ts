/**
 * The server's clock in this page. Every shown time and countdown uses serverNow(); the device's own clock may be wrong
 * by hours. The offset is measured by session.ping: offset = server time − midpoint of asking and answer, from the
 * exchange with the shortest way.
 */
import { computed, signal } from "@preact/signals";

interface Sample {
  offset: number;
  rtt: number;
}

const KEEP = 8;
let samples: Sample[] = [];

/** offsetMs is server wall time minus this device's wall time, in milliseconds. */
export const offsetMs = signal(0);
/** rttMs is the newest round trip of the socket in milliseconds; 0 = not measured. */
export const rttMs = signal(0);

/** addSample takes one exchange: local send and receive times and the server's time, all in milliseconds. */
export function addSample(sentAt: number, gotAt: number, serverAt: number): void {
  const rtt = Math.max(0, gotAt - sentAt);
  samples = [...samples, { offset: serverAt - (sentAt + rtt / 2), rtt }].slice(-KEEP);
  const best = samples.reduce((a, b) => (b.rtt <= a.rtt ? b : a));
  offsetMs.value = Math.round(best.offset);
  rttMs.value = rtt;
}

/** patienceMs is how long a living socket may take to answer: four times the longest way of late, 1 s when none was measured. */
export function patienceMs(): number {
  if (samples.length === 0) return 1000;
  return Math.min(1000, 400 + 4 * Math.max(...samples.map((s) => s.rtt)));
}

/** resetClock forgets the samples: a new server or a changed device clock. */
export function resetClock(): void {
  samples = [];
}

/** serverNow is the server's wall time in Unix milliseconds. */
export function serverNow(): number {
  return Date.now() + offsetMs.value;
}

const tick = signal(0);
let ticking: ReturnType<typeof setInterval> | undefined;

/** startTicking updates now four times a second; the function it returns stops it. */
export function startTicking(): () => void {
  if (ticking === undefined) {
    tick.value = Date.now();
    ticking = setInterval(() => {
      tick.value = Date.now();
    }, 250);
  }
  return () => {
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** setFixedNow stops the clock at a server time (pictures and tests). */
export function setFixedNow(ms: number): void {
  clearInterval(ticking);
  ticking = undefined;
  offsetMs.value = 0;
  tick.value = ms;
}

/** now is the server's time as a signal: a view that reads it is drawn again four times a second. */
export const now = computed(() => (tick.value || Date.now()) + offsetMs.value);

/** nowSec is now in whole seconds: changes once a second. */
export const nowSec = computed(() => Math.floor(now.value / 1000));
