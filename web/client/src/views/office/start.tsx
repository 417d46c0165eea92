/** The start page: what this is, the way into a meeting, the way into the office. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, api } from "../../core/http";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { Button, LinkButton } from "../../ui/button";
import { Field } from "../../ui/field";
import { LangSwitch, TextSize } from "../../ui/settings";
import "./office.css";
import "./lists.css";
import { LiveRegion } from "../../ui/live";
import { OwnAuthority } from "../door/own-authority";
import { firstNeeded, type Me, readMe } from "./api";
import { Fault } from "./fault";
import { rolesText } from "./text";

/** doorCode finds the door in what somebody typed: the eight letters, with spaces or hyphens, or a whole address. */
export function doorCode(typed: string): string {
  const inAddress = /\/h\/([A-Za-z0-9]+)/u.exec(typed)?.[1];
  return (inAddress ?? typed.replace(/[\s\-.]/gu, "")).toLowerCase();
}

export function StartPage() {
  const me = useSignal<Me | null>(null);
  const waiting = useSignal(false);
  useEffect(() => {
    // The page works without either answer; they only add short ways.
    readMe().then(
      (m) => (me.value = m),
      () => undefined,
    );
    firstNeeded().then(
      (f) => (waiting.value = f.needed),
      () => undefined,
    );
  }, []);
  return (
    <div class="of redline">
      <main class="of-start">
        <header class="stack">
          <h1>{common("app")}</h1>
          <p>{t("start_what")}</p>
        </header>
        {waiting.value && (
          <p class="of-note" data-testid="start-setup">
            {t("start_setup")}
          </p>
        )}
        <Mine me={me.value} />
        <Door />
        <section class="card stack" aria-label={t("office")}>
          <h2>{t("office")}</h2>
          <p class="muted">{t("start_office")}</p>
          <LinkButton href="/van-phong" wide testid="to-office">
            {me.value?.account ? t("to_office_as", { name: me.value.account.name }) : t("sign_in")}
          </LinkButton>
        </section>
        <OwnAuthority />
        <details class="of-more">
          <summary>{t("start_tls")}</summary>
          <div class="stack">
            <p>{t("start_tls_why")}</p>
            <p>{t("start_tls_public")}</p>
            <p>{t("start_tls_local")}</p>
          </div>
        </details>
        <details class="of-more">
          <summary>{t("settings")}</summary>
          <div class="stack">
            <TextSize />
            <LangSwitch />
          </div>
        </details>
      </main>
      <LiveRegion />
    </div>
  );
}

/** Mine are the meetings to which this device already belongs. */
function Mine(p: { me: Me | null }) {
  const persons = (p.me?.persons ?? []).filter((x) => !x.roles.includes("display"));
  if (persons.length === 0) return null;
  return (
    <section class="card stack" aria-label={t("my_meetings")} data-testid="my-meetings">
      <h2>{t("my_meetings")}</h2>
      {persons.map((x) => (
        <LinkButton key={x.sitting} href={`/h/${encodeURIComponent(x.door)}`} wide>
          {t("my_meeting", { door: x.door, as: x.name || rolesText(x.roles) || t("citizen") })}
        </LinkButton>
      ))}
    </section>
  );
}

function Door() {
  const typed = useSignal("");
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const missing = useSignal(false);
  const enter = async () => {
    const door = doorCode(typed.value);
    missing.value = !door;
    if (!door) return;
    busy.value = true;
    error.value = null;
    try {
      await api<object>("GET", `/api/doors/${encodeURIComponent(door)}`);
      location.assign(`/h/${encodeURIComponent(door)}`);
    } catch (e) {
      busy.value = false;
      error.value =
        e instanceof ApiError && e.code === "sitting_unknown" ? new ApiError(404, e.kind, "door_unknown") : e;
    }
  };
  return (
    <form
      class="card stack"
      aria-label={t("start_door")}
      onSubmit={(e) => {
        e.preventDefault();
        void enter();
      }}
    >
      <h2>{t("start_door")}</h2>
      <Field
        label={t("door_code")}
        hint={t("door_code_hint")}
        value={typed.value}
        onInput={(v) => (typed.value = v)}
        autocomplete="off"
        maxLength={200}
        {...(missing.value ? { error: t("needed") } : {})}
        testid="door-code"
      />
      <Fault error={error.value} onRetry={enter} />
      <Button type="submit" kind="primary" main wide busy={busy.value} testid="door-enter">
        {t("enter_meeting")}
      </Button>
    </form>
  );
}
