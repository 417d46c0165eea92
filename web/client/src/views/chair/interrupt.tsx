/** Somebody speaks with more than ten seconds left: now, or after the turn. */
import { now } from "../../core/clock";
import { clockText } from "../../core/format";
import type { QueueEntry } from "../../core/protocol";
import { chair } from "../../i18n/chair";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import type { Desk } from "./desk";
import { turnClock } from "./turn";

export function Interrupt({ desk, entry }: { desk: Desk; entry: QueueEntry }) {
  const holder = desk.session.views.floor.value?.holder;
  const clock = turnClock(holder, now.value);
  const close = () => {
    desk.asking.value = null;
  };
  return (
    <Dialog
      alert
      title={chair("interrupt_title", { who: holder?.label ?? "", time: clockText(Math.max(0, clock.rest) * 1000) })}
      onClose={close}
      testid="interrupt"
    >
      <p>{chair("interrupt_text", { who: entry.label })}</p>
      <div class="ch-acts">
        <Button main testid="give-after" onClick={() => desk.giveAfter(entry)}>
          {chair("give_after")}
        </Button>
        <Button
          kind="floor"
          main
          testid="give-now"
          disabled={!desk.online.value}
          onClick={() => void desk.giveNow(entry)}
        >
          {chair("give_now")}
        </Button>
      </div>
      <Button testid="interrupt-cancel" onClick={close}>
        {common("cancel")}
      </Button>
    </Dialog>
  );
}
