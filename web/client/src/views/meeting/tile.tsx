/** One person (or screen) on the page: picture or initials, name, floor ring, level, hand. */
import { useEffect, useRef } from "preact/hooks";
import { initials } from "../../core/format";
import { barsOf } from "../../core/levels";
import type { FloorHolder } from "../../core/protocol";
import type { VideoSlotView } from "../../core/sub";
import { call } from "../../i18n/call";
import { Elapsed } from "../../ui/clock";
import { Icon, IconHand, IconMicOff } from "../../ui/icons";

/** Video plays a stream, muted: sound comes from the audio slots only. */
export function Video(p: { stream: MediaStream | null; label: string }) {
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const el = ref.current;
    if (!el || el.srcObject === p.stream) return;
    el.srcObject = p.stream;
    if (p.stream) el.play().catch(() => undefined);
  }, [p.stream]);
  return <video ref={ref} muted autoplay playsInline aria-label={p.label} />;
}

/** LevelBars shows how loud somebody is as three still bars. */
export function LevelBars(p: { level: number; label?: string }) {
  const on = barsOf(p.level);
  return (
    <span class="bars" role="img" aria-label={p.label ?? call("level", { n: on })}>
      {[1, 2, 3].map((n) => (
        <i key={n} class={n <= on ? "on" : ""} />
      ))}
    </span>
  );
}

export interface TileProps {
  /** Person id; "" when nobody is known. */
  who: string;
  label: string;
  /** A receive slot, or an own stream. */
  slot?: VideoSlotView | undefined;
  stream?: MediaStream | null;
  own?: boolean;
  /** The stream is the own camera: mirrored, as people know themselves. */
  mirror?: boolean;
  big?: boolean;
  /** The turn of this person. */
  floor?: FloorHolder | null | undefined;
  /** Heard now, 0..1. */
  level?: number;
  /** Place in the queue; 0 = no hand. */
  hand?: number;
  muted?: boolean;
  /** The media way is broken: the last picture stands, dimmed. */
  frozen?: boolean;
  /** Draw no video even if there is one (small tiles of phones). */
  noVideo?: boolean;
}

/** Tile draws it. data-src is the source that really arrives; data-who its owner. */
export function Tile(p: TileProps) {
  const state = p.slot?.state.value;
  const live = !p.noVideo && (p.stream ? true : state !== undefined && state.src !== 0 && state.why === "live");
  const stream = p.stream ?? p.slot?.stream.value ?? null;
  const note = !p.stream && state && state.src !== 0 ? noteOf(state.why) : "";
  return (
    <figure
      class={p.big ? "tile tile-big" : "tile"}
      data-testid="tile"
      data-who={p.who}
      data-src={state?.src ?? 0}
      data-kind={p.own ? "cam" : state?.kind || "cam"}
      data-own={p.own || p.mirror ? "yes" : "no"}
      data-floor={p.floor ? "yes" : "no"}
      data-loud={barsOf(p.level ?? 0) > 0 ? "yes" : "no"}
      data-frozen={p.frozen ? "yes" : "no"}
      style={{ margin: 0 }}
    >
      {live ? (
        <Video stream={stream} label={p.label} />
      ) : (
        <span class="tile-initials" aria-hidden="true">
          {p.own ? p.label : p.who || p.floor ? initials(p.label) : ""}
        </span>
      )}
      {note && !live && p.big && <span class="tile-note">{note}</span>}
      {p.floor && p.big && <FloorBadge floor={p.floor} />}
      <figcaption class="tile-name">
        {p.muted && <Icon of={IconMicOff} small />}
        <span class="ellipsis">{p.label}</span>
        {(p.hand ?? 0) > 0 && (
          <span class="row num">
            <Icon of={IconHand} small />
            {p.hand}
          </span>
        )}
        {p.big && (p.level ?? 0) > 0 && <LevelBars level={p.level ?? 0} />}
      </figcaption>
    </figure>
  );
}

/** FloorBadge: "Đang phát biểu 02:41 / 07:00", or that somebody was invited. */
export function FloorBadge(p: { floor: FloorHolder }) {
  const f = p.floor;
  return (
    <span class="tile-floor" data-testid="floor-badge">
      {f.state === "speaking" ? (
        <>
          <span class="words">{call("speaking_now")} </span>
          <Elapsed since={f.started_at} allowedMs={f.allowed_ms} />
        </>
      ) : (
        call("invited_now")
      )}
    </span>
  );
}

function noteOf(why: string): string {
  switch (why) {
    case "paused_bw":
      return call("note_weak");
    case "no_codec":
      return call("note_codec");
    case "paused_user":
      return call("note_audio_only");
    default:
      return "";
  }
}
