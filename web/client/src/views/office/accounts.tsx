/** Accounts of the own council: who composes sittings and sits at the clerk's desk. */
import { useSignal } from "@preact/signals";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { Skeleton } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Field, Select } from "../../ui/field";
import { toast } from "../../ui/toast";
import { type Account, accounts, addAccount } from "./api";
import { Fault } from "./fault";
import { Title } from "./frame";
import { useLoaded } from "./loaded";
import { goodPassword, PasswordField } from "./password";

export function Accounts(p: { me: Account }) {
  const { value, error, load } = useLoaded(accounts);
  return (
    <div class="stack">
      <Title>{t("nav_accounts")}</Title>
      <p class="muted">{t("accounts_note", { council: p.me.council.name })}</p>
      <Fault error={error.value} onRetry={load} />
      {!value.value && !error.value && <Skeleton label={common("loading_page")} />}
      <div class="of-cols">
        <ul role="list" class="of-list" data-testid="accounts">
          {value.value?.map((a) => (
            <li key={a.id} class="of-rowlink" data-testid="account">
              <span class="grow">
                <strong>{a.name}</strong>
                {a.id === p.me.id && <span class="muted">{t("this_is_you")}</span>}
              </span>
              <Chip tone="tag">{t(`account_${a.role}`)}</Chip>
            </li>
          ))}
        </ul>
        <AddAccount onAdded={load} />
      </div>
    </div>
  );
}

function AddAccount(p: { onAdded: () => void }) {
  const name = useSignal("");
  const password = useSignal("");
  const role = useSignal<"clerk" | "admin">("clerk");
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const add = async () => {
    busy.value = true;
    error.value = null;
    try {
      const a = await addAccount({ name: name.value.trim(), password: password.value, role: role.value });
      toast(t("account_added", { name: a.name }));
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
      <h2>{t("add_account")}</h2>
      <Field
        label={t("account_name")}
        hint={t("account_name_hint")}
        value={name.value}
        onInput={(v) => (name.value = v)}
        autocomplete="off"
        maxLength={80}
        required
        testid="account-name"
      />
      <PasswordField value={password.value} onInput={(v) => (password.value = v)} testid="account-password" />
      <Select
        label={t("account_role")}
        value={role.value}
        options={[
          { value: "clerk", label: t("account_clerk") },
          { value: "admin", label: t("account_admin") },
        ]}
        onChange={(v) => (role.value = v === "admin" ? "admin" : "clerk")}
        testid="account-role"
      />
      <Fault error={error.value} onRetry={add} />
      <Button
        type="submit"
        kind="primary"
        busy={busy.value}
        disabled={!name.value.trim() || !goodPassword(password.value)}
        testid="account-add"
      >
        {t("add_account")}
      </Button>
    </form>
  );
}
