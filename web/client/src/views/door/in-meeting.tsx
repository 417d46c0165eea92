/** Around every face: waiting, replaced, elsewhere, shown out, no session, over. */

import type { ComponentChildren, ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { timeText } from "../../core/format";
import type { Session } from "../../core/session";
import { common } from "../../i18n/common";
import { door as t } from "../../i18n/door";
import { Button } from "../../ui/button";
import { ErrorState, Skeleton } from "../../ui/card";
import { announce, LiveRegion } from "../../ui/live";
import { type FaceProps, faceName } from "../faces";
import type { DoorInfo } from "./info";

export interface InMeetingProps {
  info: DoorInfo;
  session: Session;
  Face: ComponentType<FaceProps> | null;
  leave: () => void;
}

/** InMeeting draws the face once the server has let the person in, and the other states otherwise. */
export function InMeeting(p: InMeetingProps) {
  const { session, info } = p;
  const state = session.link.state.value;
  const self = session.views.self.value;
  const sitting = session.views.agenda.value?.sitting;
  const waiting = session.link.waitingAhead.value;
  switch (state) {
    case "elsewhere":
    case "replaced":
      return (
        <Whole title={t("elsewhere")} testid={state}>
          <p>{t("elsewhere_note")}</p>
          <Button
            kind="primary"
            main
            testid="use-here"
            onClick={() => {
              session.unlock();
              session.link.take();
            }}
          >
            {t("use_here")}
          </Button>
          <Button onClick={p.leave}>{t("leave")}</Button>
        </Whole>
      );
    case "refused":
      return (
        <Out
          session={session}
          info={info}
          title={t("refused_title")}
          text={self?.refused || t("refused")}
          leave={p.leave}
        />
      );
    case "nosession":
    case "gone":
      return <Out session={session} info={info} title={t("no_right_title")} text={t("no_right")} leave={p.leave} />;
    default:
  }
  if (self?.refused) {
    return <Out session={session} info={info} title={t("refused_title")} text={self.refused} leave={p.leave} />;
  }
  if (state === "waiting" || self?.waiting) {
    const full = waiting?.reason === "full";
    return (
      <Whole title={t(full ? "full_title" : "waiting_title")} testid="waiting">
        <p role="status">
          {full ? t("full") : t("waiting")} {(waiting?.ahead ?? 0) > 0 && t("ahead", { n: waiting?.ahead ?? 0 })}
        </p>
        {info.help_phone && <a href={`tel:${info.help_phone}`}>{common("call_phone", { phone: info.help_phone })}</a>}
        <Button onClick={p.leave} testid="waiting-leave">
          {t("leave")}
        </Button>
      </Whole>
    );
  }
  // The clerk's desk has an end of its own, with the results as files.
  const desk = self && faceName(info.me?.roles ?? []) === "desk";
  if (sitting?.state === "closed" && !(desk && p.Face)) return <Ended session={session} leave={p.leave} />;
  if (!p.Face || !self) {
    return (
      <Whole title={info.title} testid="entering">
        <Skeleton label={common("loading")} />
        {session.lost.value && (
          <Button onClick={() => session.link.retry()} testid="banner-retry">
            {common("retry_now")}
          </Button>
        )}
      </Whole>
    );
  }
  return <p.Face session={session} door={info} leave={p.leave} />;
}

function Whole(p: { title: string; children: ComponentChildren; testid: string }) {
  useEffect(() => announce(p.title, "assertive"), [p.title]);
  return (
    <div class="redline">
      <main class="page" data-testid={p.testid}>
        <h1>{p.title}</h1>
        {p.children}
      </main>
      <LiveRegion />
    </div>
  );
}

function Out(p: { session: Session; info: DoorInfo; title: string; text: string; leave: () => void }) {
  return (
    <div class="redline">
      <main class="page">
        <ErrorState
          title={p.title}
          testid="out"
          action={
            <>
              <Button kind="primary" onClick={p.leave} testid="again">
                {t("again")}
              </Button>
              {p.info.help_phone && (
                <a class="btn" href={`tel:${p.info.help_phone}`}>
                  {common("call_phone", { phone: p.info.help_phone })}
                </a>
              )}
            </>
          }
        >
          <p>{p.text}</p>
        </ErrorState>
      </main>
      <LiveRegion />
    </div>
  );
}

/** Ended: the sitting is over; its votes stay readable here. */
function Ended(p: { session: Session; leave: () => void }) {
  const { views } = p.session;
  const head = views.agenda.value?.sitting;
  const history = views.ballot.value?.history ?? [];
  useEffect(() => {
    p.session.own.end();
    p.session.media.stop();
  }, [p.session]);
  return (
    <Whole title={t("over", { time: timeText(head?.closed_at ?? 0, false) })} testid="ended">
      <p>{head?.title}</p>
      {history.length > 0 && (
        <section class="card stack">
          <h2>{t("results")}</h2>
          <ul class="stack" role="list" style={{ listStyle: "none" }}>
            {history.map((b) => (
              <li key={b.id} data-testid="past-result">
                <strong>{b.question}</strong>
                <br />
                {b.sentence}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Button onClick={p.leave} testid="ended-leave">
        {t("leave")}
      </Button>
    </Whole>
  );
}
