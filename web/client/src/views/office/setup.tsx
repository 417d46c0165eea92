/** /cai-dat#token: the first administrator names the council and makes the first account. Once. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError } from "../../core/http";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { Button, LinkButton } from "../../ui/button";
import { ErrorState, Skeleton } from "../../ui/card";
import { Field } from "../../ui/field";
import "./office.css";
import "./lists.css";
import { firstNeeded, type NewCouncil, setUp } from "./api";
import { CouncilFields, goodTerm, noCouncil } from "./councils";
import { Fault } from "./fault";
import { Frame, Title } from "./frame";
import { goodPassword, PasswordField } from "./password";

const KEY = "nt.first";

/** takeToken moves the one-time token out of the address; a reload of this tab still has it until the setting-up is done. */
function takeToken(): string {
  const token = location.hash.slice(1);
  try {
    if (token) sessionStorage.setItem(KEY, token);
    if (token) history.replaceState(null, "", location.pathname);
    return token || (sessionStorage.getItem(KEY) ?? "");
  } catch {
    return token;
  }
}

function forgetToken(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}

type Step =
  | { at: "loading" }
  | { at: "error"; error: unknown }
  | { at: "done" }
  | { at: "no-token" }
  | { at: "form"; token: string };

export function SetupPage() {
  const step = useSignal<Step>({ at: "loading" });
  const load = async () => {
    const token = takeToken();
    try {
      if (!(await firstNeeded()).needed) step.value = { at: "done" };
      else step.value = token ? { at: "form", token } : { at: "no-token" };
    } catch (error) {
      step.value = { at: "error", error };
    }
  };
  useEffect(() => void load(), []);
  const s = step.value;
  return (
    <Frame account={null}>
      {s.at === "loading" && <Skeleton label={common("loading_page")} />}
      {s.at === "error" && <Fault error={s.error} onRetry={load} />}
      {s.at === "done" && (
        <ErrorState
          title={t("setup_done")}
          testid="setup-done"
          action={
            <LinkButton href="/van-phong" kind="primary" main>
              {t("to_office")}
            </LinkButton>
          }
        >
          <p>{t("setup_done_note")}</p>
        </ErrorState>
      )}
      {s.at === "no-token" && <NoToken onRetry={load} />}
      {s.at === "form" && <SetupForm token={s.token} onBadToken={() => (step.value = { at: "no-token" })} />}
    </Frame>
  );
}

function NoToken(p: { onRetry: () => void }) {
  return (
    <ErrorState
      title={t("setup_no_token")}
      testid="setup-no-token"
      action={<Button onClick={p.onRetry}>{t("try_again")}</Button>}
    >
      <p>{t("setup_no_token_note")}</p>
      <p class="of-url">/cai-dat#…</p>
    </ErrorState>
  );
}

function SetupForm(p: { token: string; onBadToken: () => void }) {
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
  const send = async () => {
    busy.value = true;
    error.value = null;
    try {
      await setUp(p.token, c, { name: name.value.trim(), password: password.value });
      forgetToken();
      location.assign("/van-phong");
    } catch (e) {
      busy.value = false;
      if (e instanceof ApiError && e.code === "wrong_token") {
        forgetToken();
        p.onBadToken();
      } else error.value = e;
    }
  };
  return (
    <form
      class="of-mid stack"
      data-testid="setup"
      onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}
    >
      <Title>{t("setup_title")}</Title>
      <p class="muted">{t("setup_note")}</p>
      <section class="card stack">
        <h2>{t("setup_council")}</h2>
        <CouncilFields value={c} onChange={(next) => (council.value = next)} />
      </section>
      <section class="card stack">
        <h2>{t("setup_account")}</h2>
        <Field
          label={t("account_name")}
          hint={t("account_name_hint")}
          value={name.value}
          onInput={(v) => (name.value = v)}
          autocomplete="username"
          maxLength={80}
          required
          testid="admin-name"
        />
        <PasswordField value={password.value} onInput={(v) => (password.value = v)} testid="admin-password" />
      </section>
      <Fault error={error.value} onRetry={send} />
      <Button type="submit" kind="primary" main busy={busy.value} disabled={!good} testid="setup-send">
        {t("setup_send")}
      </Button>
      {!good && <p class="muted">{t("setup_missing")}</p>}
    </form>
  );
}
