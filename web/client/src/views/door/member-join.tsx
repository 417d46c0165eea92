/** Before joining, for members: own name and seat, preview if permission was given before, device check, one button. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { camera, type Device, DeviceError, devices, type MicProblem, microphone, permission } from "../../core/devices";
import { meter, play } from "../../core/levels";
import { call } from "../../i18n/call";
import { door as t } from "../../i18n/door";
import "../../styles/meeting.css";
import { Button } from "../../ui/button";
import { Select, Tick } from "../../ui/field";
import { LiveRegion } from "../../ui/live";
import { NetBadge, type NetLevel } from "../../ui/net";
import { faceName } from "../faces";
import { MicHelp } from "../meeting/permission";
import { LevelBars, Video } from "../meeting/tile";
import { DoorCalendar } from "./calendar";
import { DoorHead } from "./citizen-join";
import { checkNetwork } from "./info";
import { OwnAuthority } from "./own-authority";
import type { MemberJoinProps } from "./page";

const QUIET_MS = 8000;
const HEARD = 0.02;

const tested = () => {
  try {
    return localStorage.getItem("nt.tested") === new Date().toDateString();
  } catch {
    return false;
  }
};

/** MemberJoin joins with microphone and picture off; what was opened for the check is handed over, muted. */
export function MemberJoin(p: MemberJoinProps) {
  const { info } = p;
  const mic = useSignal<MediaStreamTrack | null>(null);
  const cam = useSignal<MediaStreamTrack | null>(null);
  const problem = useSignal<MicProblem | null>(null);
  const hall = useSignal(false);
  const net = useSignal<NetLevel>("checking");
  const me = info.me;
  const steers = me ? faceName(me.roles) === "chair" || faceName(me.roles) === "desk" : false;
  const counts = info.roll_call && !!me?.roles.includes("deputy");

  useEffect(() => {
    void checkNetwork().then((l) => (net.value = l));
    // Only where the permission stands already: nothing is asked before a tap.
    void Promise.all([permission("camera"), permission("microphone")]).then(([c]) => {
      if (c === "granted") void open(false);
    });
    return () => undefined;
  }, []);

  const open = async (withMic: boolean) => {
    problem.value = null;
    try {
      if (withMic) {
        mic.value?.stop();
        mic.value = await microphone(stored("mic"));
      }
    } catch (e) {
      problem.value = e instanceof DeviceError ? e.problem : "other";
    }
    try {
      cam.value?.stop();
      cam.value = await camera(stored("cam"));
    } catch {
      cam.value = null; // No picture is no reason to stay outside.
    }
    if (withMic && mic.value) {
      try {
        localStorage.setItem("nt.tested", new Date().toDateString());
      } catch {
        // Asked again tomorrow, or today.
      }
    }
  };

  const join = () => {
    // The camera of the preview is let go: one joins with picture off. The microphone is kept, muted.
    cam.value?.stop();
    p.onJoin({ hall: hall.value, mic: hall.value ? null : mic.value, cam: null });
  };

  return (
    <div class="redline">
      <main class="page page-wide" data-testid="member-join">
        <DoorHead info={info} />
        <div class="door-cols">
          <section class="stack">
            <div class="preview">
              {cam.value ? (
                <Video stream={new MediaStream([cam.value])} label={t("preview")} />
              ) : (
                <p>{t("no_preview")}</p>
              )}
            </div>
            {problem.value && (
              <MicHelp
                quiet
                problem={problem.value}
                phone={info.help_phone}
                onRetry={() => void open(true)}
                onContinue={() => (problem.value = null)}
              />
            )}
            {!problem.value && (
              <Button onClick={() => void open(true)} testid="test-devices">
                {t("test")}
              </Button>
            )}
            {mic.value && <MicCheck track={mic.value} />}
            {mic.value && <Pickers onPick={() => void open(true)} />}
          </section>
          <section class="stack">
            <p>
              <strong data-testid="me">{me?.name}</strong>
              {me?.group && <span class="muted"> · {me.group}</span>}
              {me?.seat ? <span class="muted"> · {t("seat", { n: me.seat })}</span> : null}
            </p>
            <p>
              <NetBadge level={net.value} {...(info.help_phone ? { phone: info.help_phone } : {})} />
            </p>
            {me?.hall && !steers && (
              <Tick label={t("at_hall")} checked={hall.value} onChange={(v) => (hall.value = v)} testid="at-hall" />
            )}
            {hall.value && (
              <p class="muted" data-testid="hall-sound">
                {me?.hall} · {t("hall_sound")}
              </p>
            )}
            {steers && !mic.value && !tested() && <p class="chip chip-warning">{t("test_first")}</p>}
            <Button kind="primary" main wide onClick={join} testid="join">
              {counts ? t("check_in_and_join") : t("join")}
            </Button>
            <p class="muted">{t("joins_off")}</p>
            <DoorCalendar info={info} />
            <OwnAuthority />
          </section>
        </div>
      </main>
      <LiveRegion />
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

/** MicCheck: live bars; ✓ when sound came, a hint after 8 s of silence. */
function MicCheck(p: { track: MediaStreamTrack }) {
  const level = useSignal(0);
  const heard = useSignal(false);
  const quiet = useSignal(false);
  useEffect(() => {
    heard.value = false;
    quiet.value = false;
    const timer = setTimeout(() => (quiet.value = !heard.value), QUIET_MS);
    const stop = meter(p.track, (l) => {
      level.value = l;
      if (l > HEARD) {
        heard.value = true;
        quiet.value = false;
      }
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [p.track, level, heard, quiet]);
  return (
    <div class="stack">
      <p class="row" role="status">
        <LevelBars level={level.value} label={call("microphone")} />
        {heard.value ? t("mic_heard") : quiet.value ? t("mic_silent") : t("say_something")}
      </p>
      <Button onClick={() => play([660, 880])} testid="test-sound">
        {t("test_sound")}
      </Button>
    </div>
  );
}

function Pickers(p: { onPick: () => void }) {
  const list = useSignal<Device[]>([]);
  useEffect(() => {
    void devices().then((d) => (list.value = d));
  }, [list]);
  const pick = (kind: "mic" | "cam", id: string) => {
    try {
      localStorage.setItem(`nt.${kind}`, id);
    } catch {
      // The choice lasts for this page.
    }
    p.onPick();
  };
  const of = (kind: Device["kind"]) => [
    { value: "", label: call("device_default") },
    ...list.value
      .filter((d) => d.kind === kind && d.id !== "default")
      .map((d, i) => ({ value: d.id, label: d.label || call("device_n", { n: i + 1 }) })),
  ];
  return (
    <>
      <Select
        label={call("microphone")}
        value={stored("mic")}
        options={of("audioinput")}
        onChange={(v) => pick("mic", v)}
      />
      <Select
        label={call("camera")}
        value={stored("cam")}
        options={of("videoinput")}
        onChange={(v) => pick("cam", v)}
      />
    </>
  );
}
