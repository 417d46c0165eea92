/** "Thêm": share, messages, people, picture steps, devices, layout, help, leave. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Device, devices, isIOS } from "../../core/devices";
import { meter, setSounds, soundsOn } from "../../core/levels";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { Segments } from "../../ui/chip";
import { Select, Tick } from "../../ui/field";
import { IconHelp, IconLeave, IconMessage, IconPeople } from "../../ui/icons";
import { toast } from "../../ui/toast";
import { ShareButton } from "./controls";
import { HelpDialog } from "./help";
import type { PanelKind } from "./panels";
import { LevelBars } from "./tile";

export type Step = "full" | "speaker" | "audio";

/** QualitySwitch: three named steps; "Chỉ tiếng" stops the pictures at the server. */
export function QualitySwitch(p: { session: Session }) {
  const { media } = p.session;
  return (
    <Segments<Step>
      label={call("quality")}
      value={media.want.value.step as Step}
      options={[
        { value: "full", label: call("step_full"), testid: "step-full" },
        { value: "speaker", label: call("step_speaker"), testid: "step-speaker" },
        { value: "audio", label: call("step_audio"), testid: "step-audio" },
      ]}
      onChange={(step) => media.setWant({ step })}
    />
  );
}

/** DevicePicker changes microphone and camera in the call, with a live level. */
export function DevicePicker(p: { session: Session }) {
  const { own } = p.session;
  const list = useSignal<Device[]>([]);
  const chosen = useSignal({ mic: stored("mic"), cam: stored("cam") });
  const level = useSignal(0);
  const track = own.micTrack.value;
  useEffect(() => {
    const load = () => void devices().then((d) => (list.value = d));
    load();
    navigator.mediaDevices?.addEventListener?.("devicechange", load);
    return () => navigator.mediaDevices?.removeEventListener?.("devicechange", load);
  }, [list, track]);
  useEffect(() => (track ? meter(track, (l) => (level.value = l)) : undefined), [track, level]);
  const pick = async (kind: "mic" | "cam", id: string) => {
    chosen.value = { ...chosen.value, [kind]: id };
    if (!(await own.choose(kind, id))) toast(call("device_failed"), { urgency: "assertive" });
  };
  const options = (kind: Device["kind"]) => [
    { value: "", label: call("device_default") },
    ...list.value
      .filter((d) => d.kind === kind && d.id !== "default")
      .map((d, i) => ({ value: d.id, label: d.label || call("device_n", { n: i + 1 }) })),
  ];
  return (
    <div class="stack">
      <Select
        label={call("microphone")}
        value={chosen.value.mic}
        options={options("audioinput")}
        onChange={(v) => void pick("mic", v)}
        testid="device-mic"
        {...(isIOS() ? { hint: call("ios_mic_hint") } : {})}
      />
      {track && <LevelBars level={level.value} />}
      <Select
        label={call("camera")}
        value={chosen.value.cam}
        options={options("videoinput")}
        onChange={(v) => void pick("cam", v)}
        testid="device-cam"
      />
    </div>
  );
}

function stored(kind: "mic" | "cam"): string {
  try {
    return localStorage.getItem(`nt.${kind}`) ?? "";
  } catch {
    return "";
  }
}

export interface MoreProps {
  session: Session;
  /** The hall whose list names this person; "" = none. */
  hall: string;
  layout: "speaker" | "grid";
  setLayout: (l: "speaker" | "grid") => void;
  open: (k: PanelKind) => void;
  onLeave: () => void;
  onClose: () => void;
}

/** MorePanel collects what is seldom needed. */
export function MorePanel(p: MoreProps) {
  const help = useSignal(false);
  return (
    <Sheet
      title={call("more")}
      aside={
        <Button onClick={p.onClose} testid="panel-close">
          {common("close")}
        </Button>
      }
      testid="more-panel"
    >
      <ShareButton session={p.session} wide />
      <Button wide icon={IconMessage} onClick={() => p.open("messages")} testid="open-messages">
        {call("messages")}
      </Button>
      <Button wide icon={IconPeople} onClick={() => p.open("people")} testid="open-people">
        {call("people")}
      </Button>
      <div class="field">
        <span class="label">{call("quality")}</span>
        <QualitySwitch session={p.session} />
      </div>
      <div class="field">
        <span class="label">{call("layout")}</span>
        <Segments
          label={call("layout")}
          value={p.layout}
          options={[
            { value: "speaker", label: call("layout_speaker"), testid: "layout-speaker" },
            { value: "grid", label: call("layout_grid"), testid: "layout-grid" },
          ]}
          onChange={p.setLayout}
        />
      </div>
      {p.hall && (
        <Tick
          label={call("hall_mode")}
          checked={p.session.atHall.value}
          disabled={!p.session.open.value}
          onChange={(on) => p.session.setHall(on)}
          testid="hall-mode"
        />
      )}
      {!p.session.atHall.value && <DevicePicker session={p.session} />}
      <Tick label={call("sounds")} checked={soundsOn.value} onChange={setSounds} testid="sounds" />
      <Button wide icon={IconHelp} onClick={() => (help.value = true)} testid="help-more">
        {common("help")}
      </Button>
      <Button wide kind="danger" icon={IconLeave} onClick={p.onLeave} testid="leave-more">
        {call("leave")}
      </Button>
      {help.value && <HelpDialog session={p.session} onClose={() => (help.value = false)} />}
    </Sheet>
  );
}
