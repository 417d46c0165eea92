/** That the meeting is being recorded, told to everybody; how well it goes, to chair and clerk. */
import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { now } from "../../core/clock";
import { clockText, timeText } from "../../core/format";
import { audioContext, chime } from "../../core/levels";
import { lampOf, recordedMs, warningOf } from "../../core/recording";
import type { Session } from "../../core/session";
import { recording as t } from "../../i18n/recording";
import { Chip } from "../../ui/chip";

/** The server's notice: the built-in one, or the council's own. */
const NOTICE = "/recording-notice.webm";
const ALARM: readonly number[] = [440, 330, 440];
const ALARM_EVERY_MS = 10_000;

/** RecordingChip: "● Ghi" for everybody, with the time for chair and clerk; nothing while nothing is recorded. */
export function RecordingChip(p: { session: Session }) {
  const view = p.session.views.recording.value;
  const lamp = useComputed(() => lampOf(p.session.views.recording.value, now.value)).value;
  if (!view || lamp === "off") return null;
  if (lamp === "paused") return <Chip testid="recording">{t("chip_paused")}</Chip>;
  if (lamp === "stalled") {
    return (
      <Chip tone="danger" testid="recording">
        <span data-lamp="stalled">⚠ {t("chip_stalled")}</span>
      </Chip>
    );
  }
  return (
    <Chip tone={lamp === "quiet" ? "plain" : "rec"} testid="recording">
      <span data-lamp={lamp} role="img" aria-label={t(lamp === "quiet" ? "label_quiet" : "label")}>
        {lamp === "quiet" ? "○" : "●"} {lamp === "heard" ? t("chip") : <Time session={p.session} />}
      </span>
    </Chip>
  );
}

/** Time ticks alone, so that the chip is drawn anew only when the light changes. */
function Time(p: { session: Session }) {
  const view = p.session.views.recording.value;
  return <span class="num">{view && t("chip_time", { time: clockText(recordedMs(view, now.value)) })}</span>;
}

/** RecordingStrip: what is wrong with the recording, for chair and clerk, until it is right again. */
export function RecordingStrip(p: { session: Session }) {
  const { recording, self } = p.session.views;
  const warning = useComputed(() => warningOf(recording.value, now.value)).value;
  const clerk = self.value?.roles.includes("clerk") ?? false;
  const grave = warning === "stalled" || warning === "full";
  useEffect(() => {
    if (!grave || !clerk) return;
    chime(ALARM);
    const timer = setInterval(() => chime(ALARM), ALARM_EVERY_MS);
    return () => clearInterval(timer);
  }, [grave, clerk]);
  if (!warning) return null;
  const light = recording.value?.light;
  const time = light?.synced_at ? timeText(light.synced_at) : "–";
  return (
    <div
      class={grave ? "strip strip-danger" : "strip"}
      data-tone="light"
      role="alert"
      data-testid="recording-warning"
      data-warning={warning}
    >
      <span>{t(`w_${warning}`, { time, n: light?.free_pct ?? 0 })}</span>
    </div>
  );
}

/** playNotice speaks the notice; where it cannot be played, a note and the words on screen remain. */
export async function playNotice(get: typeof fetch = fetch): Promise<void> {
  const ctx = audioContext();
  if (!ctx) return;
  try {
    const answer = await get(NOTICE);
    if (!answer.ok) throw new Error(`notice: ${answer.status}`);
    const sound = await ctx.decodeAudioData(await answer.arrayBuffer());
    const source = ctx.createBufferSource();
    source.buffer = sound;
    source.connect(ctx.destination);
    source.start();
  } catch {
    chime([660]);
  }
}
