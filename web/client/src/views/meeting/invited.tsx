/** "Chủ tọa mời ông/bà phát biểu": the microphone is asked for here, and only the invited person opens it. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { chime } from "../../core/levels";
import type { FloorHolder } from "../../core/protocol";
import { codeOf, type Session } from "../../core/session";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { errorText } from "../../i18n/error-text";
import { Button } from "../../ui/button";
import { announce } from "../../ui/live";
import { minutesText } from "./model";
import { MicHelp } from "./permission";

const THREE = [660, 740, 880] as const;

/** InvitedDialog stands while the own invitation is open. */
export function InvitedDialog(p: { session: Session; floor: FloorHolder }) {
  const { session, floor } = p;
  const box = useRef<HTMLDialogElement>(null);
  const busy = useSignal(false);
  const error = useSignal("");
  const title = call("invited_title");
  const minutes = call("minutes", { n: minutesText(floor.allowed_ms) });
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    if (typeof el.showModal === "function") el.showModal();
    else el.setAttribute("open", "");
    announce(`${title} – ${minutes}`, "assertive", "invited");
    chime(THREE);
    navigator.vibrate?.([200, 100, 200]);
    return () => {
      if (typeof el.close === "function" && el.open) el.close();
    };
  }, [title, minutes]);
  const speak = async () => {
    busy.value = true;
    error.value = "";
    try {
      if (!(await session.takeFloor())) error.value = "mic";
    } catch (e) {
      const { code, data } = codeOf(e);
      error.value = common("not_sent", { why: errorText(code, data) });
    } finally {
      busy.value = false;
    }
  };
  const later = () => void session.act({ type: "floor.decline" }).catch(() => undefined);
  const problem = error.value === "mic" ? session.own.problem.value : null;
  return (
    <dialog
      ref={box}
      class="dlg invited"
      role="alertdialog"
      data-tone="light"
      data-testid="invited"
      aria-labelledby="invited-title"
      onCancel={(e) => e.preventDefault()}
    >
      <div class="stack">
        <h2 id="invited-title">{title}</h2>
        <p class="num">{minutes}</p>
        {problem && (
          // Going on without a microphone gives the turn back and keeps the place.
          <MicHelp
            problem={problem.problem}
            onRetry={() => void speak()}
            onContinue={later}
            phone={session.views.agenda.value?.sitting.help_phone}
          />
        )}
        {error.value && error.value !== "mic" && (
          <p class="field-error" role="alert">
            {error.value}
          </p>
        )}
        {!problem && (
          <>
            <Button
              kind="primary"
              main
              wide
              busy={busy.value}
              disabled={!session.open.value}
              testid="invite-accept"
              onClick={() => void speak()}
            >
              {call(session.atHall.value ? "speak_in_hall" : "mic_and_speak")}
            </Button>
            <Button wide testid="invite-later" disabled={!session.open.value} onClick={later}>
              {call("later")}
            </Button>
          </>
        )}
      </div>
    </dialog>
  );
}
