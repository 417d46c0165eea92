/** What the chair does with the sitting itself: break, end; and the own camera, leaving, shortcuts. */
import { call } from "../../i18n/call";
import { chair } from "../../i18n/chair";
import { common } from "../../i18n/common";
import { lines } from "../../i18n/lines";
import { Button } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { AlertDialog } from "../../ui/dialog";
import { IconCamera, IconCameraOff, IconLeave, IconList, IconPause } from "../../ui/icons";
import type { Desk } from "./desk";
import { sittingActs } from "./model";

/** Lengths of a break, in minutes; 0 = without countdown. */
const BREAKS = [10, 15, 30, 0] as const;

/** What the chair may look up beside the stage. */
const PANELS = ["agenda", "people", "messages"] as const;

/** SittingSheet is "Cuộc họp", on a phone "Thêm". */
export function SittingSheet({ desk }: { desk: Desk }) {
  const { session } = desk;
  const head = session.views.agenda.value?.sitting;
  const acts = sittingActs(head?.state);
  const cam = session.own.on.cam.value;
  const halls = session.views.people.value?.counts.halls;
  return (
    <Sheet
      title={chair("sitting")}
      testid="sitting-sheet"
      kind="sitting"
      tone="light"
      aside={
        <Button testid="sitting-hide" onClick={() => desk.leave("sitting")}>
          {common("close")}
        </Button>
      }
    >
      {head?.roll_call && (
        <span class="only-narrow">
          <Button wide icon={IconList} testid="rollcall-narrow" onClick={() => desk.show("rollcall")}>
            {chair("rollcall")}
          </Button>
        </span>
      )}
      {acts.includes("pause") && (
        <Button wide icon={IconPause} testid="sitting-pause" onClick={() => desk.show("pause")}>
          {chair("sitting_pause")}
        </Button>
      )}
      <Button
        wide
        icon={cam ? IconCameraOff : IconCamera}
        testid="cam"
        pressed={cam}
        busy={session.own.busy.cam.value}
        onClick={() => void session.own.switch("cam", !cam)}
      >
        {chair(cam ? "camera_off" : "camera_on")}
      </Button>
      <div class="ch-acts-three">
        {PANELS.map((name) => (
          <Button key={name} testid={name} onClick={() => desk.show(name)}>
            {call(name)}
          </Button>
        ))}
      </div>
      {!!halls && (
        <Button wide testid="halls" onClick={() => desk.show("halls")}>
          {lines("halls_ready", { n: session.views.people.value?.counts.halls_ready ?? 0, all: halls })}
        </Button>
      )}
      <Button wide testid="keys" onClick={() => desk.show("keys")}>
        {chair("keys_title")}
      </Button>
      <Button wide icon={IconLeave} testid="leave" onClick={desk.quit}>
        {chair("leave")}
      </Button>
      {acts.includes("close") && (
        <Button
          kind="danger"
          wide
          testid="sitting-close"
          disabled={!desk.online.value}
          onClick={() => {
            desk.question.value = "close";
          }}
        >
          {chair("sitting_close")}
        </Button>
      )}
    </Sheet>
  );
}

/** PauseSheet: how long; one tap. */
export function PauseSheet({ desk }: { desk: Desk }) {
  return (
    <Sheet title={chair("pause_title")} testid="pause-sheet" kind="pause">
      {BREAKS.map((n) => (
        <Button
          key={n}
          wide
          main
          testid={`pause-${n}`}
          disabled={!desk.online.value}
          onClick={() =>
            void desk
              .act({ type: "sitting.pause", ...(n ? { minutes: n } : {}) }, chair("sitting_paused"))
              .then((ok) => ok && desk.leave("pause"))
          }
        >
          {n ? chair("pause_minutes", { n }) : chair("pause_no_limit")}
        </Button>
      ))}
      <Button wide testid="pause-back" onClick={() => desk.leave("pause")}>
        {common("cancel")}
      </Button>
    </Sheet>
  );
}

/** CloseConfirm: a closed sitting is never reopened; an open vote must be closed first. */
export function CloseConfirm({ desk }: { desk: Desk }) {
  const voting = desk.session.views.ballot.value?.ballot?.state === "open";
  const done = () => {
    desk.question.value = "";
  };
  return (
    <AlertDialog
      title={chair("sitting_close_title")}
      yes={voting ? chair("close_vote_first") : chair("sitting_close_yes")}
      no={common("cancel")}
      kind="danger"
      testid="sitting-confirm"
      busy={desk.busy.value.has("sitting.close")}
      onNo={done}
      onYes={() => {
        if (voting) {
          done();
          desk.closeBallot();
        } else void desk.act({ type: "sitting.close" }).then(done);
      }}
    >
      <p>{chair("sitting_close_text")}</p>
    </AlertDialog>
  );
}
