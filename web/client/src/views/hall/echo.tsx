/** Loudspeaker and echo: five seconds are recorded by the microphone and played by the loudspeaker; a person judges. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { hall } from "../../i18n/hall";
import { Button } from "../../ui/button";

const SECONDS = 5;

type Step = "idle" | "recording" | "playing" | "ask" | "good" | "bad" | "failed";

/** record takes some seconds of a track; tick is told the seconds left. Rejects where the browser cannot record. */
export async function record(track: MediaStreamTrack, seconds: number, tick: (left: number) => void): Promise<Blob> {
  const rec = new MediaRecorder(new MediaStream([track]));
  const parts: Blob[] = [];
  rec.ondataavailable = (e) => {
    if (e.data.size) parts.push(e.data);
  };
  const stopped = new Promise<void>((done, fail) => {
    rec.onstop = () => done();
    rec.onerror = () => fail(new Error("recorder failed"));
  });
  rec.start();
  let left = seconds;
  tick(left);
  const timer = setInterval(() => {
    left--;
    tick(left);
    if (left <= 0 && rec.state !== "inactive") rec.stop();
  }, 1000);
  try {
    await stopped;
  } finally {
    clearInterval(timer);
  }
  return new Blob(parts, { type: rec.mimeType });
}

/** EchoTest calls back with Có or Không. */
export function EchoTest(p: { mic: MediaStreamTrack | null; onAnswer: (clear: boolean) => void }) {
  const step = useSignal<Step>("idle");
  const left = useSignal(0);
  const player = useRef<HTMLAudioElement | null>(null);
  useEffect(() => () => player.current?.pause(), []);
  const run = async () => {
    if (!p.mic) return;
    try {
      step.value = "recording";
      const blob = await record(p.mic, SECONDS, (n) => {
        left.value = n;
      });
      step.value = "playing";
      await play(blob, player);
      step.value = "ask";
    } catch {
      step.value = "failed";
    }
  };
  const answer = (clear: boolean) => {
    step.value = clear ? "good" : "bad";
    p.onAnswer(clear);
  };
  const busy = step.value === "recording" || step.value === "playing";
  return (
    <>
      <p role="status">{words(step.value, left.value)}</p>
      {step.value === "ask" || step.value === "failed" ? (
        <div class="row">
          <Button testid="echo-yes" onClick={() => answer(true)}>
            {hall("speaker_yes")}
          </Button>
          <Button testid="echo-no" onClick={() => answer(false)}>
            {hall("speaker_no")}
          </Button>
        </div>
      ) : (
        <Button testid="echo-record" disabled={!p.mic} busy={busy} onClick={() => void run()}>
          {hall("speaker_record")}
        </Button>
      )}
    </>
  );
}

function words(step: Step, left: number): string {
  switch (step) {
    case "recording":
      return hall("speaker_recording", { n: left });
    case "playing":
      return hall("speaker_playing");
    case "ask":
      return hall("speaker_ask");
    case "good":
      return `✓ ${hall("speaker_ok")}`;
    case "bad":
      return hall("speaker_bad");
    case "failed":
      return hall("speaker_failed");
    default:
      return hall("speaker_hint");
  }
}

async function play(blob: Blob, ref: { current: HTMLAudioElement | null }): Promise<void> {
  const url = URL.createObjectURL(blob);
  const el = new Audio(url);
  ref.current = el;
  try {
    await new Promise<void>((done, fail) => {
      el.onended = () => done();
      el.onerror = () => fail(new Error("playback failed"));
      el.play().catch(fail);
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}
