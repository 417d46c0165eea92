/** TK1: the council's sittings, and a new one from a template in three taps. */
import { useSignal } from "@preact/signals";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { EmptyState, Skeleton } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Field } from "../../ui/field";
import { IconPlus } from "../../ui/icons";
import { type Brief, createSitting, sittings, type Template, templates } from "./api";
import { Fault } from "./fault";
import { Title } from "./frame";
import { useLoaded } from "./loaded";
import { go, home, sittingPath, To } from "./route";
import { instant, stateText, stateTone, whenText } from "./text";

/** Sittings is the list; a draft opens where it is composed, a published one at its links. */
export function Sittings() {
  const { value, error, load } = useLoaded(sittings);
  const all = value.value;
  const create = (
    <Button kind="primary" icon={IconPlus} onClick={() => go(`${home}/tao`)} testid="create">
      {t("create")}
    </Button>
  );
  return (
    <div class="stack">
      <div class="row spread">
        <Title>{t("sittings")}</Title>
        {all && all.length > 0 && create}
      </div>
      <Fault error={error.value} onRetry={load} />
      {!all && !error.value && <Skeleton label={common("loading_page")} rows={4} />}
      {all?.length === 0 && (
        <EmptyState testid="no-sittings" action={create}>
          {t("no_sittings")}
        </EmptyState>
      )}
      {all && all.length > 0 && (
        <ul role="list" class="of-list" data-testid="sittings">
          {all.map((s) => (
            <li key={s.id}>
              <SittingRow sitting={s} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function SittingRow(p: { sitting: Brief }) {
  const s = p.sitting;
  const tab = s.state === "draft" ? "chung" : s.state === "closed" ? "ket-qua" : "gui-moi";
  return (
    <To to={sittingPath(s.id, tab)} class="of-rowlink" testid="sitting">
      <span class="grow">
        <strong>{s.title}</strong>
        <span class="muted">
          {whenText(s.planned_at)} · {s.kind_name}
        </span>
      </span>
      <Chip tone={stateTone(s.state)}>{stateText(s.state)}</Chip>
    </To>
  );
}

interface Choice {
  key: string;
  template?: string;
  from?: string;
  name: string;
  note: string;
}

const choicesOf = (all: Template[], earlier: Brief[]): Choice[] => [
  ...all.map((x) => ({ key: `t-${x.id}`, template: x.id, name: x.kind_name, note: x.title })),
  ...earlier.map((s) => ({
    key: `s-${s.id}`,
    from: s.id,
    name: s.title,
    note: t("copy_of", { when: whenText(s.planned_at) }),
  })),
];

/** tomorrow is the day offered for a new sitting, as a date field writes it. */
function tomorrow(): string {
  const d = new Date(Date.now() + (24 + 7) * 3_600_000);
  return d.toISOString().slice(0, 10);
}

/** NewSitting chooses a template or an earlier sitting, a day and an hour. */
export function NewSitting() {
  const { value, error, load } = useLoaded(async () => choicesOf(await templates(), await sittings()));
  const picked = useSignal("");
  const title = useSignal("");
  const day = useSignal(tomorrow());
  const hour = useSignal("08:00");
  const busy = useSignal(false);
  const failed = useSignal<unknown>(null);
  const create = async () => {
    const c = value.value?.find((x) => x.key === picked.value);
    if (!c || busy.value) return;
    busy.value = true;
    failed.value = null;
    try {
      const d = await createSitting({
        ...(c.template ? { template: c.template } : { from: c.from ?? "" }),
        ...(title.value.trim() ? { title: title.value.trim() } : {}),
        planned_at: instant(day.value, hour.value),
      });
      go(sittingPath(d.id));
    } catch (e) {
      failed.value = e;
    } finally {
      busy.value = false;
    }
  };
  return (
    <form
      class="of-mid stack"
      onSubmit={(e) => {
        e.preventDefault();
        void create();
      }}
    >
      <Title>{t("create_title")}</Title>
      <Fault error={error.value} onRetry={load} />
      {!value.value && !error.value && <Skeleton label={common("loading_page")} />}
      {value.value && (
        <fieldset class="of-choices">
          <legend>{t("create_from")}</legend>
          {value.value.map((c) => (
            <label key={c.key} class="of-choice" data-testid={c.template ? `template-${c.template}` : "earlier"}>
              <input type="radio" name="tu" checked={picked.value === c.key} onChange={() => (picked.value = c.key)} />
              <span>
                <strong>{c.name}</strong>
                <span class="muted">{c.note}</span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <div class="of-two">
        <Field label={t("day")} type="date" value={day.value} onInput={(v) => (day.value = v)} testid="day" />
        <Field label={t("hour")} type="time" value={hour.value} onInput={(v) => (hour.value = v)} testid="hour" />
      </div>
      <Field
        label={t("title_optional")}
        hint={t("title_hint")}
        value={title.value}
        onInput={(v) => (title.value = v)}
        maxLength={300}
        testid="new-title"
      />
      <Fault error={failed.value} onRetry={create} />
      <div class="row">
        <Button type="submit" kind="primary" main busy={busy.value} disabled={!picked.value} testid="create-now">
          {t("create_now")}
        </Button>
        <Button onClick={() => go(home)}>{t("back_to_list")}</Button>
      </div>
      {!picked.value && <p class="muted">{t("pick_first")}</p>}
    </form>
  );
}
