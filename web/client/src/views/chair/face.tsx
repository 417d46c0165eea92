/**
 * The chair's desk: stage and small tiles, the queue always open, one sheet above it, the bar. The chair is normally a
 * deputy too: the own ballot and roll-call card are the deputies' own.
 */
import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import "../../styles/font.css";
import "../../styles/meeting.css";
import "./chair.css";
import { now } from "../../core/clock";
import { chair } from "../../i18n/chair";
import { Button } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Icon, IconMic, IconMicOff } from "../../ui/icons";
import type { FaceProps } from "../faces";
import { HallSheet } from "../lines/board";
import { InvitedDialog } from "../meeting/invited";
import { overlays } from "../meeting/model";
import { AgendaPanel, MessagesPanel, PeoplePanel } from "../meeting/panels";
import { MicHelp } from "../meeting/permission";
import { ResultSheet } from "../meeting/result";
import { RollCallSheet } from "../meeting/rollcall";
import { MeetingShell, QuorumChip } from "../meeting/shell";
import { VoteSheet } from "../meeting/vote";
import { Compose, Missing } from "./ballot";
import { ChairBar } from "./bar";
import { Desk } from "./desk";
import { Interrupt } from "./interrupt";
import { KeyList, useKeys } from "./keys";
import { openBallot } from "./model";
import { Queue } from "./queue";
import { ChairRollCall, RollCallConfirm } from "./rollcall";
import { CloseConfirm, PauseSheet, SittingSheet } from "./sitting";
import { useDeskSounds } from "./sounds";
import { ChairStage } from "./stage";

/** A result stays open for eight seconds, then shrinks to a chip. */
const RESULT_MS = 8000;

/** ChairFace is the whole desk of one session. */
export default function ChairFace({ session, leave }: FaceProps) {
  const desk = useMemo(() => new Desk(session, leave), [session, leave]);
  useEffect(() => {
    // Signed-in pages use Noto Sans; after a reload the door's page was not there to say so.
    document.documentElement.dataset.font = "noto";
  }, []);
  useKeys(desk);
  useDeskSounds(session);
  useEffect(() => session.views.floor.subscribe((f) => f && desk.floorChanged(f.holder)), [session, desk]);
  const self = session.views.self.value;
  const own = self?.floor;
  const question = desk.question.value;
  const sheet = sheetOf(desk);
  return (
    <>
      <MeetingShell
        session={session}
        testid="chair"
        chips={<QuorumChip session={session} full />}
        head={<OwnMic desk={desk} />}
        stage={<ChairStage desk={desk} tight={sheet !== null} />}
        side={{ kind: "column", node: <Side desk={desk} sheet={sheet} /> }}
        dock={<Dock desk={desk} />}
        bar={<ChairBar desk={desk} />}
      />
      {own?.state === "invited" && <InvitedDialog key={own.turn} session={session} floor={own} />}
      {desk.asking.value && <Interrupt desk={desk} entry={desk.asking.value} />}
      {question === "rollcall" && <RollCallConfirm desk={desk} />}
      {question === "close" && <CloseConfirm desk={desk} />}
      {desk.sheet.value === "keys" && <KeyList desk={desk} />}
    </>
  );
}

function OwnMic({ desk }: { desk: Desk }) {
  const own = desk.session.own;
  const on = own.on.mic.value;
  return (
    <Button
      testid="mic"
      pressed={on}
      busy={own.busy.mic.value}
      class={on ? "ch-mic ch-mic-on" : "ch-mic"}
      onClick={() => void desk.microphone()}
    >
      <Icon of={on ? IconMic : IconMicOff} small /> {chair(on ? "mic_off" : "mic_on")}
    </Button>
  );
}

const minimised = signal("");

/** Side: one sheet at a time, the queue below it. */
function Side({ desk, sheet }: { desk: Desk; sheet: ComponentChild }) {
  return (
    <div class="ch-side" data-sheet={sheet ? "yes" : "no"} data-all={desk.allRows.value ? "yes" : "no"}>
      {sheet}
      <Queue desk={desk} />
    </div>
  );
}

/** sheetOf: what the chair opened comes first, then the own ballot, the own roll-call, the result. */
function sheetOf(desk: Desk): ComponentChild {
  const { session } = desk;
  const { ballot, rollcall, self } = session.views;
  const problem = session.own.problem.value;
  if (problem) return <DeviceCard desk={desk} />;
  switch (desk.sheet.value) {
    case "compose":
      if (!openBallot(ballot.value)) return <Compose key={session.views.agenda.value?.current} desk={desk} />;
      break;
    case "missing":
      if (openBallot(ballot.value)) return <Missing desk={desk} />;
      break;
    case "rollcall":
      return <ChairRollCall desk={desk} />;
    case "sitting":
      return <SittingSheet desk={desk} />;
    case "pause":
      return <PauseSheet desk={desk} />;
    case "agenda":
      return <AgendaPanel session={session} onClose={() => desk.leave("agenda")} />;
    case "people":
      return <PeoplePanel session={session} onClose={() => desk.leave("people")} />;
    case "halls":
      return <HallSheet session={session} onClose={() => desk.leave("halls")} />;
    case "messages":
      return <MessagesPanel session={session} onClose={() => desk.leave("messages")} />;
    default:
  }
  const doc = ballot.value?.ballot;
  const until = doc?.closed_at ? doc.closed_at + RESULT_MS : 0;
  for (const kind of overlays(self.value, ballot.value, rollcall.value, until, now.value)) {
    if (kind === "vote" && doc && self.value?.voter && minimised.value !== doc.id) {
      return (
        <VoteSheet
          key={doc.id}
          session={session}
          ballot={doc}
          onMinimise={() => {
            minimised.value = doc.id;
          }}
        />
      );
    }
    if (kind === "rollcall") return <RollCallSheet session={session} />;
  }
  const result = doc?.result && desk.seenResult.value !== doc.id && (now.value < until || desk.kept.value === doc.id);
  return result ? <ResultSheet ballot={doc} onMinimise={() => desk.putAway(doc.id)} /> : null;
}

/** DeviceCard: why the own microphone or camera cannot be had, and the way out; the chair presides without them. */
function DeviceCard({ desk }: { desk: Desk }) {
  const { own, views } = desk.session;
  const problem = own.problem.value;
  if (!problem) return null;
  return (
    <Sheet title={chair(problem.line === "mic" ? "mic_on" : "camera_on")} testid="device-problem">
      <MicHelp
        problem={problem.problem}
        phone={views.agenda.value?.sitting.help_phone}
        onRetry={() => void own.switch(problem.line, true)}
        onContinue={() => {
          own.problem.value = null;
        }}
      />
    </Sheet>
  );
}

/** Dock: chips that bring a put-away card back, and who presides when it is not this person. */
function Dock({ desk }: { desk: Desk }) {
  const { session } = desk;
  const { ballot, floor, people, self } = session.views;
  const doc = ballot.value?.ballot;
  const open = openBallot(ballot.value);
  const presides = floor.value?.chair ?? "";
  const clerk = presides !== "" && people.value?.people.find((p) => p.id === presides)?.roles.includes("clerk");
  const held = clerk && presides !== session.link.person;
  const showVote = open && self.value?.voter && minimised.value === open.id;
  const shrunk = doc?.result && desk.kept.value !== doc.id && now.value >= doc.closed_at + RESULT_MS;
  const alone = session.lost.value === "long";
  if (!held && !showVote && !shrunk && !alone) return null;
  return (
    <>
      {alone && (
        <p class="ch-note" data-testid="give-to-clerk">
          {chair("give_to_clerk_text")}
        </p>
      )}
      {held && (
        <span class="row" data-testid="held-by-clerk">
          <Chip tone="warning">{chair("held_by_clerk")}</Chip>
          {session.may("chair.return") && (
            <Button testid="chair-return" onClick={() => void desk.act({ type: "chair.return" })}>
              {chair("take_back")}
            </Button>
          )}
        </span>
      )}
      {showVote && (
        <Chip
          testid="vote-chip"
          onClick={() => {
            minimised.value = "";
          }}
        >
          {chair(self.value?.ballot === open.id && self.value.choice ? "vote_mine" : "vote_chip")}
        </Chip>
      )}
      {shrunk && (
        <Chip testid="result-chip" onClick={() => desk.keep(doc.id)}>
          {chair(doc.result?.passed ? "result_passed" : "result_failed")}
        </Chip>
      )}
    </>
  );
}
