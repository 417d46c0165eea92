/** The chair's roll-call: open, whoever is still unknown, one row a person, Chốt with a confirmation. */
import { timeText } from "../../core/format";
import { chair } from "../../i18n/chair";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { Countdown } from "../../ui/clock";
import { AlertDialog } from "../../ui/dialog";
import type { Desk } from "./desk";
import { type RollCallRow, unknownRows } from "./model";

const SECONDS = 60;

/** ChairRollCall stands in the sheet slot. */
export function ChairRollCall({ desk }: { desk: Desk }) {
  const r = desk.session.views.rollcall.value;
  if (!r) return null;
  const unknown = unknownRows(r);
  const locked = !desk.online.value;
  return (
    <Sheet
      title={chair("rollcall_title")}
      testid="chair-rollcall"
      kind="rollcall"
      aside={
        <Button testid="rollcall-hide" onClick={() => desk.leave("rollcall")}>
          {common("close")}
        </Button>
      }
    >
      {r.state === "none" ? (
        <p>{chair("rollcall_none")}</p>
      ) : (
        <>
          <p class="ch-count">
            <strong class="num">{chair("rollcall_count", { present: r.quorum.present, total: r.quorum.total })}</strong>
            {r.state === "open" && r.ends_at > 0 && <Countdown until={r.ends_at} />}
          </p>
          <p class="muted">
            {chair("rollcall_by", { self: r.counts.by_self, hall: r.counts.by_hall, clerk: r.counts.by_clerk })}
          </p>
        </>
      )}
      {r.state === "closed" && (
        <p class="muted">
          {chair("rollcall_closed_at", { time: timeText(r.closed_at, false) })} {chair("rollcall_closed_hint")}
        </p>
      )}
      {r.state === "open" && (
        <>
          <h3>{unknown.length ? chair("rollcall_unknown", { n: unknown.length }) : chair("rollcall_all_known")}</h3>
          <ul class="ch-unknown">
            {unknown.map((row) => (
              <UnknownRow key={row.person} row={row} desk={desk} />
            ))}
          </ul>
        </>
      )}
      <div class="ch-acts ch-acts-one">
        {r.state === "open" ? (
          <Button
            kind="primary"
            main
            wide
            testid="rollcall-close"
            disabled={locked}
            onClick={() => {
              desk.question.value = "rollcall";
            }}
          >
            {chair("rollcall_close")}
          </Button>
        ) : (
          <Button
            kind={r.state === "none" ? "primary" : "quiet"}
            main
            wide
            testid="rollcall-open"
            disabled={locked}
            busy={desk.busy.value.has("rollcall.open")}
            onClick={() => void desk.act({ type: "rollcall.open", seconds: SECONDS }, chair("rollcall_opened"))}
          >
            {chair("rollcall_open")}
          </Button>
        )}
      </div>
    </Sheet>
  );
}

function UnknownRow({ row, desk }: { row: RollCallRow; desk: Desk }) {
  const states = ["present", "excused", "unexcused"] as const;
  return (
    <li class="ch-roll-row" data-testid="rc-row" data-who={row.person}>
      <span class="ch-roll-name">
        {row.seat ? <span class="muted num">{row.seat} </span> : null}
        {row.name}
      </span>
      <fieldset class="ch-roll-acts">
        <legend class="sr">{chair("rc_group", { who: row.name })}</legend>
        {states.map((s) => (
          <Button
            key={s}
            testid={`rc-${s}`}
            label={chair("rc_of", { state: chair(`rc_${s}`), who: row.name })}
            disabled={!desk.online.value}
            onClick={() => void desk.setPresence(row, s)}
          >
            {chair(`rc_${s}`)}
          </Button>
        ))}
      </fieldset>
    </li>
  );
}

/** RollCallConfirm: the count is frozen and cannot be opened again. */
export function RollCallConfirm({ desk }: { desk: Desk }) {
  const r = desk.session.views.rollcall.value;
  if (!r) return null;
  const done = () => {
    desk.question.value = "";
  };
  return (
    <AlertDialog
      title={chair("rollcall_close_title", { present: r.quorum.present, total: r.quorum.total })}
      yes={chair("rollcall_close")}
      no={common("cancel")}
      testid="rollcall-confirm"
      busy={desk.busy.value.has("rollcall.close")}
      onNo={done}
      onYes={() => void desk.act({ type: "rollcall.close" }, chair("rollcall_closed")).then(done)}
    >
      <p>
        {r.counts.unknown > 0 ? chair("rollcall_close_text", { n: r.counts.unknown }) : chair("rollcall_close_all")}
      </p>
    </AlertDialog>
  );
}
