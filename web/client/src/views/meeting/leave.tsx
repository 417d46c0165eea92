/** The question before a person leaves a meeting. */
import { call } from "../../i18n/call";
import { AlertDialog } from "../../ui/dialog";

/** LeaveDialog asks; onLeave is the person's yes. */
export function LeaveDialog(p: { onLeave: () => void; onStay: () => void }) {
  return (
    <AlertDialog
      title={call("leave_sure")}
      yes={call("leave")}
      no={call("stay")}
      kind="danger"
      onYes={p.onLeave}
      onNo={p.onStay}
      testid="leave-dialog"
    >
      <p>{call("leave_note")}</p>
    </AlertDialog>
  );
}
