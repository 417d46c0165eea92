/** Signing in, as a page or over a page whose sign-in has ended. */
import { useSignal } from "@preact/signals";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { signedOut, signIn } from "./api";
import { Fault } from "./fault";
import { Title } from "./frame";

function LoginForm(p: { onDone: () => void }) {
  const name = useSignal("");
  const password = useSignal("");
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const submit = async () => {
    if (busy.value) return;
    busy.value = true;
    error.value = null;
    try {
      await signIn(name.value.trim(), password.value);
      signedOut.value = false;
      p.onDone();
    } catch (e) {
      error.value = e;
    } finally {
      busy.value = false;
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(e) => {
        e.preventDefault();
        void submit();
      }}
    >
      <Field
        label={t("account_name")}
        value={name.value}
        onInput={(v) => (name.value = v)}
        autocomplete="username"
        required
        testid="login-name"
      />
      <Field
        label={t("password")}
        type="password"
        value={password.value}
        onInput={(v) => (password.value = v)}
        autocomplete="current-password"
        required
        testid="login-password"
      />
      <Fault error={error.value} onRetry={submit} testid="login-fault" />
      <Button type="submit" kind="primary" main wide busy={busy.value} testid="login">
        {t("sign_in")}
      </Button>
      <p class="muted">{t("login_help")}</p>
    </form>
  );
}

/** Login is the page of /van-phong before anybody has signed in. */
export function Login(p: { onDone: () => void }) {
  return (
    <div class="of-narrow stack">
      <Title>{t("login_title")}</Title>
      <p class="muted">{t("login_note")}</p>
      <LoginForm onDone={p.onDone} />
    </div>
  );
}

/** LoginAgain asks in place, so that what was typed behind it stays. */
export function LoginAgain(p: { onDone: () => void }) {
  return (
    <Dialog title={t("login_again")} testid="login-again">
      <p>{t("login_again_note")}</p>
      <LoginForm onDone={p.onDone} />
    </Dialog>
  );
}
