/** The hall's screen during the meeting. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { now } from "../../core/clock";
import { clockText, timeText } from "../../core/format";
import type { Session } from "../../core/session";
import { common } from "../../i18n/common";
import { hall } from "../../i18n/hall";
import { Button, IconLabelButton } from "../../ui/button";
import { Chip } from "../../ui/chip";
import {
  IconCamera,
  IconCameraOff,
  IconHand,
  IconHelp,
  IconList,
  IconMic,
  IconMicOff,
  IconScreen,
} from "../../ui/icons";
import { announce, LiveRegion } from "../../ui/live";
import { Toasts } from "../../ui/toast";
import { quorumState } from "../chair/model";
import { useBells } from "../chair/sounds";
import { turnClock } from "../chair/turn";
import { secondsTo } from "../display/model";
import type { DoorInfo } from "../door/info";
import { gateOpen } from "../meeting/controls";
import { RecordingChip } from "../meeting/recording";
import { StageView, Strip } from "../meeting/stage";
import { Strips } from "../meeting/strips";
import { Tile } from "../meeting/tile";
import { HallInvited } from "./invited";
import { useHallKeys } from "./keys";
import { presentHere } from "./model";
import { fullScreen } from "./screen";
import { HallRaise, HallRollCall, listHere } from "./sheets";

/** A hall hears every bell. */
const always = () => true;

/** Tiles of the strip, the own room not among them. */
const TILES = 4;
/** A result stays in the head line this long. */
const RESULT_S = 20;

type SheetName = "" | "raise" | "roll";

export function HallWall({ session, door, onCheck }: { session: Session; door: DoorInfo; onCheck: () => void }) {
  const sheet = useSignal<SheetName>("");
  useHallKeys(session);
  useBells(session, always);
  const self = session.views.self.value;
  const invited = self?.floor?.state === "invited" ? self.floor : null;
  const show = (name: SheetName) => {
    sheet.value = sheet.value === name ? "" : name;
  };
  const close = () => show("");
  if (session.lost.value === "long") return <NoNetwork session={session} />;
  return (
    <div class="hall" data-tone="dark" data-testid="hall" data-sheet={sheet.value || "none"}>
      <Head session={session} />
      <div class="hl-notes">
        {session.lost.value === "" && <Strips session={session} />}
        <Toasts />
      </div>
      <div class="hl-main">
        <main class="hl-stage">
          <StageView session={session} tiles={TILES} />
        </main>
        <aside class="hl-side" aria-label={hall("our_room")}>
          {invited ? (
            <>
              <HallInvited key={invited.turn} session={session} floor={invited} />
              <OwnRoom session={session} />
            </>
          ) : sheet.value === "raise" ? (
            <HallRaise session={session} onClose={close} />
          ) : sheet.value === "roll" ? (
            <HallRollCall session={session} onClose={close} />
          ) : (
            <>
              <OwnRoom session={session} />
              {door.public && <DoorQr door={door.door} />}
            </>
          )}
        </aside>
      </div>
      <section class="hl-strip" aria-label={hall("halls")}>
        <Others session={session} />
      </section>
      <Bar session={session} sheet={sheet.value} show={show} onCheck={onCheck} phone={door.help_phone} />
      <LiveRegion />
    </div>
  );
}

/** Others are the small tiles without the own room, which has its own place. */
function Others({ session }: { session: Session }) {
  return <Strip session={session} room={TILES + 1} />;
}

/** Head: the item, the vote or its result, the quorum, the time; what the room must know from its seats. */
function Head({ session }: { session: Session }) {
  const { agenda, ballot, rollcall, floor } = session.views;
  const item = agenda.value?.items.find((i) => i.id === agenda.value?.current);
  const head = agenda.value?.sitting;
  const doc = ballot.value?.ballot;
  const fresh = doc?.result && (secondsTo(doc.closed_at + RESULT_S * 1000, now.value) ?? 0) > 0;
  const q = rollcall.value?.quorum;
  const clock = turnClock(floor.value?.holder, now.value);
  return (
    <header class="hl-head">
      <h1 class="ellipsis" data-testid="item">
        {item ? hall("item", { n: item.no, title: item.title }) : (head?.title ?? "")}
      </h1>
      <div class="hl-chips">
        {doc?.state === "open" && (
          <Chip tone="info" testid="hall-vote">
            {hall("voting", { k: doc.pressed, n: doc.present })}
          </Chip>
        )}
        {fresh && (
          <Chip tone={doc.result?.passed ? "success" : "danger"} testid="hall-result">
            {hall(doc.result?.passed ? "passed" : "not_passed")}
          </Chip>
        )}
        {head?.state === "paused" && <Chip tone="warning">{hall("paused")}</Chip>}
        {q && quorumState(q) !== "none" && rollcall.value?.state !== "none" && (
          <Chip tone={q.met ? "success" : "danger"} testid="quorum">
            {common(q.met ? "quorum_met" : "quorum_short", { present: q.present, total: q.total, need: q.need })}
          </Chip>
        )}
        <RecordingChip session={session} />
        {session.lost.value === "socket" && <Chip tone="warning">{common("lost_socket")}</Chip>}
        <span class="hl-clock num" role="timer" aria-live="off" data-testid="hall-clock">
          {clock.phase === "idle" || clock.phase === "invited"
            ? timeText(now.value, false)
            : `${clockText(clock.elapsed * 1000)} / ${clockText(clock.allowed * 1000)}`}
        </span>
      </div>
    </header>
  );
}

function OwnRoom({ session }: { session: Session }) {
  const track = session.own.camTrack.value;
  const on = session.own.on.cam.value;
  const live = session.own.on.mic.value && gateOpen(session, "mic");
  return (
    <div class="hl-room" data-mic={live ? "on" : "off"}>
      <Tile
        who={session.link.person}
        label={hall("our_room")}
        stream={track && on ? new MediaStream([track]) : null}
        own
        muted={!live}
      />
    </div>
  );
}

function DoorQr({ door }: { door: string }) {
  return (
    <figure class="hl-qr">
      <img src={`/api/doors/${encodeURIComponent(door)}/qr.svg`} alt={hall("scan")} />
      <figcaption>
        {hall("scan")} <strong class="num">{door}</strong>
      </figcaption>
    </figure>
  );
}

/** Bar: the hall's microphone first; then the own list, raising for others, camera, full screen, help. */
function Bar(p: {
  session: Session;
  sheet: SheetName;
  show: (s: SheetName) => void;
  onCheck: () => void;
  phone?: string | undefined;
}) {
  const { session } = p;
  const count = presentHere(listHere(session));
  const cam = session.own.on.cam.value;
  return (
    <nav class="hl-bar" id="bar" aria-label={hall("bar")}>
      <HallMic session={session} />
      <IconLabelButton icon={IconList} testid="hall-roll" expanded={p.sheet === "roll"} onClick={() => p.show("roll")}>
        {hall("roll_here", { n: count.n, total: count.total })}
      </IconLabelButton>
      <IconLabelButton
        icon={IconHand}
        testid="raise-for"
        expanded={p.sheet === "raise"}
        onClick={() => p.show("raise")}
      >
        {hall("raise_for")}
      </IconLabelButton>
      <IconLabelButton
        icon={cam ? IconCamera : IconCameraOff}
        testid="cam"
        pressed={cam}
        onClick={() => void session.own.switch("cam", !cam)}
      >
        {hall(cam ? "camera_off" : "camera_on")}
      </IconLabelButton>
      <IconLabelButton icon={IconScreen} testid="full-screen" onClick={fullScreen}>
        {hall("full_screen")}
      </IconLabelButton>
      <IconLabelButton icon={IconHelp} testid="hall-check-again" onClick={p.onCheck}>
        {hall("check_again")}
      </IconLabelButton>
    </nav>
  );
}

/** HallMic: by tap or by holding Space; the gate of the chair is told in words. */
function HallMic({ session }: { session: Session }) {
  const on = session.own.on.mic.value;
  const gate = gateOpen(session, "mic");
  const invited = session.views.self.value?.floor?.state === "invited";
  const words = on ? (gate ? "mic_off" : "mic_held") : gate ? "mic_on" : "mic_closed";
  return (
    <IconLabelButton
      icon={on && gate ? IconMic : IconMicOff}
      tone={on && gate ? "on" : gate && !invited ? "action" : "plain"}
      pressed={on}
      disabled={session.own.busy.mic.value || (!on && !gate)}
      title={hall("space_hint")}
      testid="hall-mic"
      onClick={() => void switchMic(session, !on)}
    >
      {hall(words)}
    </IconLabelButton>
  );
}

async function switchMic(session: Session, on: boolean) {
  if (await session.own.switch("mic", on)) announce(hall(on ? "mic_state_on" : "mic_state_off"), "polite", "mic");
}

/** NoNetwork: the time and whom to call; the page comes back by itself. */
function NoNetwork({ session }: { session: Session }) {
  const phone = session.views.agenda.value?.sitting.help_phone;
  useEffect(() => announce(hall("offline_since"), "assertive", "net"), []);
  return (
    <main class="hall hl-alone" data-tone="dark" data-testid="hall-offline">
      <p class="hl-time num">{timeText(now.value, false)}</p>
      <h1 class="hl-lost">{hall("offline_since")}</h1>
      {phone && <p class="hl-phone">{hall("offline_call", { phone })}</p>}
      <Button testid="banner-retry" onClick={() => session.link.retry()}>
        {common("retry_now")}
      </Button>
      <LiveRegion />
    </main>
  );
}
