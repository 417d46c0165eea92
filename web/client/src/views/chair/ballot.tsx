/** The chair's cards of a vote: putting it together, and who has not pressed. */
import { useState } from "preact/hooks";
import type { VoteTemplate } from "../../core/protocol";
import { chair } from "../../i18n/chair";
import { Button } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Field, Select, Tick } from "../../ui/field";
import type { Desk } from "./desk";
import { currentItem, THRESHOLDS, thresholdId, thresholdWords } from "./model";

const TIMER_S = 60;

/** Compose: question from the item, base, threshold, one minute or not → Mở ngay. Without a change it is two taps. */
export function Compose({ desk }: { desk: Desk }) {
  const { agenda, rollcall } = desk.session.views;
  const item = currentItem(agenda.value);
  const presets = agenda.value?.sitting.votes ?? [];
  const [preset, setPreset] = useState("");
  const source = preset ? presets.find((v) => v.id === preset) : (item?.vote ?? undefined);
  const [question, setQuestion] = useState(source?.question || item?.title || "");
  const [base, setBase] = useState(source?.base ?? "all");
  const [threshold, setThreshold] = useState(source?.threshold ?? { num: 1, den: 2, strict: true });
  const [timer, setTimer] = useState(false);
  const [asked, setAsked] = useState(false);
  const choose = (id: string) => {
    const v: VoteTemplate | undefined = id ? presets.find((x) => x.id === id) : (item?.vote ?? undefined);
    setPreset(id);
    setQuestion(v?.question || item?.title || "");
    setBase(v?.base ?? "all");
    setThreshold(v?.threshold ?? { num: 1, den: 2, strict: true });
  };
  const n = rollcall.value?.quorum;
  const open = () => {
    setAsked(true);
    if (!question.trim()) return;
    void desk.openBallot({
      ...(item ? { item: item.id } : {}),
      ...(preset ? { template: preset } : {}),
      question: question.trim(),
      base,
      threshold,
      ...(timer ? { seconds: TIMER_S } : {}),
    });
  };
  return (
    <Sheet
      title={chair("compose_title")}
      testid="compose"
      kind="compose"
      aside={<Chip tone="success">{chair("compose_public")}</Chip>}
    >
      {presets.length > 0 && !item?.vote && (
        <Select
          label={chair("compose_preset")}
          value={preset}
          options={[
            { value: "", label: chair("compose_of_item") },
            ...presets.map((v) => ({ value: v.id, label: v.name })),
          ]}
          onChange={choose}
          testid="compose-preset"
        />
      )}
      <Field
        label={chair("compose_question")}
        value={question}
        rows={2}
        maxLength={500}
        error={asked && !question.trim() ? chair("compose_need_question") : undefined}
        onInput={setQuestion}
        testid="compose-question"
      />
      <div class="ch-pair">
        <Select
          label={chair("compose_base")}
          value={base}
          options={[
            { value: "all", label: chair("base_all", { n: n?.total ?? 0 }) },
            { value: "present", label: chair("base_present", { n: n?.present ?? 0 }) },
          ]}
          onChange={(v) => setBase(v === "present" ? "present" : "all")}
          testid="compose-base"
        />
        <Select
          label={chair("compose_threshold")}
          value={thresholdId(threshold)}
          options={thresholdOptions(threshold)}
          onChange={(id) => setThreshold(THRESHOLDS.find((t) => t.id === id)?.value ?? threshold)}
          testid="compose-threshold"
        />
      </div>
      <Tick label={chair("compose_timer")} checked={timer} onChange={setTimer} testid="compose-timer" />
      <div class="ch-acts">
        <Button testid="compose-cancel" onClick={() => desk.leave("compose")}>
          {chair("cancel")}
        </Button>
        <Button
          kind="primary"
          main
          testid="ballot-open-now"
          disabled={!desk.online.value}
          busy={desk.busy.value.has("ballot.open")}
          onClick={open}
        >
          {chair("open_now")}
        </Button>
      </div>
    </Sheet>
  );
}

/** thresholdOptions are the usual two, and the template's own when it is another. */
function thresholdOptions(own: VoteTemplate["threshold"]) {
  const usual = THRESHOLDS.map((t) => ({ value: t.id, label: thresholdText(t.value) }));
  return thresholdId(own) ? usual : [{ value: "", label: thresholdText(own) }, ...usual];
}

/** thresholdText: "Quá nửa", "Ít nhất hai phần ba", "Quá 3/4". */
export function thresholdText(f: VoteTemplate["threshold"]): string {
  return chair(`threshold_${thresholdWords(f)}`, { num: f.num, den: f.den });
}

/** Missing names who has not pressed: Nhắc lại or Vẫn đóng. */
export function Missing({ desk }: { desk: Desk }) {
  const people = desk.session.views.ballot.value?.missing ?? [];
  return (
    <Sheet
      title={chair("missing_title", { n: people.length })}
      testid="missing"
      kind="missing"
      aside={
        <Button testid="missing-back" onClick={() => desk.leave("missing")}>
          {chair("cancel")}
        </Button>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard (WCAG 2.1.1) */}
      <ul class="ch-names" tabIndex={0}>
        {people.map((p) => (
          <li key={p.person}>{p.label}</li>
        ))}
      </ul>
      <p class="muted ch-note">{chair("missing_hint")}</p>
      <div class="ch-acts">
        <Button testid="remind" main disabled={!desk.online.value} onClick={() => void desk.remind()}>
          {chair("remind")}
        </Button>
        <Button
          kind="primary"
          main
          testid="close-anyway"
          disabled={!desk.online.value}
          busy={desk.busy.value.has("ballot.close")}
          onClick={() => void desk.closeAnyway()}
        >
          {chair("close_anyway")}
        </Button>
      </div>
    </Sheet>
  );
}
