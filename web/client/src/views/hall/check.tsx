/**
 * The check of a hall before the meeting: camera, microphone, loudspeaker with echo (record 5 s and play), then Sẵn sàng.
 * It never blocks: a hall without a camera still speaks, one without a microphone is told so in red.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { camera, type Device, DeviceError, devices, inApp, type MicProblem, microphone } from "../../core/devices";
import { meter } from "../../core/levels";
import { hall } from "../../i18n/hall";
import { Button } from "../../ui/button";
import { Chip } from "../../ui/chip";
import { Select } from "../../ui/field";
import { LiveRegion } from "../../ui/live";
import { MicHelp } from "../meeting/permission";
import { LevelBars, Video } from "../meeting/tile";
import { EchoTest } from "./echo";

/** Two seconds of permission box or less; then the page says what is missing. */
const QUIET_MS = 8000;
/** RMS above which a voice was heard (−34 dBFS). */
const HEARD = 0.02;

/** What the check hands over. */
export interface HallDevices {
  mic: MediaStreamTrack | null;
  cam: MediaStreamTrack | null;
}

/** stored is the device that this machine was told to use. */
export function stored(kind: "mic" | "cam"): string {
  try {
    return localStorage.getItem(`nt.${kind}`) ?? "";
  } catch {
    return "";
  }
}

/** openDevices opens microphone and camera; a problem of the microphone is told, a camera may be absent. */
export async function openDevices(): Promise<HallDevices & { problem: MicProblem | null }> {
  let mic: MediaStreamTrack | null = null;
  let problem: MicProblem | null = null;
  try {
    mic = await microphone(stored("mic"));
  } catch (e) {
    problem = e instanceof DeviceError ? e.problem : "other";
  }
  const cam = await camera(stored("cam")).catch(() => null);
  return { mic, cam, problem };
}

/** HallCheck is the page; onReady is called inside the tap, so that sound may play. */
export function HallCheck(p: { name: string; phone?: string | undefined; onReady: (d: HallDevices) => void }) {
  const got = useSignal<HallDevices>({ mic: null, cam: null });
  const problem = useSignal<MicProblem | null>(null);
  const heard = useSignal(false);
  const clear = useSignal(false);
  const opened = useSignal(false);
  const handed = useRef(false);
  const open = async () => {
    stop(got.peek());
    const d = await openDevices();
    if (handed.current) {
      stop(d);
      return;
    }
    heard.value = false;
    problem.value = d.problem;
    got.value = d;
    opened.value = true;
  };
  useEffect(() => {
    void open();
    return () => {
      if (!handed.current) stop(got.peek());
      handed.current = true;
    };
  }, []);
  const { mic, cam } = got.value;
  const all = cam !== null && heard.value && clear.value;
  return (
    <div class="hl-check redline" data-testid="hall-check">
      <main class="hl-check-main">
        <header class="stack">
          <h1>
            {hall("check_title")} · {p.name}
          </h1>
          <p class="muted">{inApp() ? hall("unsupported") : hall("check_hint")}</p>
        </header>
        <div class="hl-cards">
          <section class="card stack" aria-labelledby="check-cam">
            <h2 id="check-cam">1. {hall("camera")}</h2>
            <div class="hl-preview">
              {cam && <Video stream={new MediaStream([cam])} label={hall("our_room")} />}
              {!cam && opened.value && <p>{hall("camera_none")}</p>}
            </div>
            {opened.value && (
              <State ok={cam !== null} words={hall(cam ? "camera_ok" : "no_camera")} testid="check-cam" />
            )}
            <Picker kind="cam" tracks={got.value} onPick={() => void open()} />
          </section>
          <section class="card stack" aria-labelledby="check-mic">
            <h2 id="check-mic">2. {hall("mic")}</h2>
            {mic && <MicMeter key={mic.id} track={mic} heard={() => (heard.value = true)} ok={heard.value} />}
            {!mic && opened.value && (
              <p class="hl-bad" role="alert">
                {hall("mic_none")}
              </p>
            )}
            {problem.value && <MicHelp quiet problem={problem.value} phone={p.phone} onRetry={() => void open()} />}
            <Picker kind="mic" tracks={got.value} onPick={() => void open()} />
          </section>
          <section class="card stack" aria-labelledby="check-sound">
            <h2 id="check-sound">3. {hall("speaker")}</h2>
            <EchoTest mic={mic} onAnswer={(ok) => (clear.value = ok)} />
          </section>
        </div>
        <Button
          kind={all ? "primary" : "quiet"}
          main
          wide
          testid="hall-ready"
          onClick={() => {
            handed.current = true;
            p.onReady(got.value);
          }}
        >
          {hall(all ? "ready" : "ready_anyway")}
        </Button>
      </main>
      <LiveRegion />
    </div>
  );
}

function stop(d: HallDevices) {
  d.mic?.stop();
  d.cam?.stop();
}

function State(p: { ok: boolean; words: string; testid: string }) {
  return (
    <p role="status">
      <Chip tone={p.ok ? "success" : "warning"} testid={p.testid}>
        {p.ok ? "✓ " : "– "}
        {p.words}
      </Chip>
    </p>
  );
}

/** MicMeter: live bars; ✓ once a voice came, a hint after eight seconds of silence. */
function MicMeter(p: { track: MediaStreamTrack; heard: () => void; ok: boolean }) {
  const level = useSignal(0);
  const quiet = useSignal(false);
  const heard = useRef(p.heard);
  heard.current = p.heard;
  useEffect(() => {
    const timer = setTimeout(() => {
      quiet.value = true;
    }, QUIET_MS);
    const end = meter(p.track, (l) => {
      level.value = l;
      if (l > HEARD) heard.current();
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [p.track, level, quiet]);
  const words = p.ok ? hall("mic_ok") : quiet.value ? hall("mic_silent") : hall("mic_hint");
  return (
    <>
      <p class="hl-meter">
        <LevelBars level={level.value} label={hall("mic")} />
      </p>
      <State ok={p.ok} words={words} testid="check-mic" />
    </>
  );
}

/** Picker chooses another device; the labels come once a permission was given. */
function Picker(p: { kind: "mic" | "cam"; tracks: HallDevices; onPick: () => void }) {
  const list = useSignal<Device[]>([]);
  const mine = p.tracks[p.kind]?.id ?? "";
  useEffect(() => {
    void mine;
    void devices().then((d) => {
      list.value = d;
    });
  }, [mine, list]);
  const kind = p.kind === "mic" ? "audioinput" : "videoinput";
  const found = list.value.filter((d) => d.kind === kind && d.id !== "default");
  if (found.length < 2) return null;
  return (
    <Select
      label={hall(p.kind === "mic" ? "mic" : "camera")}
      value={stored(p.kind)}
      options={[
        { value: "", label: hall("mic_default") },
        ...found.map((d, i) => ({ value: d.id, label: d.label || `${i + 1}` })),
      ]}
      onChange={(id) => {
        try {
          localStorage.setItem(`nt.${p.kind}`, id);
        } catch {
          // The choice lasts for this page.
        }
        p.onPick();
      }}
    />
  );
}
