/** A new password, typed where its writer may look at it: one that is seen need not be typed twice. */
import { useSignal } from "@preact/signals";
import { office as t } from "../../i18n/office";
import { Field, Tick } from "../../ui/field";

/** goodPassword is the server's rule: 10 characters to 256 bytes. */
export const goodPassword = (p: string) => [...p].length >= 10 && new TextEncoder().encode(p).length <= 256;

export function PasswordField(p: { value: string; onInput: (v: string) => void; testid: string }) {
  const seen = useSignal(false);
  const short = p.value !== "" && !goodPassword(p.value);
  return (
    <>
      <Field
        label={t("new_password")}
        hint={t("password_hint")}
        type={seen.value ? "text" : "password"}
        value={p.value}
        onInput={p.onInput}
        autocomplete="new-password"
        required
        {...(short ? { error: t("password_left", { n: Math.max(0, 10 - [...p.value].length) }) } : {})}
        testid={p.testid}
      />
      <Tick label={t("show_password")} checked={seen.value} onChange={(v) => (seen.value = v)} />
    </>
  );
}
