/** The live picture of a scene: a shared screen before the speaker's camera; nothing when neither is live. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Session } from "../../core/session";
import type { VideoSlotView } from "../../core/sub";
import { fitsStage } from "../meeting/model";

/**
 * stagePicture reads the stage's slots (0 = stage, 1 = screen): a shared screen always; a camera only when it is the
 * speaker's own, so that no picture stands beside another's name.
 */
export function stagePicture(session: Session): ComponentChildren {
  const { people, floor } = session.views;
  const [stage, screen] = session.media.slots.video;
  const live = (s: VideoSlotView | undefined) => s?.state.value.why === "live" && s.state.value.src !== 0;
  if (screen && live(screen)) return <Picture slot={screen} />;
  if (!stage || !live(stage) || !floor.value?.holder) return null;
  const listed = (id: string) => people.value?.people.some((p) => p.id === id) ?? false;
  return fitsStage(floor.value, stage.state.value.who, listed) ? <Picture slot={stage} /> : null;
}

/** Picture plays one video slot without sound. */
function Picture({ slot }: { slot: VideoSlotView }) {
  const ref = useRef<HTMLVideoElement>(null);
  const stream = slot.stream.value;
  useEffect(() => {
    const el = ref.current;
    if (!el) return;
    el.srcObject = stream;
    void el.play().catch(() => undefined);
    return () => {
      el.srcObject = null;
    };
  }, [stream]);
  return <video ref={ref} muted autoplay playsInline data-src={slot.state.value.src} data-testid="display-video" />;
}
