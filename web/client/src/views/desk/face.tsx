/**
 * TK3 Bàn thư ký trực tiếp: small stage and agenda, a pane of work, the queue always open; the roll-call fills the page.
 * The clerk hears the room, has an own microphone, and gets the chair's vote buttons while standing in for a lost chair.
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import "../../styles/font.css";
import "../../styles/meeting.css";
import "../chair/chair.css";
import "./desk.css";
import { now } from "../../core/clock";
import { common } from "../../i18n/common";
import { desk as t } from "../../i18n/desk";
import { Button } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { announce } from "../../ui/live";
import { Compose, Missing } from "../chair/ballot";
import { Interrupt } from "../chair/interrupt";
import { KeyList, keyAct, keysOn } from "../chair/keys";
import { openBallot } from "../chair/model";
import { Queue } from "../chair/queue";
import { RollCallConfirm } from "../chair/rollcall";
import { PauseSheet } from "../chair/sitting";
import type { FaceProps } from "../faces";
import { LinesPanel } from "../lines/list";
import { InvitedDialog } from "../meeting/invited";
import { MicHelp } from "../meeting/permission";
import { ResultSheet } from "../meeting/result";
import { MeetingShell, QuorumChip } from "../meeting/shell";
import { useNarrow } from "../meeting/use";
import { BallotPane } from "./ballot";
import { DeskBar, numbers } from "./bar";
import { Clerk, type Pane } from "./clerk";
import { Ended } from "./ended";
import { MessagesPane } from "./messages";
import { chairAway, holds } from "./model";
import { Overview } from "./overview";
import { OutDialog, PeoplePane } from "./people";
import { RaiseFor } from "./raise";
import { CorrectionDialog, RollCallAct, RollCallChip, RollCallScreen, RollCallTitle } from "./rollcall";
import { EndDialog, SittingPane } from "./sitting";
import { useClerkSounds } from "./sounds";
import { WaitingPane } from "./waiting";

/** A result stands beside the queue for eight seconds; the pane keeps it. */
const RESULT_MS = 8000;
/** A chair is missed after this long without connection. */
const AWAY_MS = 30_000;

/** DeskFace is the whole desk of one session. */
export default function DeskFace(p: FaceProps) {
  useEffect(() => {
    // Signed-in pages use Noto Sans; after a reload the door's page was not there to say so.
    document.documentElement.dataset.font = "noto";
  }, []);
  if (p.session.views.agenda.value?.sitting.state === "closed") return <Ended {...p} />;
  return <Live {...p} />;
}

function Live({ session, leave }: FaceProps) {
  const clerk = useMemo(() => new Clerk(session, leave), [session, leave]);
  const { desk } = clerk;
  const narrow = useNarrow();
  useDeskKeys(clerk);
  useClerkSounds(session);
  useEffect(() => session.views.floor.subscribe((f) => f && desk.floorChanged(f.holder)), [session, desk]);
  useEffect(() => () => clerk.stopTaking(), [clerk]);
  const own = session.views.self.value?.floor;
  const roll = clerk.pane.value === "rollcall";
  const sheet = useSheet(clerk);
  const side = !roll && (!narrow || clerk.pane.value === "" || sheet !== null);
  return (
    <>
      <MeetingShell
        session={session}
        testid="desk"
        tone="light"
        title={roll ? <RollCallTitle clerk={clerk} /> : undefined}
        chips={roll ? <RollCallChip clerk={clerk} /> : <QuorumChip session={session} full />}
        head={roll ? <RollCallAct clerk={clerk} /> : undefined}
        stage={<Stage clerk={clerk} narrow={narrow} sheet={sheet !== null} />}
        side={side ? { kind: "column", node: <Side clerk={clerk} sheet={sheet} /> } : undefined}
        dock={<Dock clerk={clerk} />}
        bar={<DeskBar clerk={clerk} narrow={narrow} />}
      />
      {own?.state === "invited" && <InvitedDialog key={own.turn} session={session} floor={own} />}
      {desk.asking.value && <Interrupt desk={desk} entry={desk.asking.value} />}
      {desk.question.value === "rollcall" && <RollCallConfirm desk={desk} />}
      {clerk.ending.value && <EndDialog clerk={clerk} />}
      {clerk.correction.value && <CorrectionDialog clerk={clerk} correction={clerk.correction.value} />}
      {clerk.removing.value && <OutDialog clerk={clerk} who={clerk.removing.value} />}
      {desk.sheet.value === "keys" && <KeyList desk={desk} />}
    </>
  );
}

/** Stage: the roll-call alone, else overview and pane side by side; on a phone one of them. */
function Stage({ clerk, narrow, sheet }: { clerk: Clerk; narrow: boolean; sheet: boolean }) {
  const pane = clerk.pane.value;
  if (pane === "rollcall") return <RollCallScreen clerk={clerk} />;
  if (narrow && pane === "") return <Overview clerk={clerk} />;
  return (
    <div class="dk-work" data-sheet={sheet ? "yes" : "no"}>
      {!narrow && <Overview clerk={clerk} />}
      <div class="dk-pane-box">
        {narrow && <PaneHead clerk={clerk} />}
        <PaneNode clerk={clerk} pane={pane || "people"} />
      </div>
    </div>
  );
}

/** PaneHead: the way back on a phone, and the panes that its bar has no room for. */
function PaneHead({ clerk }: { clerk: Clerk }) {
  const n = numbers(clerk);
  return (
    <div class="row dk-pane-head">
      <Button testid="pane-back" onClick={() => clerk.open(clerk.pane.value)}>
        {common("back")}
      </Button>
      {clerk.pane.value === "sitting" && (
        <>
          <Button testid="pane-open-messages" onClick={() => clerk.open("messages")}>
            {t("bar_messages_n", { n: n.messages })}
          </Button>
          <Button testid="pane-open-waiting" onClick={() => clerk.open("waiting")}>
            {t("bar_waiting", { n: n.waiting })}
          </Button>
        </>
      )}
    </div>
  );
}

function PaneNode({ clerk, pane }: { clerk: Clerk; pane: Pane }) {
  switch (pane) {
    case "ballot":
      return <BallotPane clerk={clerk} />;
    case "messages":
      return <MessagesPane clerk={clerk} />;
    case "waiting":
      return <WaitingPane clerk={clerk} />;
    case "lines":
      return <LinesPanel session={clerk.session} />;
    case "sitting":
      return <SittingPane clerk={clerk} />;
    default:
      return <PeoplePane clerk={clerk} />;
  }
}

/** Side: one card at a time, the queue below it, a hand on behalf. */
function Side({ clerk, sheet }: { clerk: Clerk; sheet: preact.ComponentChildren }) {
  const { desk } = clerk;
  return (
    <div class="ch-side dk-side" data-sheet={sheet ? "yes" : "no"} data-all={desk.allRows.value ? "yes" : "no"}>
      {sheet}
      <Queue desk={desk} />
      {!sheet && (
        <Button
          wide
          testid="raise-open"
          onClick={() => {
            clerk.raising.value = "";
          }}
        >
          {t("raise_for")}
        </Button>
      )}
    </div>
  );
}

/** useSheet: what the clerk opened, a device that failed, then the fresh result. */
function useSheet(clerk: Clerk) {
  const { desk, session } = clerk;
  const { agenda, ballot } = session.views;
  const problem = session.own.problem.value;
  if (problem) {
    return (
      <Sheet title={t(problem.line === "mic" ? "mic_problem" : "cam_problem")} testid="device-problem">
        <MicHelp
          problem={problem.problem}
          phone={agenda.value?.sitting.help_phone}
          onRetry={() => void session.own.switch(problem.line, true)}
          onContinue={() => {
            session.own.problem.value = null;
          }}
        />
      </Sheet>
    );
  }
  const raising = clerk.raising.value;
  if (raising !== null) return <RaiseFor clerk={clerk} person={raising} />;
  const open = openBallot(ballot.value);
  switch (desk.sheet.value) {
    case "compose":
      if (!open && session.may("ballot.open")) return <Compose key={agenda.value?.current} desk={desk} />;
      break;
    case "missing":
      if (open && session.may("ballot.close")) return <Missing desk={desk} />;
      break;
    case "pause":
      return <PauseSheet desk={desk} />;
    default:
  }
  const doc = ballot.value?.ballot;
  const fresh = doc?.result && now.value < doc.closed_at + RESULT_MS && desk.seenResult.value !== doc.id;
  if (!fresh || clerk.pane.value === "ballot") return null;
  return <ResultSheet ballot={doc} onMinimise={() => desk.putAway(doc.id)} />;
}

/** Dock: the chair is lost, or this clerk stands in. */
function Dock({ clerk }: { clerk: Clerk }) {
  const { desk, session } = clerk;
  const { agenda, floor, people } = session.views;
  const state = agenda.value?.sitting.state;
  const running = state === "open" || state === "paused";
  const away = running && chairAway(people.value, floor.value);
  const long = useLong(away, AWAY_MS);
  if (holds(floor.value, session.link.person) && session.may("chair.return")) {
    return (
      <span class="row" data-testid="holding">
        <Chip tone="warning">{t("holding")}</Chip>
        <Button
          testid="chair-return"
          disabled={!desk.online.value}
          busy={desk.busy.value.has("chair.return")}
          onClick={() => void desk.act({ type: "chair.return" }, t("returned"))}
        >
          {t("return_chair")}
        </Button>
      </span>
    );
  }
  if (!away) return null;
  return (
    <span class="row" data-testid="chair-away">
      <Chip tone="warning">{t("chair_away")}</Chip>
      {clerk.taking.value ? (
        <>
          <span role="status">{t("taking")}</span>
          <Button testid="chair-take-stop" onClick={() => clerk.stopTaking()}>
            {common("cancel")}
          </Button>
        </>
      ) : (
        long && (
          <Button testid="chair-take" disabled={!desk.online.value} onClick={() => void clerk.take()}>
            {t("take_chair")}
          </Button>
        )
      )}
    </span>
  );
}

/** useLong is true once a condition has held for so many milliseconds; it says so once. */
function useLong(on: boolean, ms: number): boolean {
  const [long, set] = useState(false);
  useEffect(() => {
    set(false);
    if (!on) return;
    const timer = setTimeout(() => {
      set(true);
      announce(t("chair_away"), "assertive", "chair");
    }, ms);
    return () => clearTimeout(timer);
  }, [on, ms]);
  return on && long;
}

/** useDeskKeys binds the chords that the clerk may use: next item, the first hand, all microphones, the own one. */
function useDeskKeys(clerk: Clerk): void {
  useEffect(() => {
    const { desk } = clerk;
    const down = (e: KeyboardEvent) => {
      const act = keyAct(e);
      if (!act || (act !== "list" && !keysOn.value)) return;
      e.preventDefault();
      const voting = openBallot(clerk.session.views.ballot.value) !== undefined;
      if (act === "list") desk.show("keys");
      else if (act === "mic") void desk.microphone();
      else if (!desk.online.value) return;
      else if (act === "next" && !voting) void desk.next();
      else if (act === "give") desk.first();
      else if (act === "mute") void desk.muteAll();
      else if (act === "ballot") ballotKey(clerk, voting);
    };
    document.addEventListener("keydown", down);
    return () => document.removeEventListener("keydown", down);
  }, [clerk]);
}

/** ballotKey shows the vote; opening and closing only while this clerk may. */
function ballotKey(clerk: Clerk, voting: boolean) {
  const { desk, session } = clerk;
  clerk.pane.value = "ballot";
  if (voting && session.may("ballot.close")) desk.closeBallot();
  else if (!voting && session.may("ballot.open") && session.views.ballot.value?.can_open) desk.show("compose");
}
