/** ĐB2 Trong họp: the deputy's meeting page; also for guests and tellers. */
import { useComputed, useSignal } from "@preact/signals";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { now, serverNow } from "../../core/clock";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import "../../styles/meeting.css";
import { Button, IconLabelButton } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Countdown } from "../../ui/clock";
import { IconBook, IconLeave, IconMore, IconPeople } from "../../ui/icons";
import { useBells } from "../chair/sounds";
import type { FaceProps } from "../faces";
import { useAct } from "../meeting/act";
import { CamButton, MicButton } from "../meeting/controls";
import { InvitedDialog } from "../meeting/invited";
import { LeaveDialog } from "../meeting/leave";
import { type OverlayKind, overlays } from "../meeting/model";
import { MorePanel } from "../meeting/more";
import { AgendaPanel, MessagesPanel, type PanelKind, PeoplePanel } from "../meeting/panels";
import { MicHelp } from "../meeting/permission";
import { ResultSheet } from "../meeting/result";
import { PresenceChip, RollCallSheet } from "../meeting/rollcall";
import { MeetingShell } from "../meeting/shell";
import { GridPager, StageView, Strip, TILES } from "../meeting/stage";
import { useNarrow } from "../meeting/use";
import { VoteSheet } from "../meeting/vote";
import { HandButton, HandChips } from "./hand";
import { useKeys } from "./keys";
import { LowerHand } from "./lower";

const RESULT_NARROW_MS = 8000;
const RESULT_WIDE_MS = 20_000;
const STRIP_WIDE = 3;
const STRIP_NARROW = 3;

/** DeputyFace is one MeetingShell whose sheet slot holds one thing at a time. */
export default function DeputyFace({ session, door, leave }: FaceProps) {
  const narrow = useNarrow();
  const panel = useSignal<PanelKind | "">("");
  const layout = useSignal<"speaker" | "grid">("speaker");
  const page = useSignal(0);
  const leaving = useSignal(false);
  const folded = useSignal<readonly string[]>([]);
  const slot = useSlot(session, narrow, folded, panel);
  const speaks = useCallback(() => session.views.self.peek()?.floor?.state === "speaking", [session]);
  useKeys(session);
  useBells(session, speaks);
  const self = session.views.self.value;
  const invited = self?.floor?.state === "invited" ? self.floor : null;
  const askLeave = () => (leaving.value = true);
  const toggle = (k: PanelKind) => (panel.value = panel.value === k ? "" : k);

  const sheet =
    slot.node ??
    panelNode(session, panel.value, {
      hall: door.me?.hall ?? "",
      layout: layout.value,
      setLayout: (l) => (layout.value = l),
      open: (k) => (panel.value = k),
      onLeave: askLeave,
      onClose: () => (panel.value = ""),
    });
  const strip =
    layout.value === "speaker" ? (
      <Strip session={session} room={narrow ? STRIP_NARROW : STRIP_WIDE} noVideo={narrow} />
    ) : null;
  const side = sheet
    ? { kind: "sheet" as const, node: sheet }
    : strip
      ? { kind: "strip" as const, node: strip }
      : undefined;
  return (
    <>
      <MeetingShell
        session={session}
        testid="deputy"
        stage={
          <StageView
            session={session}
            layout={layout.value}
            page={page.value}
            tiles={narrow && layout.value === "speaker" ? 1 : TILES}
          />
        }
        side={side}
        dock={
          <>
            {layout.value === "grid" && (
              <GridPager session={session} page={page.value} onPage={(n) => (page.value = n)} />
            )}
            <Dock session={session} slot={slot} />
          </>
        }
        bar={
          <>
            <MicButton session={session} />
            <CamButton session={session} />
            <HandButton session={session} />
            <IconLabelButton
              icon={IconBook}
              expanded={panel.value === "agenda"}
              testid="agenda"
              onClick={() => toggle("agenda")}
            >
              {call("agenda_short")}
            </IconLabelButton>
            {!narrow && (
              <IconLabelButton
                icon={IconPeople}
                expanded={panel.value === "people"}
                testid="people"
                onClick={() => toggle("people")}
              >
                {call("people")}
              </IconLabelButton>
            )}
            <IconLabelButton
              icon={IconMore}
              expanded={panel.value === "more"}
              testid="more"
              onClick={() => toggle("more")}
            >
              {call("more")}
            </IconLabelButton>
            {!narrow && (
              <IconLabelButton icon={IconLeave} tone="danger" testid="leave" onClick={askLeave}>
                {call("leave")}
              </IconLabelButton>
            )}
          </>
        }
      />
      {invited && <InvitedDialog key={invited.turn} session={session} floor={invited} />}
      {leaving.value && <LeaveDialog onLeave={leave} onStay={() => (leaving.value = false)} />}
    </>
  );
}

const writes = () => !!document.activeElement?.closest?.("input, textarea");

interface Slot {
  node: preact.ComponentChildren | null;
  /** What waits as chips. */
  waiting: OverlayKind[];
  show: (k: OverlayKind) => void;
}

/** useSlot decides which overlay holds the sheet slot: the first that is not folded; a panel the person opened yields to a new one. */
function useSlot(
  session: Session,
  narrow: boolean,
  folded: { value: readonly string[] },
  panel: { value: PanelKind | "" },
): Slot {
  const { views } = session;
  const closed = useComputed(() => {
    const b = views.ballot.value?.ballot;
    return b?.state === "closed" ? b.closed_at : 0;
  });
  const until = closed.value + (narrow ? RESULT_NARROW_MS : RESULT_WIDE_MS);
  const kinds = overlays(views.self.value, views.ballot.value, views.rollcall.value, until, now.value);
  const keyOf = (k: OverlayKind) =>
    k === "rollcall" ? `r${views.rollcall.value?.opened_at}` : `${k}${views.ballot.value?.ballot?.id}`;
  const open = kinds.filter((k) => !folded.value.includes(keyOf(k)));
  const key = open[0] ? keyOf(open[0]) : "";
  // Whoever types when it comes keeps panel, focus and words; it waits as a chip until it is pressed.
  const came = useRef({ key: "", typing: false });
  if (came.current.key !== key) came.current = { key, typing: !!panel.value && writes() };
  const { typing } = came.current;
  const first = typing ? undefined : open[0];
  useEffect(() => {
    if (!key) return;
    if (typing) folded.value = [...folded.value, key];
    else panel.value = "";
  }, [key, typing, folded, panel]);
  const fold = (k: OverlayKind) => (folded.value = [...folded.value, keyOf(k)]);
  const show = (k: OverlayKind) => (folded.value = folded.value.filter((x) => x !== keyOf(k)));
  const ballot = views.ballot.value?.ballot;
  let node: Slot["node"] = null;
  if (first === "vote" && ballot)
    node = <VoteSheet key={ballot.id} session={session} ballot={ballot} onMinimise={() => fold("vote")} />;
  if (first === "rollcall") node = <RollCallSheet session={session} />;
  if (first === "result" && ballot) node = <ResultSheet ballot={ballot} onMinimise={() => fold("result")} />;
  if (panel.value && node && first !== "vote" && first !== "rollcall") node = null;
  return { node, waiting: kinds.filter((k) => k !== first || !node), show };
}

/** Dock: waiting overlays as chips, the hand's kinds, the end of the own turn, a blocked microphone. */
function Dock(p: { session: Session; slot: Slot }) {
  const { session } = p;
  const end = useAct(session);
  const self = session.views.self.value;
  const ballot = session.views.ballot.value?.ballot;
  const problem = session.own.problem.value;
  const speaking = self?.floor?.state === "speaking";
  const voted = ballot && self?.ballot === ballot.id && self.choice;
  return (
    <>
      {p.slot.waiting.map((k) => (
        <button
          key={k}
          type="button"
          class="chip chip-info"
          data-testid={`waiting-${k}`}
          onClick={() => p.slot.show(k)}
        >
          {k === "vote"
            ? call(voted ? "chip_voted" : "chip_vote")
            : k === "rollcall"
              ? call("rollcall")
              : call("chip_result")}
          {k === "vote" && ballot && ballot.ends_at > serverNow() && <Countdown until={ballot.ends_at} />}
        </button>
      ))}
      {session.atHall.value && (
        <Chip tone="info" testid="hall-sound">
          {call("hall_sound")}
        </Chip>
      )}
      <HandChips session={session} />
      <LowerHand session={session} />
      <PresenceChip session={session} />
      {speaking && (
        <Button
          kind="floor"
          busy={end.busy.value}
          testid="floor-end"
          onClick={() => void end.run({ type: "floor.end" })}
        >
          {call("end_turn")}
        </Button>
      )}
      {problem && !self?.floor && <ProblemCard session={session} />}
    </>
  );
}

function ProblemCard(p: { session: Session }) {
  const { own, views } = p.session;
  const problem = own.problem.value;
  if (!problem) return null;
  const line = problem.line;
  return (
    <Sheet
      title={call(line === "mic" ? "microphone" : line === "cam" ? "camera" : "share_on")}
      aside={
        <Button onClick={() => (own.problem.value = null)} testid="problem-close">
          {common("close")}
        </Button>
      }
    >
      <MicHelp
        problem={problem.problem}
        onRetry={() => void own.switch(line, true)}
        onContinue={() => (own.problem.value = null)}
        phone={views.agenda.value?.sitting.help_phone}
      />
    </Sheet>
  );
}

function panelNode(
  session: Session,
  kind: PanelKind | "",
  p: Omit<Parameters<typeof MorePanel>[0], "session">,
): preact.ComponentChildren | null {
  switch (kind) {
    case "agenda":
      return <AgendaPanel session={session} onClose={p.onClose} />;
    case "people":
      return <PeoplePanel session={session} onClose={p.onClose} />;
    case "messages":
      return <MessagesPanel session={session} onClose={p.onClose} />;
    case "more":
      return <MorePanel session={session} {...p} />;
    default:
      return null;
  }
}
