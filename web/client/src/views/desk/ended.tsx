/** After the end: the results as files. They belong to the office, so an office account must be signed in here. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { timeText } from "../../core/format";
import { api } from "../../core/http";
import type { BallotView } from "../../core/protocol";
import { call } from "../../i18n/call";
import { desk as t } from "../../i18n/desk";
import { Button, LinkButton } from "../../ui/button";
import { Skeleton } from "../../ui/card";
import { LiveRegion } from "../../ui/live";
import type { FaceProps } from "../faces";

const TABLES = ["attendance", "speakers", "votes"] as const;
const FORMATS = ["xlsx", "csv"] as const;

type Office = "asking" | "yes" | "no" | "failed";

/** Ended replaces the desk when the sitting is closed; media and devices are let go. */
export function Ended({ session, door, leave }: FaceProps) {
  const { views } = session;
  const head = views.agenda.value?.sitting;
  const results = decided(views.ballot.value);
  const office = useSignal<Office>("asking");
  useEffect(() => {
    session.own.end();
    session.media.stop();
  }, [session]);
  const ask = async () => {
    office.value = "asking";
    try {
      const me = await api<{ account: unknown }>("GET", "/api/me");
      office.value = me.account ? "yes" : "no";
    } catch {
      office.value = "failed";
    }
  };
  useEffect(() => void ask(), []);
  const base = `/api/office/sittings/${encodeURIComponent(door.sitting)}`;
  return (
    <div class="redline">
      <main class="page page-wide" data-testid="desk-ended">
        <h1>{call("closed_at", { time: timeText(head?.closed_at ?? 0, false) })}</h1>
        <p>{head?.title}</p>
        <section class="card stack">
          <h2>{t("files")}</h2>
          {office.value === "asking" && <Skeleton label={t("files_asking")} rows={2} />}
          {office.value === "failed" && (
            <>
              <p>{t("files_failed")}</p>
              <Button testid="files-retry" onClick={() => void ask()}>
                {t("files_retry")}
              </Button>
            </>
          )}
          {office.value === "no" && (
            <>
              <p>{t("files_sign_in")}</p>
              <LinkButton href="/van-phong" kind="primary" testid="files-office">
                {t("files_office")}
              </LinkButton>
            </>
          )}
          {office.value === "yes" && (
            <>
              {TABLES.map((name) => (
                <div class="row spread" key={name}>
                  <span>{t(`file_${name}`)}</span>
                  <span class="row">
                    {FORMATS.map((f) => (
                      <LinkButton key={f} href={`${base}/${name}.${f}`} download testid={`file-${name}-${f}`}>
                        {t(`format_${f}`)}
                      </LinkButton>
                    ))}
                  </span>
                </div>
              ))}
              <div class="row spread">
                <span>
                  {t("file_ledger")}
                  <br />
                  <span class="muted">{t("file_ledger_hint")}</span>
                </span>
                <LinkButton href={`${base}/ledger.zip`} download testid="file-ledger">
                  {t("format_zip")}
                </LinkButton>
              </div>
            </>
          )}
        </section>
        {results.length > 0 && (
          <section class="card stack">
            <h2>{t("ballot_history")}</h2>
            <ul class="stack dk-plain" role="list">
              {results.map((b) => (
                <li key={b.id} data-testid="past-result">
                  <strong>{b.question}</strong>
                  <br />
                  {b.sentence}
                </li>
              ))}
            </ul>
          </section>
        )}
        <Button onClick={leave} testid="ended-leave">
          {call("leave")}
        </Button>
      </main>
      <LiveRegion />
    </div>
  );
}

/** decided are all votes of the sitting in their order; the newest stands apart from the earlier ones in the view. */
export function decided(view: BallotView | null): { id: string; question: string; sentence: string }[] {
  const last = view?.ballot;
  const earlier = (view?.history ?? []).filter((b) => b.id !== last?.id);
  return last?.result
    ? [...earlier, { id: last.id, question: last.question, sentence: last.result.sentence }]
    : earlier;
}
