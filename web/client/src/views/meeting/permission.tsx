/** A blocked, missing or busy microphone: what to press in this very browser, and always a way on. */

import { useEffect } from "preact/hooks";
import { browserKind, inApp, type MicProblem, onPermission, osKind, permission } from "../../core/devices";
import { permit } from "../../i18n/permit";
import { Button } from "../../ui/button";
import { Icon, IconSettings } from "../../ui/icons";

/** stepsFor gives the instruction lines of one problem in one browser. */
export function stepsFor(problem: MicProblem, kind = browserKind(), os = osKind()): string[] {
  if (problem === "notfound") return [permit("notfound")];
  if (problem === "busy") return [permit("busy")];
  if (problem === "insecure" || problem === "missing") return [permit("insecure")];
  if (problem === "system") {
    if (kind === "android") return [permit("system_android")];
    return [os === "macos" ? permit("system_macos") : permit("system_windows")];
  }
  switch (kind) {
    case "android":
      return [permit("android_1"), permit("android_2"), permit("android_3")];
    case "ios-safari":
    case "desktop-safari":
      return [permit("ios_1"), permit("ios_2"), permit("ios_3")];
    case "ios-other":
      return [permit("ios_chrome")];
    case "firefox":
      return [permit("firefox")];
    default:
      return [permit("desktop_1"), permit("desktop_2"), permit("desktop_3")];
  }
}

/** MicHelp is the card; it tries again by itself when the permission comes. */
export function MicHelp(p: {
  problem: MicProblem;
  onRetry: () => void;
  onContinue?: () => void;
  phone?: string | undefined;
  /** The page has its own main button: the retry is a plain one. */
  quiet?: boolean;
}) {
  const app = inApp();
  const { onRetry } = p;
  useEffect(
    () =>
      onPermission("microphone", () => {
        void permission("microphone").then((s) => s === "granted" && onRetry());
      }),
    [onRetry],
  );
  if (app && (p.problem === "timeout" || p.problem === "missing" || p.problem === "denied"))
    return <InAppCard app={app} onContinue={p.onContinue} />;
  const steps = stepsFor(p.problem);
  return (
    <section class="stack" data-testid="mic-help" data-problem={p.problem}>
      <h2>{permit(p.problem === "notfound" ? "title_notfound" : p.problem === "busy" ? "title_busy" : "title")}</h2>
      {steps.length > 1 && (
        <p>
          {permit("browser")} <strong>{permit(`browser_${browserKind()}` as "browser_android")}</strong>
        </p>
      )}
      {steps.length > 1 ? (
        <div class="card">
          <ol class="steps">
            {steps.map((s, i) => (
              <li key={s}>
                {i === 0 && <Icon of={IconSettings} small />} {s}
              </li>
            ))}
          </ol>
        </div>
      ) : (
        <p>{steps[0]}</p>
      )}
      <Button kind={p.quiet ? "quiet" : "primary"} main wide onClick={p.onRetry} testid="mic-retry">
        {permit("retry")}
      </Button>
      {p.onContinue && (
        <Button main wide onClick={p.onContinue} testid="mic-skip">
          {permit("without")}
        </Button>
      )}
      {p.phone && (
        <p class="muted">
          {permit("call_help")} <a href={`tel:${p.phone}`}>{p.phone}</a>
        </p>
      )}
    </section>
  );
}

/** chromeIntent opens the same page in Chrome on Android; the fragment is used by the intent, so no secret rides in it. */
export function chromeIntent(url: string): string {
  const u = new URL(url);
  const back = encodeURIComponent(u.origin + u.pathname);
  return `intent://${u.host}${u.pathname}#Intent;scheme=https;package=com.android.chrome;S.browser_fallback_url=${back};end`;
}

/** InAppCard: open in Chrome or Safari to speak; listening and writing stay possible here. */
export function InAppCard(p: { app: string; onContinue?: (() => void) | undefined }) {
  const ios = browserKind().startsWith("ios");
  const here = location.origin + location.pathname;
  const browser = ios ? "Safari" : "Chrome";
  return (
    <section class="stack" data-testid="in-app">
      <h1>{permit("app_title", { browser })}</h1>
      <p>{permit("app_why", { app: p.app })}</p>
      {!ios && (
        <a class="btn btn-primary btn-main btn-wide" href={chromeIntent(here)} data-testid="open-chrome">
          {permit("app_open", { browser })}
        </a>
      )}
      <Button
        main
        wide
        kind={ios ? "primary" : "quiet"}
        testid="copy-link"
        onClick={() => void navigator.clipboard?.writeText(here).catch(() => undefined)}
      >
        {permit("app_copy")}
      </Button>
      <div class="card stack">
        <strong>{permit("app_else")}</strong>
        <ol class="steps">
          <li>{permit("app_step_1")}</li>
          <li>{permit("app_step_2")}</li>
        </ol>
      </div>
      {p.onContinue && (
        <div class="card stack">
          <strong>{permit("app_no_need")}</strong>
          <span class="muted">{permit("app_still")}</span>
          <Button main wide onClick={p.onContinue} testid="in-app-listen">
            {permit("app_listen", { app: p.app })}
          </Button>
        </div>
      )}
      <p class="muted" style={{ textAlign: "center" }}>
        {permit("app_type")}
      </p>
      <p class="big-code">{location.host + location.pathname}</p>
    </section>
  );
}
