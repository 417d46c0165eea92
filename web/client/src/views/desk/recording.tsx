/** Start, pause, resume and stop of the recording, and how safe it is. */
import { useSignal } from "@preact/signals";
import { timeText } from "../../core/format";
import { common } from "../../i18n/common";
import { recording as t } from "../../i18n/recording";
import { Button } from "../../ui/button";
import { AlertDialog } from "../../ui/dialog";
import { RecordingChip } from "../meeting/recording";
import type { Clerk } from "./clerk";

/** RecordingBlock is a block of the sitting's pane. */
export function RecordingBlock({ clerk }: { clerk: Clerk }) {
  const { desk, session } = clerk;
  const asking = useSignal(false);
  const view = session.views.recording.value;
  const sitting = session.views.agenda.value?.sitting.state;
  const running = sitting === "open" || sitting === "paused";
  const state = view?.state ?? "none";
  const locked = !desk.online.value;
  const start = (decided: boolean) =>
    desk.act(decided ? { type: "recording.start", decided } : { type: "recording.start" }, t("said_on"));
  return (
    <section class="card dk-block" data-testid="recording-block">
      <h2>{t("title")}</h2>
      <div class="row">
        <RecordingChip session={session} />
        {state === "none" && <span>{t("off")}</span>}
        {state === "stopped" && <span>{t("stopped")}</span>}
        {view?.light && view.light.synced_at > 0 && (
          <span class="muted" data-testid="recording-safe">
            {t("safe", { time: timeText(view.light.synced_at) })} · {t("free", { n: view.light.free_pct })}
          </span>
        )}
      </div>
      <div class="row">
        {(state === "none" || state === "stopped") && (
          <Button
            testid="recording-start"
            disabled={locked || !running}
            busy={desk.busy.value.has("recording.start")}
            onClick={() => {
              if (view?.needs_decision) asking.value = true;
              else void start(false);
            }}
          >
            ● {t("start")}
          </Button>
        )}
        {state === "on" && (
          <Button
            testid="recording-pause"
            disabled={locked}
            busy={desk.busy.value.has("recording.pause")}
            onClick={() => void desk.act({ type: "recording.pause" }, t("said_paused"))}
          >
            {t("pause")}
          </Button>
        )}
        {state === "paused" && (
          <Button
            testid="recording-resume"
            disabled={locked}
            busy={desk.busy.value.has("recording.resume")}
            onClick={() => void desk.act({ type: "recording.resume" }, t("said_on"))}
          >
            {t("resume")}
          </Button>
        )}
        {(state === "on" || state === "paused") && (
          <Button
            testid="recording-stop"
            disabled={locked}
            busy={desk.busy.value.has("recording.stop")}
            onClick={() => void desk.act({ type: "recording.stop" }, t("said_stopped"))}
          >
            {t("stop")}
          </Button>
        )}
      </div>
      <p class="muted dk-small">{running ? t("told") : t("later")}</p>
      {asking.value && (
        <AlertDialog
          title={t("decision_title")}
          yes={t("decision_yes")}
          no={common("cancel")}
          testid="recording-decision"
          onNo={() => {
            asking.value = false;
          }}
          onYes={() => {
            asking.value = false;
            void start(true);
          }}
        >
          <p>{t("decision_body")}</p>
        </AlertDialog>
      )}
    </section>
  );
}
