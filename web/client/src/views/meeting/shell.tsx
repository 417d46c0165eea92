/**
 * MeetingShell is the frame of every meeting page: header, strips, stage, side, dock, bar, as rows and columns of one
 * grid. Deputy, chair and clerk fill the slots.
 */
import { type ComponentChildren, Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { Chip } from "../../ui/chip";
import { LiveRegion } from "../../ui/live";
import { Toasts } from "../../ui/toast";
import { HelpDialog } from "./help";
import { itemOf } from "./model";
import { RecordingChip } from "./recording";
import { useAnnouncements } from "./say";
import { Strips } from "./strips";

export interface ShellProps {
  session: Session;
  stage: ComponentChildren;
  /** strip 220 px, sheet 388 px, column 372 px; on a phone strip and sheet lie between stage and bar. */
  side?: { kind: "strip" | "sheet" | "column"; node: ComponentChildren } | undefined;
  /** Chips and one-line acts above the bar. */
  dock?: ComponentChildren;
  bar: ComponentChildren;
  /** Left of the help button: the own microphone of the chair. */
  head?: ComponentChildren;
  /** Replaces the quorum chip. */
  chips?: ComponentChildren;
  /** An own heading in place of the agenda item. */
  title?: ComponentChildren;
  tone?: "light" | "dark";
  testid?: string;
}

/** MeetingShell lays it out and says what changes. */
export function MeetingShell(p: ShellProps) {
  const [help, setHelp] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  useAnnouncements(p.session);
  useRegions(frame);
  useHelpKey(() => setHelp(true));
  const sheet = p.side?.kind === "sheet" ? "yes" : "no";
  return (
    <div
      class="meeting"
      ref={frame}
      data-tone={p.tone ?? "dark"}
      data-sheet={sheet}
      data-testid={p.testid ?? "meeting"}
    >
      <a class="skip" href="#bar">
        {common("skip_to_bar")}
      </a>
      <header class="mt-head" data-region tabIndex={-1}>
        {p.title ?? <ItemLine session={p.session} />}
        <div class="mt-chips">
          {p.chips ?? <QuorumChip session={p.session} />}
          <RecordingChip session={p.session} />
          {p.head}
          <span class="only-wide">
            <Button onClick={() => setHelp(true)} testid="help">
              {common("help")}
            </Button>
          </span>
        </div>
      </header>
      <div class="mt-strips">
        <Strips session={p.session} />
        <Toasts />
      </div>
      <div class="mt-main">
        <main class="mt-stage" data-region tabIndex={-1} aria-label={call("stage")}>
          {p.stage}
        </main>
        {p.side && (
          <aside class="mt-side" data-kind={p.side.kind} data-region tabIndex={-1} aria-label={call("side")}>
            <Fragment key={p.side.kind}>{p.side.node}</Fragment>
          </aside>
        )}
      </div>
      <div class="mt-dock" data-testid="dock">
        {p.dock}
      </div>
      <nav class="mt-bar" id="bar" data-region tabIndex={-1} aria-label={call("bar")}>
        {p.bar}
      </nav>
      {help && <HelpDialog session={p.session} onClose={() => setHelp(false)} />}
      <LiveRegion />
    </div>
  );
}

/** ItemLine: "Mục 4/9 · Thông qua …"; two lines on a phone. */
export function ItemLine(p: { session: Session }) {
  const item = itemOf(p.session.views.agenda.value);
  const head = p.session.views.agenda.value?.sitting;
  return (
    <h1 class="mt-item" data-testid="item" title={item?.title ?? head?.title}>
      <span class="no">{item ? call("item_no", { no: item.no, count: item.count }) : (head?.council_name ?? "")}</span>
      <span class="only-wide">{item || head?.council_name ? "·" : ""}</span>
      <span class="title ellipsis">{item?.title ?? head?.title ?? ""}</span>
    </h1>
  );
}

/** QuorumChip: "✓ Có mặt 26/30", or that the quorum is short. Absent where the sitting needs none. */
export function QuorumChip(p: { session: Session; full?: boolean }) {
  const q = p.session.views.rollcall.value?.quorum;
  if (!q?.needed || p.session.views.rollcall.value?.state === "none") return null;
  const n = { present: q.present, total: q.total, need: q.need };
  if (!q.met) {
    return (
      <Chip tone="danger" testid="quorum">
        {common("quorum_short", n)}
      </Chip>
    );
  }
  return (
    <Chip tone={p.full ? "success" : "plain"} testid="quorum">
      <span class="only-wide">✓ {p.full ? common("quorum_met", n) : common("present_count", n)}</span>
      <span class="only-narrow">
        ✓ {q.present}/{q.total}
      </span>
    </Chip>
  );
}

/** Ctrl+Alt+/ opens the help with the list of keys. */
function useHelpKey(open: () => void) {
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      if (!e.ctrlKey || !e.altKey || (e.key !== "/" && e.code !== "Slash")) return;
      e.preventDefault();
      open();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, []);
}

/** F6 moves the focus from region to region: header, stage, side, bar. */
function useRegions(frame: { current: HTMLDivElement | null }) {
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      if (e.key !== "F6" || !frame.current) return;
      e.preventDefault();
      const all = [...frame.current.querySelectorAll<HTMLElement>("[data-region]")];
      const at = all.findIndex((r) => r.contains(document.activeElement));
      all[(at + (e.shiftKey ? all.length - 1 : 1)) % all.length]?.focus();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [frame]);
}
