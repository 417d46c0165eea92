/** The fields of one prepared vote: question, base, threshold, the words of the verdict. All of it is data of the council. */
import { useSignal } from "@preact/signals";
import type { Base, Fraction, VoteTemplate } from "../../core/protocol";
import { office as t } from "../../i18n/office";
import { Field, Select, Tick } from "../../ui/field";
import { fractionText } from "./text";

const common: Fraction[] = [
  { num: 1, den: 2, strict: true },
  { num: 1, den: 2, strict: false },
  { num: 2, den: 3, strict: false },
  { num: 3, den: 4, strict: false },
];
const code = (f: Fraction) => `${f.strict ? ">" : "≥"}${f.num}/${f.den}`;

/** FractionSelect offers the usual parts and keeps an unusual one that is already there. */
export function FractionSelect(p: {
  label: string;
  hint?: string;
  value: Fraction;
  onChange: (f: Fraction) => void;
  testid?: string;
}) {
  const all = common.some((f) => code(f) === code(p.value)) ? common : [...common, p.value];
  return (
    <Select
      label={p.label}
      {...(p.hint ? { hint: p.hint } : {})}
      value={code(p.value)}
      options={all.map((f) => ({ value: code(f), label: fractionText(f) }))}
      onChange={(v) => {
        const f = all.find((x) => code(x) === v);
        if (f) p.onChange({ ...f });
      }}
      {...(p.testid ? { testid: p.testid } : {})}
    />
  );
}

/** NumberField keeps what is typed as text, so that an emptied field does not turn into 0 under the cursor. */
export function NumberField(p: {
  label: string;
  hint?: string;
  value: number;
  min: number;
  max: number;
  onChange: (n: number) => void;
  testid?: string;
}) {
  const typed = useSignal(String(p.value));
  const shown = Number(typed.value) === p.value || typed.value === "" ? typed.value : String(p.value);
  const bad = typed.value !== "" && (p.value < p.min || p.value > p.max);
  return (
    <Field
      label={p.label}
      {...(p.hint ? { hint: p.hint } : {})}
      type="number"
      inputMode="numeric"
      min={p.min}
      max={p.max}
      value={shown}
      {...(typed.value === "" || bad ? { error: t("from_to", { min: p.min, max: p.max }) } : {})}
      onInput={(v) => {
        typed.value = v;
        const n = Math.trunc(Number(v));
        p.onChange(v !== "" && Number.isFinite(n) ? n : 0);
      }}
      {...(p.testid ? { testid: p.testid } : {})}
    />
  );
}

export function VoteForm(p: { vote: VoteTemplate; onChange: (v: VoteTemplate) => void; named?: boolean }) {
  const v = p.vote;
  const put = (part: Partial<VoteTemplate>) => p.onChange({ ...v, ...part });
  return (
    <div class="stack">
      {p.named && (
        <Field
          label={t("vote_name")}
          value={v.name}
          onInput={(name) => put({ name })}
          maxLength={300}
          testid="vote-name"
        />
      )}
      <Field
        label={t("vote_question")}
        value={v.question}
        onInput={(question) => put({ question })}
        maxLength={300}
        {...(v.question.trim() ? {} : { error: t("needed") })}
        testid="vote-question"
      />
      <p class="muted">{t("vote_options", { options: v.options.map((o) => o.label).join(" · ") })}</p>
      <div class="of-two">
        <Select
          label={t("vote_base")}
          value={v.base}
          options={(["all", "present"] as Base[]).map((b) => ({ value: b, label: t(`base_${b}`) }))}
          onChange={(b) => put({ base: b as Base })}
          testid="vote-base"
        />
        <FractionSelect
          label={t("vote_threshold")}
          value={v.threshold}
          onChange={(threshold) => put({ threshold })}
          testid="vote-threshold"
        />
      </div>
      <Tick
        label={t("vote_quorum")}
        checked={v.requires_quorum}
        onChange={(requires_quorum) => put({ requires_quorum })}
        testid="vote-quorum"
      />
      <Field
        label={t("vote_announce")}
        hint={t("vote_announce_hint")}
        value={v.announce}
        onInput={(announce) => put({ announce })}
        maxLength={300}
        testid="vote-announce"
      />
      <Field
        label={t("citation")}
        hint={t("citation_hint")}
        value={v.citation ?? ""}
        onInput={(citation) => put({ citation })}
        maxLength={500}
        rows={2}
        testid="vote-citation"
      />
    </div>
  );
}
