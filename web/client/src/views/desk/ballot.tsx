/**
 * The vote as the clerk sees it: how many pressed and who has not, a raised hand written down by name, the result, the
 * earlier ones. Opening and closing belong to the chair; the clerk gets them while standing in.
 */
import { useSignal } from "@preact/signals";
import { timeText } from "../../core/format";
import type { BallotDoc, BallotView } from "../../core/protocol";
import { call } from "../../i18n/call";
import { chair } from "../../i18n/chair";
import { desk as t } from "../../i18n/desk";
import { Button } from "../../ui/button";
import { EmptyState } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Countdown } from "../../ui/clock";
import { thresholdText } from "../chair/ballot";
import { ballotButton, openBallot } from "../chair/model";
import { reasonOf } from "../chair/reason";
import { ResultBars } from "../meeting/result";
import { optionLabel } from "../meeting/vote";
import type { Clerk } from "./clerk";

type PersonLabel = NonNullable<BallotView["missing"]>[number];

/** BallotPane is a pane of the work area. */
export function BallotPane({ clerk }: { clerk: Clerk }) {
  const { ballot } = clerk.session.views;
  const open = openBallot(ballot.value);
  const doc = ballot.value?.ballot;
  const history = (ballot.value?.history ?? []).filter((b) => b.id !== doc?.id);
  return (
    <div class="dk-pane" data-testid="pane-ballot">
      {open ? <Running clerk={clerk} ballot={open} /> : <OpenAct clerk={clerk} />}
      {!open && doc?.result && <Closed ballot={doc} />}
      {!open && !doc && history.length === 0 && <EmptyState>{t("ballot_none")}</EmptyState>}
      {history.length > 0 && (
        <section class="card dk-block">
          <h2>{t("ballot_history")}</h2>
          <ul class="list" role="list">
            {history.map((b) => (
              <li key={b.id} data-testid="past-result">
                <span class="grow">
                  <strong>{b.question}</strong> <span class="muted num">{timeText(b.closed_at, false)}</span>
                  <br />
                  {b.sentence}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** OpenAct: the button while this clerk presides, else whose act it is. */
function OpenAct({ clerk }: { clerk: Clerk }) {
  const { desk, session } = clerk;
  const { agenda, ballot, rollcall } = session.views;
  if (!session.may("ballot.open")) {
    return (
      <section class="card dk-block">
        <h2>{t("ballot_title")}</h2>
        <p class="muted">{t("ballot_chairs")}</p>
      </section>
    );
  }
  const b = ballotButton(ballot.value, rollcall.value, agenda.value?.sitting.state);
  const why = b.mode === "locked" ? reasonOf(b.why, b.quorum ? { ...b.quorum } : {}) : "";
  return (
    <section class="card dk-block">
      <h2>{t("ballot_title")}</h2>
      {why && <p class="field-error">{chair("ballot_locked", { why })}</p>}
      <Button
        kind={desk.sheet.value === "compose" ? "quiet" : "primary"}
        main
        testid="ballot-open"
        disabled={!desk.online.value || why !== ""}
        onClick={() => desk.show("compose")}
      >
        {chair("ballot_open")}
      </Button>
    </section>
  );
}

/** Running: the count, who is missing, the record of a raised hand; nobody's choice. */
function Running({ clerk, ballot }: { clerk: Clerk; ballot: BallotDoc }) {
  const { desk, session } = clerk;
  const missing = session.views.ballot.value?.missing ?? [];
  const recorded = clerk.recorded.value.filter((r) => r.ballot === ballot.id);
  const locked = !desk.online.value;
  return (
    <section class="card dk-block" data-testid="ballot-running" aria-labelledby="dk-ballot">
      <div class="row spread">
        <Chip tone="success">{call("public_vote")}</Chip>
        {ballot.ends_at > 0 && (
          <strong>
            <Countdown until={ballot.ends_at} testid="vote-rest" />
          </strong>
        )}
      </div>
      <h2 id="dk-ballot">{ballot.question}</h2>
      <p>
        <strong class="dk-big num" data-testid="vote-count">
          {ballot.pressed}/{ballot.present}
        </strong>{" "}
        <span class="muted">{t("pressed")}</span>
      </p>
      <p class="muted">
        {ballot.base === "all" ? chair("base_all", { n: ballot.total }) : chair("base_present", { n: ballot.present })}{" "}
        · {thresholdText(ballot.threshold)}
      </p>
      <div class="row">
        {missing.length > 0 && (
          <Button
            testid="remind"
            disabled={locked}
            busy={desk.busy.value.has("ballot.remind")}
            onClick={() => void desk.remind()}
          >
            {chair("remind")}
          </Button>
        )}
        {session.may("ballot.close") && (
          <Button
            kind="primary"
            testid="ballot-close"
            disabled={locked}
            busy={desk.busy.value.has("ballot.close")}
            onClick={() => desk.closeBallot()}
          >
            {chair("ballot_close", { pressed: ballot.pressed, present: ballot.present })}
          </Button>
        )}
      </div>
      <h3>{missing.length ? chair("missing_title", { n: missing.length }) : t("all_pressed")}</h3>
      {missing.length > 0 && <p class="muted dk-small">{t("record_hint")}</p>}
      <ul class="list" role="list">
        {missing.map((p) => (
          <MissingRow key={p.person} clerk={clerk} ballot={ballot} who={p} chosen="" />
        ))}
        {recorded.map((r) => (
          <MissingRow key={r.person} clerk={clerk} ballot={ballot} who={r} chosen={r.choice} />
        ))}
      </ul>
    </section>
  );
}

/** MissingRow: "Thư ký ghi" opens the three choices; what was written here can be corrected until the close. */
function MissingRow(p: { clerk: Clerk; ballot: BallotDoc; who: PersonLabel; chosen: string }) {
  const { clerk, ballot, who } = p;
  const { desk } = clerk;
  const open = useSignal(false);
  const option = ballot.options.find((o) => o.id === p.chosen);
  return (
    <li data-testid="missing-row" data-who={who.person}>
      <span class="grow">
        {who.label}
        {option && <span class="muted"> · {t("recorded", { choice: optionLabel(option) })}</span>}
      </span>
      {clerk.session.may("vote.record") && (
        <Button
          testid="record"
          label={t("record_who", { who: who.label })}
          pressed={open.value}
          onClick={() => {
            open.value = !open.value;
          }}
        >
          {p.chosen ? t("record_change") : t("record")}
        </Button>
      )}
      {open.value && (
        <fieldset class="dk-choices">
          <legend class="sr">{t("record_who", { who: who.label })}</legend>
          {ballot.options.map((o) => (
            <Button
              key={o.id}
              testid={`record-${o.id}`}
              pressed={o.id === p.chosen}
              disabled={!desk.online.value}
              busy={desk.busy.value.has("vote.record")}
              onClick={() =>
                void clerk.record(ballot.id, who.person, who.label, o.id).then(() => {
                  open.value = false;
                })
              }
            >
              {optionLabel(o)}
            </Button>
          ))}
        </fieldset>
      )}
    </li>
  );
}

/** Closed: the verdict, in the pane for as long as it is the newest. */
function Closed({ ballot }: { ballot: BallotDoc }) {
  const r = ballot.result;
  if (!r) return null;
  return (
    <section class="card dk-block" data-testid="ballot-result" aria-labelledby="dk-result">
      <div class="row spread">
        <Chip tone={r.passed ? "success" : "danger"}>{r.passed ? call("passed") : call("not_passed")}</Chip>
        <span class="muted num">{timeText(ballot.closed_at, false)}</span>
      </div>
      <h2 id="dk-result">{ballot.question}</h2>
      <ResultBars result={r} />
      <p data-testid="sentence">{r.sentence}</p>
      <p class="muted">
        {call(r.base === "all" ? "base_all" : "base_present", { need: r.need, n: r.base_count })} ·{" "}
        {call("not_pressed", { n: r.not_pressed, present: r.present, total: r.total })}
      </p>
      {r.by_name && r.by_name.length > 0 && (
        <details>
          <summary>{call("by_name")}</summary>
          <table class="dk-names">
            <tbody>
              {r.by_name.map((v) => {
                const option = r.options.find((o) => o.id === v.choice);
                return (
                  <tr key={v.person}>
                    <th scope="row">{v.label}</th>
                    <td>
                      {option ? optionLabel(option) : call("pressed_nothing")}
                      {v.recorded && ` (${call("recorded_by_clerk")})`}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </details>
      )}
      <p class="muted dk-small num">{t("hash", { hash: r.hash })}</p>
    </section>
  );
}
