/** The 6-digit code that the clerk gave apart from the link; asked once per device. */
import { useSignal } from "@preact/signals";
import type { ApiError } from "../../core/http";
import { common } from "../../i18n/common";
import { door as t } from "../../i18n/door";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";

/** CodeForm can be pasted into and filled by the phone (one-time-code). */
export function CodeForm(p: { error: ApiError | null; busy: boolean; onSend: (code: string) => void }) {
  const code = useSignal("");
  const left = p.error ? Number(p.error.data.left ?? 0) : 0;
  const digits = code.value.replace(/\D/gu, "");
  return (
    <form
      class="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (digits.length === 6) p.onSend(digits);
      }}
    >
      <h1>{t("code_title")}</h1>
      <p class="muted">{t("code_note")}</p>
      <Field
        label={t("code")}
        value={code.value}
        onInput={(v) => (code.value = v)}
        inputMode="numeric"
        autocomplete="one-time-code"
        maxLength={9}
        error={p.error ? t("wrong_code", { left }) : ""}
        testid="code"
      />
      <Button type="submit" kind="primary" main wide busy={p.busy} disabled={digits.length !== 6} testid="code-send">
        {common("send")}
      </Button>
    </form>
  );
}
