/** What the clerk reads about encoders and players; pure, for tests. */
import { office as t } from "../../i18n/office";
import type { Stream, StreamState } from "./api";

/** streamKey names a row of the list. */
export const streamKey = (s: { kind: string; source: string }) => `${s.kind}/${s.source}`;

export function streamName(s: Stream): string {
  if (s.kind === "whip") return t("stream_in", { name: s.name });
  return s.source ? t("stream_out", { name: s.name }) : t("stream_stage");
}

export type StreamStanding = "none" | "key" | "waiting" | "on" | "held" | "off";

/** standingOf is the one word about a row. */
export function standingOf(s: Stream): StreamStanding {
  if (s.state && !s.state.ended && s.state.held) return "held";
  if (s.state?.connected) return "on";
  if (!s.has_key) return "none";
  if (s.kind === "whep") return "key";
  return s.state?.ended && s.state.ended !== "replaced" ? "off" : "waiting";
}

/** pictureText is size and speed of a picture that arrives. */
export function pictureText(s: StreamState): string {
  const parts = [s.codec];
  if (s.w > 0) parts.push(t("stream_size", { w: s.w, h: s.h }));
  if (s.fps > 0) parts.push(t("stream_fps", { n: Math.round(s.fps) }));
  return parts.filter(Boolean).join(" · ");
}

/** troubles are the sentences about an encoder that should be set otherwise. */
export function troubles(s: StreamState): string[] {
  const seconds = Math.round(s.keyframe_ms / 100) / 10;
  const out = (s.warnings ?? []).map((w) => t(`stream_warn_${w}`, { s: seconds.toLocaleString("vi") }));
  if (s.ended && s.ended !== "replaced") out.push(t(`stream_end_${s.ended}`));
  return out;
}
