/** The chair gives the floor to somebody of this hall: the hall's microphone is opened by the operator's one tap. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { chime } from "../../core/levels";
import type { FloorHolder } from "../../core/protocol";
import { codeOf, type Session } from "../../core/session";
import { errorText } from "../../i18n/error-text";
import { hall } from "../../i18n/hall";
import { Button } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { announce } from "../../ui/live";
import { MicHelp } from "../meeting/permission";

const THREE = [660, 740, 880] as const;

export function HallInvited({ session, floor }: { session: Session; floor: FloorHolder }) {
  const busy = useSignal(false);
  const error = useSignal("");
  const title = hall("mic_invited", { who: floor.label });
  useEffect(() => {
    announce(title, "assertive", "invited");
    chime(THREE);
  }, [title]);
  const speak = async () => {
    busy.value = true;
    error.value = "";
    try {
      await session.takeFloor();
    } catch (e) {
      const { code, data } = codeOf(e);
      error.value = hall("failed", { why: errorText(code, data) });
    } finally {
      busy.value = false;
    }
  };
  const problem = session.own.problem.value;
  return (
    <Sheet title={title} testid="invited">
      {problem && <MicHelp problem={problem.problem} onRetry={() => void speak()} />}
      {error.value && (
        <p class="field-error" role="alert">
          {error.value}
        </p>
      )}
      <Button
        kind="primary"
        main
        wide
        busy={busy.value}
        disabled={!session.open.value}
        testid="invite-accept"
        onClick={() => void speak()}
      >
        {hall("accept")}
      </Button>
      <Button
        wide
        testid="invite-later"
        disabled={!session.open.value}
        onClick={() => void session.act({ type: "floor.decline" }).catch(() => undefined)}
      >
        {hall("decline")}
      </Button>
    </Sheet>
  );
}
