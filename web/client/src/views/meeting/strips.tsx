/** The strips under the header: connection, sound that needs a tap, an interrupted microphone, a weak network. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { announce } from "../../ui/live";
import { ReconnectBanner } from "../../ui/net";
import { RecordingStrip } from "./recording";

/** Strips shows at most the strips that apply; none covers anything. */
export function Strips(p: { session: Session }) {
  const { session } = p;
  const lost = session.lost.value;
  const phone = session.views.agenda.value?.sitting.help_phone;
  return (
    <>
      {lost && (
        <ReconnectBanner kind={lost} ahead={session.media.ahead.value} onRetry={() => session.link.retry()}>
          {lost === "long" && phone && (
            <a class="btn" href={`tel:${phone}`}>
              {common("call_phone", { phone })}
            </a>
          )}
        </ReconnectBanner>
      )}
      <RecordingStrip session={session} />
      {session.media.slots.needTap.value && (
        <div class="strip" data-tone="light" role="alert" data-testid="tap-to-hear">
          <span>{call("tap_why")}</span>
          <Button kind="primary" onClick={() => session.unlock()} testid="hear">
            {call("tap_to_hear")}
          </Button>
        </div>
      )}
      {session.own.interrupted.value && (
        <div class="strip" data-tone="light" role="alert" data-testid="interrupted">
          <span>{call("interrupted")}</span>
          <Button onClick={() => void session.own.again()} testid="sound-again">
            {call("sound_again")}
          </Button>
        </div>
      )}
      {!lost && <WeakStrip session={session} />}
    </>
  );
}

/** WeakStrip: the server stopped the pictures for want of bandwidth; said once, one tap asks for them again. */
function WeakStrip(p: { session: Session }) {
  const { media } = p.session;
  const hidden = useSignal(false);
  const stage = media.slots.video[0]?.state.value;
  const weak = media.want.value.step !== "audio" && stage?.src !== 0 && stage?.why === "paused_bw";
  useEffect(() => {
    if (weak) announce(call("weak"), "polite", "weak");
    else hidden.value = false;
  }, [weak, hidden]);
  if (!weak || hidden.value) return null;
  return (
    <div class="strip" data-tone="light" data-testid="weak">
      <span>{call("weak")}</span>
      <Button
        testid="picture-again"
        onClick={() => {
          hidden.value = true;
          media.setWant({ step: "speaker" });
        }}
      >
        {call("picture_again")}
      </Button>
    </div>
  );
}
