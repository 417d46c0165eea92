/** What the recording's view means on screen. The light is what the server's disk confirmed, never what was ordered. */
import type { RecordingView } from "./protocol";

/** off: nothing is recorded; heard: no light is shown to this audience, the recording is on; the rest is the light. */
export type Lamp = "off" | "paused" | "heard" | "on" | "quiet" | "stalled";

/** The server tells each second how far the disk is; a light as old as this says that it does not. */
const STALE_MS = 5000;

/** lampOf reads the view at a server time. */
export function lampOf(v: RecordingView | null, now: number): Lamp {
  if (!v || v.state === "none" || v.state === "stopped") return "off";
  if (v.state === "paused") return "paused";
  if (!v.light) return "heard";
  if (now - v.light.synced_at > STALE_MS) return "stalled";
  return v.light.lamp === "on" || v.light.lamp === "quiet" ? v.light.lamp : "stalled";
}

/** recordedMs is how much was recorded at a server time, breaks left out. */
export function recordedMs(v: RecordingView, now: number): number {
  return v.ms + (v.state === "on" ? Math.max(0, now - v.since) : 0);
}

/** Warning is what chair and clerk must know about the recording, the gravest first. */
export type Warning = "" | "stalled" | "full" | "audio" | "low" | "slow" | "lost";

/** warningOf picks it; a recording that has only begun is given time to show its light. */
export function warningOf(v: RecordingView | null, now: number): Warning {
  if (!v) return "";
  if (v.state === "stopped") return v.why === "space" ? "full" : "";
  if (v.state !== "on" || !v.light) return "";
  const started = now - v.since > STALE_MS;
  if (started && lampOf(v, now) === "stalled") return "stalled";
  if (v.audio_only) return "audio";
  if (v.light.space === "low") return "low";
  if (v.light.slow) return "slow";
  return v.light.lost ? "lost" : "";
}
