/** The result of a vote: the verdict first, bars with their words and a table, base and threshold. */
import type { BallotDoc, Result } from "../../core/protocol";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { Chip } from "../../ui/chip";
import { optionLabel } from "./vote";

/** ResultSheet is the card in the sheet slot; names are listed where the view has them. */
export function ResultSheet(p: { ballot: BallotDoc; onMinimise: () => void }) {
  const r = p.ballot.result;
  if (!r) return null;
  return (
    <section class="sheet" data-tone="light" aria-labelledby="result-title" data-testid="result">
      <div class="sheet-head">
        <Chip tone={r.passed ? "success" : "danger"} testid="verdict">
          {r.passed ? call("passed") : call("not_passed")}
        </Chip>
        <Button onClick={p.onMinimise} testid="result-minimise">
          {common("minimise")}
        </Button>
      </div>
      <h2 id="result-title" tabIndex={-1}>
        {p.ballot.question}
      </h2>
      <ResultBars result={r} />
      <p data-testid="sentence">{r.sentence}</p>
      <p class="muted">
        {call(r.base === "all" ? "base_all" : "base_present", { need: r.need, n: r.base_count })} ·{" "}
        {call("not_pressed", { n: r.not_pressed, present: r.present, total: r.total })}
      </p>
      {r.by_name && r.by_name.length > 0 && <ByName result={r} />}
    </section>
  );
}

/** ResultBars draws counts as bars and says them in words. */
export function ResultBars(p: { result: Result }) {
  const most = Math.max(1, p.result.base_count);
  return (
    <div class="result-bars">
      {p.result.options.map((o) => (
        <div key={o.id} data-testid={`result-${o.id}`}>
          <div class="row spread">
            <span>{optionLabel(o)}</span>
            <strong class="num">
              {o.count} · {o.pct_total}
            </strong>
          </div>
          <div class="result-bar" aria-hidden="true">
            <i data-option={o.id} style={{ width: `${Math.min(100, (o.count / most) * 100)}%` }} />
          </div>
        </div>
      ))}
    </div>
  );
}

function ByName(p: { result: Result }) {
  const label = new Map(p.result.options.map((o) => [o.id, optionLabel(o)]));
  return (
    <details>
      <summary>{call("by_name")}</summary>
      <ul class="list" role="list">
        {p.result.by_name?.map((v) => (
          <li key={v.person} class="spread">
            <span>{v.label}</span>
            <span>
              {v.choice ? (label.get(v.choice) ?? v.choice) : call("pressed_nothing")}
              {v.recorded && ` (${call("recorded_by_clerk")})`}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
