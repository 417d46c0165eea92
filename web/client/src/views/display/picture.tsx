/** The live picture of a scene: a shared screen before the speaker's camera; nothing when neither is live. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Session } from "../../core/session";
import type { VideoSlotView } from "../../core/sub";

/** stagePicture reads the stage's slots (0 = speaker, 1 = screen). */
export function stagePicture(session: Session): ComponentChildren {
  const [stage, screen] = session.media.slots.video;
  const slot = [screen, stage].find((s) => s?.state.value.why === "live" && s.state.value.src !== 0);
  return slot ? <Picture slot={slot} /> : null;
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
