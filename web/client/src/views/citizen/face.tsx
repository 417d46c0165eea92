/** CU-b Đang nghe: the picture of who speaks, three buttons, and the way to speak when invited. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { inApp } from "../../core/devices";
import { dateText, timeText } from "../../core/format";
import type { Session } from "../../core/session";
import { nameOf } from "../../core/views";
import { call } from "../../i18n/call";
import { citizen as t } from "../../i18n/citizen";
import { common } from "../../i18n/common";
import { permit } from "../../i18n/permit";
import "../../styles/citizen.css";
import { Button, IconLabelButton } from "../../ui/button";
import { Card, Sheet } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Elapsed } from "../../ui/clock";
import { Field } from "../../ui/field";
import { IconHand, IconMessage, IconMore } from "../../ui/icons";
import { LiveRegion } from "../../ui/live";
import { LangSwitch, TextSize } from "../../ui/settings";
import { Toasts } from "../../ui/toast";
import type { FaceProps } from "../faces";
import { useAct } from "../meeting/act";
import { InvitedDialog } from "../meeting/invited";
import { hasFloor, itemOf, onStage } from "../meeting/model";
import { chromeIntent } from "../meeting/permission";
import { RecordingChip } from "../meeting/recording";
import { useAnnouncements } from "../meeting/say";
import { Strips } from "../meeting/strips";
import { LevelBars, Tile } from "../meeting/tile";

type Open = "" | "ask" | "more";

/** CitizenFace shows at most two videos: stage and screen. */
export default function CitizenFace({ session, door, leave }: FaceProps) {
  const open = useSignal<Open>("");
  const self = session.views.self.value;
  useAnnouncements(session);
  useMediaSession(session);
  useEffect(() => session.media.setWant({ tiles: 0, screen_px: 360 }), [session]);
  const toggle = (k: Open) => (open.value = open.value === k ? "" : k);
  const invited = self?.floor?.state === "invited" ? self.floor : null;
  return (
    <div class="listen" data-testid="citizen">
      <Head session={session} />
      <div>
        <Strips session={session} />
        <InAppStrip />
        <Toasts />
      </div>
      <main class="listen-body">
        {open.value === "ask" && <AskSheet session={session} onClose={() => (open.value = "")} />}
        {open.value === "more" && (
          <MoreSheet session={session} phone={door.help_phone} leave={leave} onClose={() => (open.value = "")} />
        )}
        <Listening session={session} />
        <Mine session={session} />
        <Thread session={session} />
      </main>
      <nav class="listen-bar">
        <Hand session={session} />
        <IconLabelButton icon={IconMessage} expanded={open.value === "ask"} testid="ask" onClick={() => toggle("ask")}>
          {t("ask")}
        </IconLabelButton>
        <IconLabelButton icon={IconMore} expanded={open.value === "more"} testid="more" onClick={() => toggle("more")}>
          {t("more")}
        </IconLabelButton>
      </nav>
      {invited && <InvitedDialog key={invited.turn} session={session} floor={invited} />}
      <LiveRegion />
    </div>
  );
}

function Head(p: { session: Session }) {
  const head = p.session.views.agenda.value?.sitting;
  const n = p.session.views.people.value?.counts.citizens ?? 0;
  return (
    <header class="listen-head">
      <h1 data-testid="item">{head?.title}</h1>
      <span class="row">
        <RecordingChip session={p.session} />
        <Chip testid="listeners">{t("listeners", { n })}</Chip>
      </span>
    </header>
  );
}

/** In an app's web view: listening works, speaking needs a browser. */
function InAppStrip() {
  const app = inApp();
  if (!app) return null;
  return (
    <div class="strip" data-tone="light" data-testid="in-app-strip">
      <span>{permit("app_strip", { app, browser: "Chrome" })}</span>
      <a class="btn" href={chromeIntent(location.href)}>
        {permit("app_open", { browser: "Chrome" })}
      </a>
    </div>
  );
}

function Listening(p: { session: Session }) {
  const { session } = p;
  const { views, media } = session;
  const floor = views.floor.value;
  const holder = floor?.holder;
  const [stage, screen] = media.slots.video;
  const state = stage?.state.value;
  const who = state?.src ? state.who : onStage(floor).who;
  const holds = hasFloor(floor, who) || (!!holder && !state?.src && !floor?.pin);
  const label = nameOf(views, who) || holder?.label || "";
  const shared = screen && screen.state.value.src !== 0 && screen.state.value.kind === "screen";
  const ballot = views.ballot.value?.ballot;
  const item = itemOf(views.agenda.value);
  const audioOnly = media.want.value.step === "audio";
  const head = views.agenda.value?.sitting;
  return (
    <>
      {shared && !audioOnly && (
        <Tile who={screen.state.value.who} label={nameOf(views, screen.state.value.who)} slot={screen} big />
      )}
      {head && head.state !== "open" && (
        <p class="card" role="status" data-testid="rest" data-state={head.state}>
          {head.state === "paused"
            ? call("break")
            : call("begins_at", { time: `${timeText(head.planned_at, false)} · ${dateText(head.planned_at)}` })}
        </p>
      )}
      {!audioOnly && (
        <Tile
          who={who}
          label={label || t("quiet")}
          slot={stage}
          big
          floor={holds ? holder : null}
          level={media.slots.levels.value.get(who) ?? 0}
          frozen={session.lost.value === "media"}
        />
      )}
      <div class="row spread">
        <p class="grow" role="status" data-testid="speaker">
          {holder?.state === "speaking" ? (
            <>
              <strong>{t("speaking", { who: holder.label })}</strong>{" "}
              <Elapsed since={holder.started_at} allowedMs={holder.allowed_ms} />
            </>
          ) : (
            <span class="muted">{t("quiet")}</span>
          )}{" "}
          <LevelBars level={Math.max(0, ...media.slots.levels.value.values())} />
        </p>
        <Button
          testid={audioOnly ? "step-full" : "step-audio"}
          pressed={audioOnly}
          onClick={() => media.setWant({ step: audioOnly ? "full" : "audio" })}
        >
          {audioOnly ? t("with_picture") : t("audio_only")}
        </Button>
      </div>
      {item && (
        <p class="muted" data-testid="agenda-now">
          {item.no}/{item.count} · {item.title}
        </p>
      )}
      {ballot?.state === "open" && (
        <p class="card" data-testid="vote-open">
          {t("vote_open", { question: ballot.question })} ·{" "}
          <span class="num">
            {ballot.pressed}/{ballot.present}
          </span>
        </p>
      )}
      {ballot?.state === "closed" && ballot.result && (
        <p class="card" data-testid="result">
          <strong>{ballot.question}</strong>
          <br />
          {ballot.result.sentence}
        </p>
      )}
    </>
  );
}

/** The own place in the queue, or the own turn with its end. */
function Mine(p: { session: Session }) {
  const { session } = p;
  const self = session.views.self.value;
  const end = useAct(session);
  if (self?.floor?.state === "speaking") {
    return (
      <Card testid="my-turn">
        <p>
          <strong>{t("you_speak")}</strong> <Elapsed since={self.floor.started_at} allowedMs={self.floor.allowed_ms} />
        </p>
        <Button
          kind="floor"
          main
          wide
          busy={end.busy.value}
          testid="floor-end"
          onClick={() => void end.run({ type: "floor.end" })}
        >
          {t("end_turn")}
        </Button>
      </Card>
    );
  }
  if (!self?.place) return null;
  return (
    <p class="card" role="status" data-testid="my-place">
      <strong>{t("my_place", { n: self.place })}</strong>
    </p>
  );
}

function Hand(p: { session: Session }) {
  const { session } = p;
  const act = useAct(session);
  const place = session.views.self.value?.place ?? 0;
  return (
    <IconLabelButton
      icon={IconHand}
      tone={place > 0 ? "floor" : "plain"}
      pressed={place > 0}
      disabled={act.busy.value || !session.open.value || session.views.self.value?.floor?.state === "speaking"}
      testid="hand"
      onClick={() => void act.run(place > 0 ? { type: "queue.withdraw" } : { type: "queue.raise" })}
    >
      {place > 0 ? t("hand_down") : t("hand")}
    </IconLabelButton>
  );
}

function AskSheet(p: { session: Session; onClose: () => void }) {
  const text = useSignal("");
  const sent = useSignal(0);
  const act = useAct(p.session, "place");
  const send = async () => {
    const ok = await act.run({ type: "message.send", to: "clerk", text: text.value.trim() });
    if (!ok) return;
    text.value = "";
    sent.value = ok.at;
  };
  return (
    <Sheet
      title={t("ask_title")}
      aside={
        <Button onClick={p.onClose} testid="panel-close">
          {common("close")}
        </Button>
      }
      testid="ask-sheet"
    >
      <form
        class="stack"
        onSubmit={(e) => {
          e.preventDefault();
          if (text.value.trim()) void send();
        }}
      >
        <Field
          label={t("ask_here")}
          rows={3}
          maxLength={1000}
          value={text.value}
          onInput={(v) => (text.value = v)}
          error={act.error.value}
          testid="ask-text"
        />
        <Button
          type="submit"
          kind="primary"
          main
          wide
          busy={act.busy.value}
          disabled={!text.value.trim()}
          testid="ask-send"
        >
          {t("ask_send")}
        </Button>
        {sent.value > 0 && (
          <p role="status" data-testid="ask-received">
            ✓ {t("ask_sent", { time: timeText(sent.value) })}
          </p>
        )}
        {!p.session.open.value && <p class="muted">{common("waiting_net")}</p>}
      </form>
    </Sheet>
  );
}

function Thread(p: { session: Session }) {
  const list = p.session.views.self.value?.thread ?? [];
  if (!list.length) return null;
  return (
    <section class="thread" data-testid="thread">
      <h2>{t("my_questions")}</h2>
      {list.map((m) => (
        <p key={m.seq} class="bubble" data-testid="message">
          <span class="muted num">{timeText(m.at, false)}</span> {m.to !== "clerk" && <strong>{m.label}: </strong>}
          {m.text}
        </p>
      ))}
    </section>
  );
}

function MoreSheet(p: { session: Session; phone: string | undefined; leave: () => void; onClose: () => void }) {
  return (
    <Sheet
      title={t("more")}
      aside={
        <Button onClick={p.onClose} testid="panel-close">
          {common("close")}
        </Button>
      }
      testid="more-panel"
    >
      <Button wide onClick={() => p.session.unlock()} testid="hear">
        {t("hear_problem")}
      </Button>
      <TextSize />
      <LangSwitch />
      {p.phone && (
        <p>
          {common("need_help_call")} <a href={`tel:${p.phone}`}>{p.phone}</a>
        </p>
      )}
      <Button kind="danger" wide onClick={p.leave} testid="leave">
        {t("leave")}
      </Button>
    </Sheet>
  );
}

/** The lock screen says what is heard; some phones then keep the sound when the screen goes off. */
function useMediaSession(session: Session) {
  const title = session.views.agenda.value?.sitting.title ?? "";
  useEffect(() => {
    if (!title || !("mediaSession" in navigator) || typeof MediaMetadata !== "function") return;
    navigator.mediaSession.metadata = new MediaMetadata({ title: t("media_session", { title }) });
  }, [title]);
}
