/** The deputy's own roll-call: one button, then a mark. */
import { nowSec } from "../../core/clock";
import { timeText } from "../../core/format";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Countdown } from "../../ui/clock";
import { useAct } from "./act";
import { isPresent } from "./model";

/** RollCallSheet: "Điểm danh phiên sáng 00:58", CÓ MẶT, "19/30 đã có mặt". */
export function RollCallSheet(p: { session: Session }) {
  const { session } = p;
  const r = session.views.rollcall.value;
  const act = useAct(session, "place");
  if (!r) return null;
  return (
    <Sheet
      title={call("rollcall")}
      aside={
        r.ends_at > 0 && (
          <strong>
            <Countdown until={r.ends_at} testid="rollcall-rest" />
          </strong>
        )
      }
      testid="rollcall-sheet"
    >
      <p class="only-wide">{session.views.self.value?.label}</p>
      <Button
        kind="primary"
        main
        wide
        busy={act.busy.value}
        disabled={!session.open.value}
        testid="checkin"
        onClick={() => void act.run({ type: "rollcall.checkin" })}
      >
        {call("here")}
      </Button>
      <p class="muted num">
        {session.open.value
          ? call("rollcall_count", { k: r.quorum.present, n: r.quorum.total })
          : common("waiting_net")}
      </p>
      {act.error.value && (
        <p class="field-error" role="alert">
          {act.error.value}
        </p>
      )}
    </Sheet>
  );
}

const SHOWN_MS = 15_000;

/** PresenceChip: just checked in, with the time; or the way to do it late. */
export function PresenceChip(p: { session: Session }) {
  const self = p.session.views.self.value;
  const r = p.session.views.rollcall.value;
  const act = useAct(p.session);
  if (!self?.voter || !r || r.state === "none") return null;
  if (isPresent(self)) {
    const at = r.rows?.find((x) => x.person === self.person)?.at ?? 0;
    if (r.state !== "open" && nowSec.value * 1000 - at > SHOWN_MS) return null;
    return (
      <Chip tone="success" testid="checked-in">
        ✓ {at ? call("checked_in_at", { time: timeText(at, false) }) : call("checked_in")}
      </Chip>
    );
  }
  if (r.state !== "closed") return null;
  return (
    <Button
      busy={act.busy.value}
      disabled={!p.session.open.value}
      testid="checkin-late"
      onClick={() => void act.run({ type: "rollcall.checkin" })}
    >
      {call("check_in_now")}
    </Button>
  );
}
