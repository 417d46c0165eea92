/** The sitting itself: break and end, whose microphones are open, citizens' media, the own devices. */
import type { GatePolicy } from "../../core/protocol";
import { call } from "../../i18n/call";
import { chair } from "../../i18n/chair";
import { common } from "../../i18n/common";
import { desk as t } from "../../i18n/desk";
import { Button } from "../../ui/button";
import { Chip } from "../../ui/chip";
import { AlertDialog } from "../../ui/dialog";
import { IconCamera, IconCameraOff, IconLeave, IconMuteAll, IconPause } from "../../ui/icons";
import { sittingActs } from "../chair/model";
import { ShareButton } from "../meeting/controls";
import { DevicePicker, QualitySwitch } from "../meeting/more";
import type { Clerk } from "./clerk";
import { stillOpen } from "./model";
import { RecordingBlock } from "./recording";

const POLICIES: readonly GatePolicy[] = ["chair", "floor", "open"];

/** SittingPane is a pane of the work area. */
export function SittingPane({ clerk }: { clerk: Clerk }) {
  const { desk, session } = clerk;
  const head = session.views.agenda.value?.sitting;
  const acts = sittingActs(head?.state);
  return (
    <div class="dk-pane" data-testid="pane-sitting">
      <section class="card dk-block">
        <h2>{chair("sitting")}</h2>
        <div class="row">
          <Chip tone="info">{common(stateKey(head?.state))}</Chip>
        </div>
        <div class="row">
          {acts.includes("open") && (
            <Button
              kind="primary"
              testid="sitting-open-2"
              disabled={!desk.online.value}
              onClick={() => void desk.act({ type: "sitting.open" }, chair("sitting_opened"))}
            >
              {chair("sitting_open")}
            </Button>
          )}
          {acts.includes("pause") && (
            <Button icon={IconPause} testid="sitting-pause" onClick={() => desk.show("pause")}>
              {chair("sitting_pause")}
            </Button>
          )}
          {acts.includes("resume") && (
            <Button
              kind="primary"
              testid="sitting-resume-2"
              disabled={!desk.online.value}
              onClick={() => void desk.act({ type: "sitting.resume" }, chair("sitting_resumed"))}
            >
              {chair("sitting_resume")}
            </Button>
          )}
          {acts.includes("close") && (
            <Button
              kind="danger"
              testid="sitting-close"
              disabled={!desk.online.value}
              onClick={() => {
                clerk.ending.value = true;
              }}
            >
              {chair("sitting_close")}
            </Button>
          )}
        </div>
      </section>
      <RecordingBlock clerk={clerk} />
      <Microphones clerk={clerk} />
      <Own clerk={clerk} />
    </div>
  );
}

const stateKey = (s: string | undefined) =>
  s === "open" ? "state_open" : s === "paused" ? "state_paused" : s === "closed" ? "state_closed" : "state_published";

/** Microphones: the policy, all off with undo, citizens' sound and picture. */
function Microphones({ clerk }: { clerk: Clerk }) {
  const { desk, session } = clerk;
  const floor = session.views.floor.value;
  const state = session.views.agenda.value?.sitting.state;
  const running = state === "open" || state === "paused";
  const stopped = floor?.citizens_stopped ?? false;
  return (
    <section class="card dk-block">
      <h2>{t("mics")}</h2>
      <fieldset class="dk-policy">
        <legend class="muted">{t("policy")}</legend>
        {POLICIES.map((p) => (
          <Button
            key={p}
            testid={`policy-${p}`}
            pressed={floor?.policy === p}
            disabled={!desk.online.value || !running}
            onClick={() =>
              void desk.act({ type: "gate.set", policy: p }, t("policy_set", { policy: t(`policy_${p}`) }))
            }
          >
            {floor?.policy === p && "✓ "}
            {t(`policy_${p}`)}
          </Button>
        ))}
      </fieldset>
      {!running && <p class="muted dk-small">{t("policy_later")}</p>}
      <div class="row">
        <Button
          icon={IconMuteAll}
          testid="mute-all"
          disabled={!desk.online.value || !running}
          onClick={() => void desk.muteAll()}
        >
          {chair("mute_all")}
        </Button>
        {floor?.can_undo && (
          <Button
            testid="mute-undo"
            disabled={!desk.online.value}
            onClick={() => void desk.act({ type: "gate.undo" }, chair("muted_undone"))}
          >
            {t("mute_undo")}
          </Button>
        )}
        <Button
          testid="stop-citizens"
          pressed={stopped}
          disabled={!desk.online.value}
          onClick={() =>
            void desk.act(
              { type: "gate.stop_citizens", stop: !stopped },
              t(stopped ? "citizens_allowed" : "citizens_stopped"),
            )
          }
        >
          {t(stopped ? "allow_citizens" : "stop_citizens")}
        </Button>
      </div>
      {stopped && <p>{t("citizens_stopped")}</p>}
    </section>
  );
}

/** Own: camera, screen, devices, quality, leaving. */
function Own({ clerk }: { clerk: Clerk }) {
  const { desk, session } = clerk;
  const cam = session.own.on.cam.value;
  return (
    <section class="card dk-block">
      <h2>{t("my_devices")}</h2>
      <div class="row">
        <Button
          icon={cam ? IconCameraOff : IconCamera}
          testid="cam"
          pressed={cam}
          busy={session.own.busy.cam.value}
          onClick={() => void session.own.switch("cam", !cam)}
        >
          {chair(cam ? "camera_off" : "camera_on")}
        </Button>
        <ShareButton session={session} />
        <Button testid="keys" onClick={() => desk.show("keys")}>
          {chair("keys_title")}
        </Button>
        <Button icon={IconLeave} testid="leave" onClick={desk.quit}>
          {call("leave")}
        </Button>
      </div>
      <div class="field">
        <span class="label">{call("quality")}</span>
        <QualitySwitch session={session} />
      </div>
      <DevicePicker session={session} />
    </section>
  );
}

/** EndDialog lists what is still open; a vote must be closed first, the rest may stay as it is. */
export function EndDialog({ clerk }: { clerk: Clerk }) {
  const { desk, session } = clerk;
  const v = session.views;
  const open = stillOpen(
    v.agenda.value,
    v.ballot.value,
    v.rollcall.value,
    v.floor.value,
    v.queue.value,
    v.people.value,
  );
  const done = () => {
    clerk.ending.value = false;
  };
  const lines = [
    open.vote && t("end_vote"),
    open.rollcall && t("end_rollcall"),
    open.turn && t("end_turn", { who: open.turn }),
    open.hands > 0 && t("end_hands", { n: open.hands }),
    open.items > 0 && t("end_items", { n: open.items }),
    open.waiting > 0 && t("end_waiting", { n: open.waiting }),
  ].filter((x): x is string => typeof x === "string" && x !== "");
  return (
    <AlertDialog
      title={chair("sitting_close_title")}
      yes={open.vote ? t("end_to_vote") : chair("sitting_close_yes")}
      no={common("cancel")}
      kind={open.vote ? "primary" : "danger"}
      testid="sitting-confirm"
      busy={desk.busy.value.has("sitting.close")}
      onNo={done}
      onYes={() => {
        if (open.vote) {
          done();
          clerk.pane.value = "ballot";
        } else void desk.act({ type: "sitting.close" }).then(done);
      }}
    >
      {lines.length > 0 ? (
        <>
          <p>{t("end_open")}</p>
          <ul class="dk-open" data-testid="still-open">
            {lines.map((l) => (
              <li key={l}>{l}</li>
            ))}
          </ul>
        </>
      ) : (
        <p>{t("end_nothing")}</p>
      )}
      <p>{chair("sitting_close_text")}</p>
    </AlertDialog>
  );
}
