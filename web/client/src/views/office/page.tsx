/** The office: everything of /van-phong behind one sign-in. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { EmptyState, Skeleton } from "../../ui/card";
import "./office.css";
import "./lists.css";
import { Accounts } from "./accounts";
import { type Account, firstNeeded, readMe, signedOut, signOut } from "./api";
import { Councils } from "./councils";
import { forgetDraft, saveOpened, unsavedDraft } from "./draft";
import { Fault } from "./fault";
import { Frame, Title } from "./frame";
import { forgetLinks, unkeptLinks } from "./fresh";
import { NewSitting, Sittings } from "./list";
import { Login, LoginAgain } from "./login";
import { go, home, path, routeOf } from "./route";
import { SittingPage } from "./sitting";

type Step =
  | { at: "loading" }
  | { at: "error"; error: unknown }
  | { at: "setup" }
  | { at: "out" }
  | { at: "in"; account: Account };

/** warnBeforeLeaving keeps a tab from closing over unsaved text and over links that were shown only here. */
function warnBeforeLeaving(e: BeforeUnloadEvent): void {
  if (!unsavedDraft() && !unkeptLinks()) return;
  e.preventDefault();
  e.returnValue = "";
}

export function OfficePage() {
  const step = useSignal<Step>({ at: "loading" });
  const load = async () => {
    try {
      const { account } = await readMe();
      if (account) step.value = { at: "in", account };
      else step.value = (await firstNeeded()).needed ? { at: "setup" } : { at: "out" };
    } catch (error) {
      step.value = { at: "error", error };
    }
  };
  const leave = async () => {
    try {
      await signOut();
      forgetDraft();
      forgetLinks();
      signedOut.value = false;
      go(home);
      step.value = { at: "out" };
    } catch (error) {
      step.value = { at: "error", error };
    }
  };
  const again = () => {
    saveOpened();
    return load();
  };
  useEffect(() => {
    void load();
    addEventListener("beforeunload", warnBeforeLeaving);
    return () => removeEventListener("beforeunload", warnBeforeLeaving);
  }, []);

  const s = step.value;
  return (
    <Frame account={s.at === "in" ? s.account : null} onSignOut={leave}>
      {s.at === "loading" && <Skeleton label={common("loading_page")} />}
      {s.at === "error" && <Fault error={s.error} onRetry={load} />}
      {s.at === "setup" && (
        <div class="of-narrow stack" data-testid="not-set-up">
          <Title>{t("not_set_up")}</Title>
          <p>{t("not_set_up_note")}</p>
          <Button onClick={load}>{t("try_again")}</Button>
        </div>
      )}
      {s.at === "out" && <Login onDone={load} />}
      {s.at === "in" && <Inside account={s.account} />}
      {s.at === "in" && signedOut.value && <LoginAgain onDone={again} />}
    </Frame>
  );
}

function Inside(p: { account: Account }) {
  const r = routeOf(path.value);
  switch (r.at) {
    case "list":
      return <Sittings />;
    case "new":
      return <NewSitting />;
    case "accounts":
      return <Accounts me={p.account} />;
    case "councils":
      return <Councils />;
    case "sitting":
    case "paste":
    case "cards":
    case "poster":
      return <SittingPage key={r.id} route={r} />;
    default:
      return (
        <EmptyState
          action={
            <Button kind="primary" onClick={() => go(home)}>
              {t("to_list")}
            </Button>
          }
        >
          {t("no_such_page")}
        </EmptyState>
      );
  }
}
