/** Tab Biểu quyết: the council's numbers, quorum, speaking times, microphones, and the prepared votes. */
import { useSignal } from "@preact/signals";
import { randomText } from "../../core/ids";
import type { GatePolicy, Published, TurnKind, VoteTemplate } from "../../core/protocol";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { Field, Select, Tick } from "../../ui/field";
import { IconPlus, IconTrash } from "../../ui/icons";
import { toast } from "../../ui/toast";
import { deputies, plainVote } from "./check";
import type { DraftStore } from "./draft";
import { fractionText } from "./text";
import { FractionSelect, NumberField, VoteForm } from "./vote-form";

const turns: readonly TurnKind[] = ["speak", "question", "debate", "explain", "citizen"];

type PutRules = (part: Partial<Published["rules"]>) => void;

export function Rules(p: { store: DraftStore }) {
  const d = p.store.doc.value;
  const put: PutRules = (part) => p.store.edit((x) => ({ ...x, rules: { ...x.rules, ...part } }));
  return (
    <div class="of-cols">
      <div class="stack">
        <Quorum doc={d} put={put} />
        <Times rules={d.rules} put={put} />
      </div>
      <Presets store={p.store} />
    </div>
  );
}

function Quorum(p: { doc: Published; put: PutRules }) {
  const r = p.doc.rules;
  const listed = deputies(p.doc.people);
  return (
    <section class="card stack" aria-label={t("quorum_title")}>
      <h2>{t("quorum_title")}</h2>
      <div class="of-two">
        <NumberField
          label={t("elected")}
          value={r.elected}
          min={1}
          max={1000}
          onChange={(elected) => p.put({ elected })}
          testid="elected"
        />
        <NumberField
          label={t("in_office")}
          hint={t("listed_deputies", { n: listed })}
          value={r.in_office}
          min={1}
          max={1000}
          onChange={(in_office) => p.put({ in_office })}
          testid="in-office"
        />
      </div>
      {listed > r.in_office && <p class="field-error">{t("lack_in_office", { n: listed })}</p>}
      <Tick
        label={t("roll_call")}
        checked={r.roll_call}
        onChange={(roll_call) => p.put({ roll_call })}
        testid="roll-call"
      />
      {r.roll_call && (
        <>
          <FractionSelect
            label={t("quorum")}
            hint={t("quorum_hint")}
            value={r.quorum}
            onChange={(quorum) => p.put({ quorum, quorum_base: "all" })}
            testid="quorum"
          />
          <Field
            label={t("citation")}
            value={r.quorum_citation ?? ""}
            onInput={(quorum_citation) => p.put({ quorum_citation })}
            maxLength={500}
            rows={2}
            testid="quorum-citation"
          />
        </>
      )}
    </section>
  );
}

/** Minutes edits a number of seconds as minutes, half minutes included. */
function Minutes(p: { label: string; seconds: number; onChange: (s: number) => void; testid: string }) {
  const typed = useSignal(String(p.seconds / 60));
  const seconds = Math.round(Number(typed.value.replace(",", ".")) * 60);
  const bad = !(seconds >= 1 && seconds <= 7200);
  return (
    <Field
      label={p.label}
      inputMode="numeric"
      value={typed.value}
      {...(bad ? { error: t("from_to", { min: 1, max: 120 }) } : {})}
      onInput={(v) => {
        typed.value = v;
        const s = Math.round(Number(v.replace(",", ".")) * 60);
        if (s >= 1 && s <= 7200) p.onChange(s);
      }}
      testid={p.testid}
    />
  );
}

function Times(p: { rules: Published["rules"]; put: PutRules }) {
  const r = p.rules;
  return (
    <section class="card stack" aria-label={t("times_title")}>
      <h2>{t("times_title")}</h2>
      <div class="of-three">
        {turns.map((k) => (
          <Minutes
            key={k}
            label={t(`turn_${k}`)}
            seconds={r.turn_seconds[k] ?? 180}
            onChange={(s) => p.put({ turn_seconds: { ...r.turn_seconds, [k]: s } })}
            testid={`turn-${k}`}
          />
        ))}
        <Minutes
          label={t("second_turn")}
          seconds={r.second_turn || 180}
          onChange={(second_turn) => p.put({ second_turn })}
          testid="second-turn"
        />
      </div>
      <Select
        label={t("gate")}
        value={r.gate_policy}
        options={(["floor", "open", "chair"] as GatePolicy[]).map((g) => ({ value: g, label: t(`gate_${g}`) }))}
        onChange={(g) => p.put({ gate_policy: g as GatePolicy })}
        testid="gate"
      />
      <NumberField
        label={t("grace")}
        hint={t("grace_hint")}
        value={r.grace_seconds}
        min={0}
        max={600}
        onChange={(grace_seconds) => p.put({ grace_seconds })}
        testid="grace"
      />
    </section>
  );
}

function Presets(p: { store: DraftStore }) {
  const votes = p.store.doc.value.votes;
  const open = useSignal("");
  const put = (next: VoteTemplate[]) => p.store.edit((d) => ({ ...d, votes: next }));
  const add = () => {
    const id = `bieu-quyet-${randomText(6)}`;
    put([...votes, plainVote(id, t("new_vote"), [t("for"), t("against"), t("not_voting")])]);
    open.value = id;
  };
  const remove = (gone: VoteTemplate) => {
    const was = votes;
    put(votes.filter((v) => v.id !== gone.id));
    toast(t("vote_removed", { name: gone.name }), {
      action: { label: t("undo"), run: () => put(was), testid: "undo" },
    });
  };
  return (
    <section class="card stack" aria-label={t("presets")} data-testid="presets">
      <h2>{t("presets")}</h2>
      <p class="muted">{t("presets_note")}</p>
      <ul role="list" class="of-items">
        {votes.map((v) => (
          <li key={v.id}>
            <button
              type="button"
              class="of-item"
              aria-expanded={v.id === open.value}
              onClick={() => (open.value = open.value === v.id ? "" : v.id)}
              data-testid="preset"
            >
              <span class="grow">
                {v.name || v.question}
                <span class="muted">
                  {fractionText(v.threshold)} · {t(`base_${v.base}`)}
                </span>
              </span>
            </button>
            {v.id === open.value && (
              <div class="of-inner stack">
                <VoteForm vote={v} named onChange={(next) => put(votes.map((x) => (x.id === v.id ? next : x)))} />
                <div class="row">
                  <Button icon={IconTrash} onClick={() => remove(v)} testid="remove-vote">
                    {t("remove_vote")}
                  </Button>
                </div>
              </div>
            )}
          </li>
        ))}
      </ul>
      <div class="row">
        <Button icon={IconPlus} onClick={add} testid="add-vote">
          {t("add_vote")}
        </Button>
      </div>
    </section>
  );
}
