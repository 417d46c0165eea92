/** The frame of every office page: red line, the council's name, where one may go, the account. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { LiveRegion } from "../../ui/live";
import { LangSwitch, TextSize } from "../../ui/settings";
import { Toasts } from "../../ui/toast";
import type { Account } from "./api";
import { home, path, To } from "./route";

/** Frame draws the page around its content; without an account only the name stands there. */
export function Frame(p: { account: Account | null; onSignOut?: () => void; children: ComponentChildren }) {
  const here = path.value;
  return (
    <div class="of redline">
      <a class="skip" href="#noi-dung">
        {t("skip")}
      </a>
      <header class="of-head">
        {p.account ? (
          <To to={home} class="of-brand" testid="home">
            <strong>{p.account.council.name}</strong>
            <span class="muted">{t("office")}</span>
          </To>
        ) : (
          <strong class="of-brand">{t("office")}</strong>
        )}
        {p.account && p.account.role !== "clerk" && (
          <nav class="of-nav" aria-label={t("nav")}>
            <To
              to={home}
              current={here === home || here.startsWith(`${home}/hop`) || here === `${home}/tao`}
              testid="nav-list"
            >
              {t("nav_sittings")}
            </To>
            <To to={`${home}/tai-khoan`} current={here === `${home}/tai-khoan`} testid="nav-accounts">
              {t("nav_accounts")}
            </To>
            {p.account.role === "installer" && (
              <To to={`${home}/hoi-dong`} current={here === `${home}/hoi-dong`} testid="nav-councils">
                {t("nav_councils")}
              </To>
            )}
          </nav>
        )}
        <Menu key={p.account?.id ?? ""} account={p.account} onSignOut={p.onSignOut} />
      </header>
      <Toasts />
      <main class="of-main" id="noi-dung">
        {p.children}
      </main>
      <LiveRegion />
    </div>
  );
}

/** Menu holds this device's settings and the way out; a press beside it or Escape closes it. */
function Menu(p: { account: Account | null; onSignOut?: (() => void) | undefined }) {
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const shut = (e: Event) => {
      const d = box.current;
      if (!d?.open) return;
      if (e instanceof KeyboardEvent ? e.key === "Escape" : !d.contains(e.target as Node)) d.open = false;
    };
    document.addEventListener("pointerdown", shut);
    document.addEventListener("keydown", shut);
    return () => {
      document.removeEventListener("pointerdown", shut);
      document.removeEventListener("keydown", shut);
    };
  }, []);
  return (
    <details class="of-me" ref={box}>
      <summary data-testid="me">{p.account?.name ?? t("settings")}</summary>
      <div class="of-menu card stack">
        <TextSize />
        <LangSwitch />
        {p.account && (
          <Button onClick={p.onSignOut} testid="logout">
            {t("sign_out")}
          </Button>
        )}
      </div>
    </details>
  );
}

/** Title is a page's heading; it takes the focus when the page changes, so that a reader begins there. */
export function Title(p: { children: ComponentChildren }) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (history.length > 1 && document.activeElement === document.body) ref.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={ref} tabIndex={-1}>
      {p.children}
    </h1>
  );
}
