/** Councils of the installation, for its administrator: each with its own accounts, sittings and ledger. */
import { useSignal } from "@preact/signals";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { Skeleton } from "../../ui/card";
import { Field, Select } from "../../ui/field";
import { toast } from "../../ui/toast";
import { addCouncil, councils, type NewCouncil, type Unit, units } from "./api";
import { Fault } from "./fault";
import { Title } from "./frame";
import { useLoaded } from "./loaded";
import { goodPassword, PasswordField } from "./password";

export const noCouncil: NewCouncil = { name: "", unit: "", khoa: "", term_from: "", term_to: "" };

/** goodTerm accepts what the server accepts: empty, a year, or a day. */
export const goodTerm = (s: string) => s === "" || /^\d{4}(-\d{2}-\d{2})?$/u.test(s);

/** CouncilFields are the fields of a council of one term; units are offered where they can be read. */
export function CouncilFields(p: {
  value: NewCouncil;
  onChange: (c: NewCouncil) => void;
  units?: readonly Unit[] | null;
}) {
  const c = p.value;
  const put = (part: Partial<NewCouncil>) => p.onChange({ ...c, ...part });
  const today = new Date().toISOString().slice(0, 10);
  const current = (p.units ?? []).filter((u) => !u.valid_to || u.valid_to >= today);
  const bad = (s: string) => (goodTerm(s) ? {} : { error: t("term_bad") });
  return (
    <>
      <Field
        label={t("council_name")}
        hint={t("council_name_hint")}
        value={c.name}
        onInput={(name) => put({ name })}
        maxLength={80}
        required
        testid="council-name"
      />
      {p.units && (
        <Select
          label={t("council_unit")}
          value={c.unit}
          options={[{ value: "", label: t("no_unit") }, ...current.map((u) => ({ value: u.id, label: u.name }))]}
          onChange={(unit) => put({ unit })}
          testid="council-unit"
        />
      )}
      <Field
        label={t("khoa")}
        hint={t("khoa_hint")}
        value={c.khoa}
        onInput={(khoa) => put({ khoa })}
        maxLength={80}
        testid="council-khoa"
      />
      <div class="of-two">
        <Field
          label={t("term_from")}
          inputMode="numeric"
          value={c.term_from}
          onInput={(v) => put({ term_from: v.trim() })}
          maxLength={10}
          {...bad(c.term_from)}
          testid="term-from"
        />
        <Field
          label={t("term_to")}
          inputMode="numeric"
          value={c.term_to}
          onInput={(v) => put({ term_to: v.trim() })}
          maxLength={10}
          {...bad(c.term_to)}
          testid="term-to"
        />
      </div>
    </>
  );
}

export function Councils() {
  const { value, error, load } = useLoaded(councils);
  const all = useLoaded(units);
  return (
    <div class="stack">
      <Title>{t("nav_councils")}</Title>
      <p class="muted">{t("councils_note")}</p>
      <Fault error={error.value ?? all.error.value} onRetry={() => void Promise.all([load(), all.load()])} />
      {!value.value && !error.value && <Skeleton label={common("loading_page")} />}
      <div class="of-cols">
        <ul role="list" class="of-list" data-testid="councils">
          {value.value?.map((c) => (
            <li key={c.id} class="of-rowlink" data-testid="council">
              <span class="grow">
                <strong>{c.name}</strong>
                <span class="muted">
                  {[c.khoa, [c.term_from, c.term_to].filter(Boolean).join(" – ")].filter(Boolean).join(" · ")}
                </span>
              </span>
            </li>
          ))}
        </ul>
        <AddCouncil units={all.value.value} onAdded={load} />
      </div>
    </div>
  );
}

function AddCouncil(p: { units: readonly Unit[] | null; onAdded: () => void }) {
  const council = useSignal<NewCouncil>(noCouncil);
  const name = useSignal("");
  const password = useSignal("");
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const c = council.value;
  const good =
    c.name.trim() !== "" &&
    goodTerm(c.term_from) &&
    goodTerm(c.term_to) &&
    name.value.trim() !== "" &&
    goodPassword(password.value);
  const add = async () => {
    busy.value = true;
    error.value = null;
    try {
      const made = await addCouncil(c, { name: name.value.trim(), password: password.value });
      toast(t("council_added", { name: made.name }));
      council.value = noCouncil;
      name.value = "";
      password.value = "";
      p.onAdded();
    } catch (e) {
      error.value = e;
    } finally {
      busy.value = false;
    }
  };
  return (
    <form
      class="card stack"
      onSubmit={(e) => {
        e.preventDefault();
        void add();
      }}
    >
      <h2>{t("add_council")}</h2>
      <CouncilFields value={c} onChange={(next) => (council.value = next)} units={p.units} />
      <Field
        label={t("its_admin")}
        value={name.value}
        onInput={(v) => (name.value = v)}
        autocomplete="off"
        maxLength={80}
        required
        testid="admin-name"
      />
      <PasswordField value={password.value} onInput={(v) => (password.value = v)} testid="admin-password" />
      <Fault error={error.value} onRetry={add} />
      <Button type="submit" kind="primary" busy={busy.value} disabled={!good} testid="council-add">
        {t("add_council")}
      </Button>
    </form>
  );
}
