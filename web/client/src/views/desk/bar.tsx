/** The clerk's bar: the own microphone and the panes, each with its word and its number. */
import { call } from "../../i18n/call";
import { chair } from "../../i18n/chair";
import { desk as t } from "../../i18n/desk";
import { IconLabelButton } from "../../ui/button";
import { IconBell, IconList, IconMessage, IconMore, IconPeople, IconSettings, IconVote } from "../../ui/icons";
import { openBallot } from "../chair/model";
import { MicButton } from "../meeting/controls";
import type { Clerk } from "./clerk";
import { unread } from "./model";

/** numbers are what the buttons count: new messages and who waits. */
export function numbers(clerk: Clerk): { messages: number; waiting: number } {
  const { messages, people } = clerk.session.views;
  return {
    messages: unread(messages.value?.items, clerk.seen.value, clerk.session.link.person),
    waiting: people.value?.waiting?.length ?? 0,
  };
}

/** DeskBar fills the bar slot; on a phone the last three panes are behind "Thêm". */
export function DeskBar({ clerk, narrow }: { clerk: Clerk; narrow: boolean }) {
  const { session } = clerk;
  const { ballot, rollcall } = session.views;
  const pane = clerk.pane.value;
  const open = openBallot(ballot.value);
  const q = rollcall.value?.quorum;
  const rolls = session.views.agenda.value?.sitting.roll_call;
  const n = numbers(clerk);
  const shown = narrow ? pane : pane || "people";
  return (
    <>
      <MicButton session={session} />
      {rolls && (
        <IconLabelButton
          icon={IconList}
          testid="pane-open-rollcall"
          expanded={pane === "rollcall"}
          tone={rollcall.value?.state === "open" && pane !== "rollcall" ? "action" : "plain"}
          onClick={() => clerk.open("rollcall")}
        >
          {q && !narrow && rollcall.value?.state !== "none"
            ? chair("rollcall_running", { present: q.present, total: q.total })
            : chair("rollcall")}
        </IconLabelButton>
      )}
      <IconLabelButton
        icon={IconVote}
        testid="pane-open-ballot"
        expanded={pane === "ballot"}
        tone={open && pane !== "ballot" ? "action" : "plain"}
        onClick={() => clerk.open("ballot")}
      >
        {open ? t("bar_ballot_open", { pressed: open.pressed, present: open.present }) : t("bar_ballot")}
      </IconLabelButton>
      <IconLabelButton
        icon={IconPeople}
        testid="pane-open-people"
        expanded={shown === "people"}
        onClick={() => clerk.open("people")}
      >
        {t("bar_people")}
      </IconLabelButton>
      {!narrow && (
        <>
          <IconLabelButton
            icon={IconMessage}
            testid="pane-open-messages"
            expanded={pane === "messages"}
            onClick={() => clerk.open("messages")}
          >
            {n.messages ? t("bar_messages_n", { n: n.messages }) : call("messages")}
          </IconLabelButton>
          <IconLabelButton
            icon={IconBell}
            testid="pane-open-waiting"
            expanded={pane === "waiting"}
            tone={n.waiting && pane !== "waiting" ? "action" : "plain"}
            onClick={() => clerk.open("waiting")}
          >
            {t("bar_waiting", { n: n.waiting })}
          </IconLabelButton>
        </>
      )}
      <IconLabelButton
        icon={narrow ? IconMore : IconSettings}
        testid="pane-open-sitting"
        expanded={pane === "sitting"}
        tone={narrow && n.waiting && pane !== "sitting" ? "action" : "plain"}
        onClick={() => clerk.open("sitting")}
      >
        {narrow
          ? n.messages + n.waiting
            ? t("bar_more_n", { n: n.messages + n.waiting })
            : call("more")
          : chair("sitting")}
      </IconLabelButton>
    </>
  );
}
