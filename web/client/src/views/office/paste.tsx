/** Pasting a list from a spreadsheet: what the server understood is shown row by row before anything is taken. */
import { useSignal } from "@preact/signals";
import { randomText } from "../../core/ids";
import type { Person, Role } from "../../core/protocol";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { Chip, Segments } from "../../ui/chip";
import { Field, Select } from "../../ui/field";
import { toast } from "../../ui/toast";
import { previewPeople, type Row } from "./api";
import { keyOf } from "./check";
import type { DraftStore } from "./draft";
import { Fault } from "./fault";
import { Title } from "./frame";
import { go, sittingPath } from "./route";
import { rolesText } from "./text";

export type Mode = "add" | "replace";

/** Candidate is a row with what will be done with it. */
export interface Candidate extends Row {
  /** Also "listed": somebody like this is on the list already. */
  trouble?: Row["problem"] | "listed";
  take: boolean;
}

/** impossible rows cannot be taken as they stand; the others may be ticked on. */
const impossible = (c: Candidate) => c.trouble === "empty" || c.trouble === "too_long";

/** candidates marks what is on the list already; rows with trouble are not taken unless somebody ticks them. */
export function candidates(rows: readonly Row[], people: readonly Person[], mode: Mode): Candidate[] {
  const listed = new Set(mode === "add" ? people.map(keyOf) : []);
  return rows.map((r) => {
    const trouble = r.problem ?? (listed.has(keyOf(r)) ? ("listed" as const) : undefined);
    return { ...r, ...(trouble ? { trouble } : {}), take: !trouble };
  });
}

/** people makes persons of the taken rows; ids are random. */
export function peopleOf(all: readonly Candidate[]): Person[] {
  return all
    .filter((c) => c.take && !impossible(c))
    .map((c) => ({
      id: randomText(13),
      name: c.name,
      label: "",
      office: c.office,
      group: c.group,
      unit: c.unit,
      seat: c.seat,
      roles: c.roles,
    }));
}

/** roleSets are the sets a pasted row is likely to be; others are made in the person's own dialog. */
const roleSets: Role[][] = [
  ["deputy"],
  ["chair", "deputy"],
  ["chair"],
  ["clerk"],
  ["deputy", "teller"],
  ["guest"],
  ["technician"],
  ["hall"],
  ["display"],
];

export function Paste(p: { store: DraftStore }) {
  const people = p.store.doc.value.people;
  const text = useSignal("");
  const mode = useSignal<Mode>("add");
  const rows = useSignal<Row[] | null>(null);
  const shown = useSignal<Candidate[]>([]);
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const back = () => go(sittingPath(p.store.id, "thanh-phan"));
  const look = async () => {
    busy.value = true;
    error.value = null;
    try {
      rows.value = (await previewPeople(p.store.id, text.value)).rows;
      shown.value = candidates(rows.value, people, mode.value);
    } catch (e) {
      error.value = e;
    } finally {
      busy.value = false;
    }
  };
  const change = (m: Mode) => {
    mode.value = m;
    if (rows.value) shown.value = candidates(rows.value, people, m);
  };
  const take = peopleOf(shown.value);
  const bring = () => {
    const was = people;
    p.store.edit((d) => ({ ...d, people: mode.value === "replace" ? take : [...d.people, ...take] }));
    toast(t("brought_in", { n: take.length }), {
      action: { label: t("undo"), run: () => p.store.edit((d) => ({ ...d, people: was })), testid: "undo" },
    });
    back();
  };
  return (
    <div class="stack">
      <div class="row spread">
        <Title>{t("paste_people")}</Title>
        <Button onClick={back} testid="paste-back">
          {t("back_to_sitting")}
        </Button>
      </div>
      {!rows.value && (
        <>
          <p>{t("paste_note")}</p>
          <Field
            label={t("paste_label")}
            hint={t("paste_hint")}
            rows={12}
            value={text.value}
            onInput={(v) => (text.value = v)}
            testid="paste"
          />
          <Fault error={error.value} onRetry={look} />
          <div class="row">
            <Button kind="primary" main busy={busy.value} disabled={!text.value.trim()} onClick={look} testid="preview">
              {t("preview")}
            </Button>
          </div>
        </>
      )}
      {rows.value && (
        <>
          {people.length > 0 && (
            <Segments<Mode>
              label={t("mode")}
              value={mode.value}
              options={[
                { value: "add", label: t("mode_add", { n: people.length }), testid: "mode-add" },
                { value: "replace", label: t("mode_replace"), testid: "mode-replace" },
              ]}
              onChange={change}
            />
          )}
          <Summary all={shown.value} />
          <PreviewTable all={shown.value} onChange={(next) => (shown.value = next)} />
          <div class="row of-foot">
            <Button kind="primary" main disabled={take.length === 0} onClick={bring} testid="bring-in">
              {t("bring_in", { n: take.length })}
            </Button>
            <Button onClick={() => (rows.value = null)} testid="paste-again">
              {t("paste_again")}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

function Summary(p: { all: readonly Candidate[] }) {
  const n = (...kinds: Candidate["trouble"][]) => p.all.filter((c) => kinds.includes(c.trouble)).length;
  const doubles = n("duplicate", "listed");
  const bad = n("empty", "too_long", "bad_seat");
  return (
    <p class="row" role="status" data-testid="preview-summary">
      <Chip tone="success">{t("rows_good", { n: n(undefined) })}</Chip>
      {doubles > 0 && <Chip tone="warning">{t("rows_double", { n: doubles })}</Chip>}
      {bad > 0 && <Chip tone="danger">{t("rows_bad", { n: bad })}</Chip>}
    </p>
  );
}

function PreviewTable(p: { all: Candidate[]; onChange: (next: Candidate[]) => void }) {
  const put = (i: number, part: Partial<Candidate>) =>
    p.onChange(p.all.map((c, j) => (j === i ? { ...c, ...part } : c)));
  if (p.all.length === 0) return <p>{t("nothing_pasted")}</p>;
  return (
    <table class="of-table" data-testid="preview-table">
      <thead>
        <tr>
          <th scope="col">{t("take")}</th>
          <th scope="col">{t("name")}</th>
          <th scope="col">{t("post")}</th>
          <th scope="col">{t("group_unit")}</th>
          <th scope="col">{t("seat")}</th>
          <th scope="col">{t("roles")}</th>
        </tr>
      </thead>
      <tbody>
        {p.all.map((c, i) => (
          <PreviewRow key={c.line} row={c} onChange={(part) => put(i, part)} />
        ))}
      </tbody>
    </table>
  );
}

function PreviewRow(p: { row: Candidate; onChange: (part: Partial<Candidate>) => void }) {
  const c = p.row;
  const key = (roles: readonly Role[]) => [...roles].sort().join("+");
  const sets = roleSets.some((r) => key(r) === key(c.roles)) ? roleSets : [c.roles, ...roleSets];
  return (
    <tr data-testid="preview-row" data-trouble={c.trouble}>
      <td>
        <label class="of-check">
          <input
            type="checkbox"
            checked={c.take}
            disabled={impossible(c)}
            onChange={(e) => p.onChange({ take: e.currentTarget.checked })}
          />
          <span class="sr">{t("take_row", { n: c.line })}</span>
        </label>
      </td>
      <td>
        <strong>{c.name || t("row_n", { n: c.line })}</strong>
        {c.trouble && <span class="of-trouble">{t(`trouble_${c.trouble}`, { n: c.line })}</span>}
      </td>
      <td data-label={t("post")}>{c.office}</td>
      <td data-label={t("group_unit")}>{[c.group, c.unit].filter(Boolean).join(" · ")}</td>
      <td data-label={t("seat")} class="num">
        {c.seat || ""}
      </td>
      <td class="of-roleselect">
        <Select
          label={t("roles")}
          value={key(c.roles)}
          options={sets.map((r) => ({ value: key(r), label: rolesText(r) }))}
          onChange={(v) => p.onChange({ roles: sets.find((r) => key(r) === v) ?? c.roles })}
        />
      </td>
    </tr>
  );
}
