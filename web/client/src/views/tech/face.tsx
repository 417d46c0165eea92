/** The technicians' page: everybody's lines and the halls' board; the sitting's picture beside it on wish. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import "../../styles/font.css";
import "../../styles/meeting.css";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { lines as t } from "../../i18n/lines";
import { Button, IconLabelButton } from "../../ui/button";
import { IconCamera, IconCameraOff, IconLeave, IconMessage, IconPeople } from "../../ui/icons";
import type { FaceProps } from "../faces";
import { LinesPanel } from "../lines/list";
import { HelpDialog } from "../meeting/help";
import { LeaveDialog } from "../meeting/leave";
import { MessagesPanel, PeoplePanel } from "../meeting/panels";
import { MeetingShell } from "../meeting/shell";
import { StageView } from "../meeting/stage";

type Side = "" | "stage" | "people" | "messages";

/** TechFace is the whole page of one session. */
export default function TechFace({ session, leave }: FaceProps) {
  const side = useSignal<Side>("");
  const leaving = useSignal(false);
  const help = useSignal(false);
  useEffect(() => {
    // Signed-in pages use Noto Sans; after a reload the door's page was not there to say so.
    document.documentElement.dataset.font = "noto";
  }, []);
  const toggle = (k: Side) => {
    side.value = side.value === k ? "" : k;
  };
  const close = () => {
    side.value = "";
  };
  const node =
    side.value === "stage" ? (
      <StageView session={session} layout="speaker" page={0} tiles={1} />
    ) : side.value === "people" ? (
      <PeoplePanel session={session} onClose={close} />
    ) : side.value === "messages" ? (
      <MessagesPanel session={session} onClose={close} />
    ) : null;
  return (
    <>
      <MeetingShell
        session={session}
        testid="tech"
        tone="light"
        title={
          <h1 class="mt-item" data-testid="item">
            <span class="title ellipsis">{t("title")}</span>
          </h1>
        }
        head={
          <span class="only-narrow">
            <Button
              testid="help-narrow"
              onClick={() => {
                help.value = true;
              }}
            >
              {common("help")}
            </Button>
          </span>
        }
        stage={
          <div class="ln-scroll">
            <LinesPanel session={session} />
          </div>
        }
        side={node ? { kind: side.value === "stage" ? "column" : "sheet", node } : undefined}
        bar={
          <>
            <IconLabelButton
              icon={side.value === "stage" ? IconCameraOff : IconCamera}
              expanded={side.value === "stage"}
              testid="stage-open"
              onClick={() => toggle("stage")}
            >
              {t(side.value === "stage" ? "hide_stage" : "show_stage")}
            </IconLabelButton>
            <IconLabelButton
              icon={IconPeople}
              expanded={side.value === "people"}
              testid="people"
              onClick={() => toggle("people")}
            >
              {call("people")}
            </IconLabelButton>
            <IconLabelButton
              icon={IconMessage}
              expanded={side.value === "messages"}
              testid="messages"
              onClick={() => toggle("messages")}
            >
              {call("messages")}
            </IconLabelButton>
            <IconLabelButton
              icon={IconLeave}
              tone="danger"
              testid="leave"
              onClick={() => {
                leaving.value = true;
              }}
            >
              {call("leave")}
            </IconLabelButton>
          </>
        }
      />
      {help.value && (
        <HelpDialog
          session={session}
          onClose={() => {
            help.value = false;
          }}
        />
      )}
      {leaving.value && <LeaveDialog onLeave={leave} onStay={() => (leaving.value = false)} />}
    </>
  );
}
