/** The operator's two sheets: the roll-call of the hall's own list, and raising a hand for somebody without device. */
import { useSignal } from "@preact/signals";
import type { Session } from "../../core/session";
import { common } from "../../i18n/common";
import { hall } from "../../i18n/hall";
import { Button } from "../../ui/button";
import { EmptyState, Sheet } from "../../ui/card";
import { Field } from "../../ui/field";
import { toast } from "../../ui/toast";
import { useAct } from "../meeting/act";
import { deputiesHere, type HallDeputy, voterLabel, voterNumber, votersWaiting } from "./model";

/** listHere reads the hall's list from the views. */
export function listHere(session: Session): HallDeputy[] {
  const v = session.views;
  return deputiesHere(v.self.value?.person ?? "", v.people.value, v.rollcall.value, v.queue.value);
}

function CloseButton(p: { onClick: () => void }) {
  return (
    <Button testid="sheet-close" onClick={p.onClick}>
      {common("close")}
    </Button>
  );
}

/** HallRollCall: one row a deputy; the operator may only say "có mặt". */
export function HallRollCall({ session, onClose }: { session: Session; onClose: () => void }) {
  const act = useAct(session);
  const list = listHere(session);
  const open = session.views.rollcall.value?.state !== "none";
  return (
    <Sheet title={hall("roll_title")} testid="hall-rollcall" aside={<CloseButton onClick={onClose} />}>
      {!open && <p class="muted">{hall("roll_not_open")}</p>}
      {list.length === 0 && <EmptyState>{hall("roll_none")}</EmptyState>}
      <ul class="hl-list">
        {list.map((d) => (
          <li key={d.person} data-testid="hall-row" data-who={d.person}>
            <span>
              {d.seat > 0 && <span class="muted num">{d.seat} </span>}
              {d.name}
            </span>
            {d.present ? (
              <strong>✓ {hall("roll_done")}</strong>
            ) : (
              <Button
                testid="rc-present"
                disabled={!open || !session.open.value}
                busy={act.busy.value}
                onClick={() => void act.run({ type: "rollcall.set", person: d.person, state: "present" })}
              >
                {hall("roll_present")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Sheet>
  );
}

/** HallRaise: a deputy of the list, or "cử tri số …"; the queue says that it was raised for them. */
export function HallRaise({ session, onClose }: { session: Session; onClose: () => void }) {
  const act = useAct(session);
  const number = useSignal("");
  const bad = useSignal(false);
  const list = listHere(session);
  const voters = votersWaiting(session.views.self.value?.person ?? "", session.views.queue.value);
  const locked = !session.open.value;
  const raiseVoter = async () => {
    const n = voterNumber(number.value);
    bad.value = n === 0;
    if (!n) return;
    if (!(await act.run({ type: "queue.raise", label: voterLabel(n) }))) return;
    number.value = "";
    toast(hall("raised", { who: hall("raise_voter_label", { n }) }));
  };
  const raise = async (d: HallDeputy) => {
    if (await act.run({ type: "queue.raise", person: d.person })) toast(hall("raised", { who: d.name }));
  };
  const lower = (entry: string) => void act.run({ type: "queue.withdraw", entry });
  return (
    <Sheet title={hall("raise_title")} testid="hall-raise" aside={<CloseButton onClick={onClose} />}>
      <p class="muted">{hall("raise_hint")}</p>
      <h3>{hall("raise_deputy")}</h3>
      {list.length === 0 && <EmptyState>{hall("roll_none")}</EmptyState>}
      <ul class="hl-list">
        {list.map((d) => (
          <li key={d.person} data-testid="raise-row" data-who={d.person}>
            <span>{d.name}</span>
            {d.place > 0 ? (
              <Waiting place={d.place} onLower={() => lower(d.entry)} locked={locked} />
            ) : (
              <Button testid="raise-deputy" disabled={locked} busy={act.busy.value} onClick={() => void raise(d)}>
                {hall("raise")}
              </Button>
            )}
          </li>
        ))}
        {voters.map((v) => (
          <li key={v.id} data-testid="raise-row" data-entry={v.id}>
            <span>{v.label}</span>
            <Waiting place={v.place} onLower={() => lower(v.id)} locked={locked} />
          </li>
        ))}
      </ul>
      <div class="hl-voter">
        <Field
          label={hall("raise_voter")}
          value={number.value}
          inputMode="numeric"
          maxLength={3}
          error={bad.value ? hall("raise_voter_bad") : undefined}
          onInput={(v) => {
            number.value = v;
          }}
          testid="voter-number"
        />
        <Button testid="raise-voter" disabled={locked} busy={act.busy.value} onClick={() => void raiseVoter()}>
          {hall("raise")}
        </Button>
      </div>
    </Sheet>
  );
}

function Waiting(p: { place: number; onLower: () => void; locked: boolean }) {
  return (
    <span class="row">
      <strong class="num">{hall("in_queue", { n: p.place })}</strong>
      <Button testid="lower" disabled={p.locked} onClick={p.onLower}>
        {hall("lower")}
      </Button>
    </span>
  );
}
