/** How to trust a server that is its own certificate authority, by kind of machine. */
import { trust as t } from "../../i18n/trust";

const HOW = ["windows", "mac", "apple", "android", "firefox"] as const;

/** TrustNote is one sentence, the file, and the steps behind a fold. */
export function TrustNote() {
  return (
    <aside class="card stack" data-testid="own-authority" aria-label={t("how")}>
      <p>{t("note")}</p>
      <details>
        <summary>{t("how")}</summary>
        <div class="stack">
          <p>
            <a href="/ca.crt" download="nghitruong-ca.crt">
              {t("get")}
            </a>
          </p>
          <ul class="stack" role="list" style={{ listStyle: "none" }}>
            {HOW.map((k) => (
              <li key={k}>{t(k)}</li>
            ))}
          </ul>
        </div>
      </details>
    </aside>
  );
}
