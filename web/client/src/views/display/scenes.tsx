/** The scenes of the hall display that tell where the sitting stands: waiting, item, speaker, break, QR, notice. */
import { clockText, dateText, timeText } from "../../core/format";
import { common } from "../../i18n/common";
import { display } from "../../i18n/display";
import { Icon, IconTimer } from "../../ui/icons";
import { currentItem } from "../chair/model";
import { turnClock } from "../chair/turn";
import { Frame, Qr, Recorded, type SceneProps } from "./frame";
import { secondsTo } from "./model";

/** C0: before the opening and after the end: who meets, the time of day, the way in. */
export function Waiting({ state, now, qr }: SceneProps) {
  const head = state.agenda?.sitting;
  const text = !head
    ? display("waiting")
    : head.state === "closed"
      ? display("closed_at", { time: timeText(head.closed_at, false) })
      : head.state === "open"
        ? display("opened")
        : head.planned_at
          ? display("starts_at", { time: timeText(head.planned_at, false), date: dateText(head.planned_at) })
          : display("waiting");
  return (
    <>
      <header class="d-head">
        <p class="d-line">
          <Recorded state={state} />
          {head?.kind_name ?? ""}
        </p>
      </header>
      <div class="d-body d-split">
        <div class="d-stack">
          <p class="d-council">{head?.council_name ?? display("title")}</p>
          <h1 class="d-name">{head?.title ?? ""}</h1>
          <p class="d-clock num" role="timer" aria-live="off">
            {timeText(now, false)}
          </p>
          <p class="d-second">{text}</p>
          {head?.place && <p class="d-second d-muted">{head.place}</p>}
        </div>
        <Qr door={qr} big />
      </div>
      <footer class="d-foot" />
    </>
  );
}

/** C1: the item under discussion. */
export function Item({ state, qr, video }: SceneProps) {
  const item = currentItem(state.agenda);
  const items = state.agenda?.items ?? [];
  const after = items.filter((i) => item && i.no > item.no).slice(0, 2);
  return (
    <Frame
      state={state}
      about={item ? display("item_of", { n: item.no, total: items.length }) : undefined}
      foot={<Next list={after.map((i) => display("item", { n: i.no, title: i.title }))} qr={qr} />}
    >
      <div class={video ? "d-split d-speaker-video" : "d-stack"}>
        {video && <div class="d-video d-video-plain">{video}</div>}
        <div class="d-stack">
          <h1 class="d-item">{item ? display("item", { n: item.no, title: item.title }) : ""}</h1>
          {item?.presenter && <p class="d-row">{display("presenter", { who: item.presenter })}</p>}
          {!!item?.minutes && <p class="d-second d-muted">{display("minutes", { n: item.minutes })}</p>}
        </div>
      </div>
    </Frame>
  );
}

function Next({ list, qr }: { list: string[]; qr: string }) {
  return (
    <>
      <div class="d-next">
        {list.length > 0 && <p class="d-second d-muted">{display("next_items")}</p>}
        {list.map((t) => (
          <p key={t} class="d-second ellipsis">
            {t}
          </p>
        ))}
      </div>
      <Qr door={qr} />
    </>
  );
}

/** C2: who speaks and how long still; the stage's picture beside it when there is one. */
export function Speaker({ state, now, qr, video }: SceneProps) {
  const holder = state.floor?.holder;
  const item = currentItem(state.agenda);
  const clock = turnClock(holder, now);
  const waiting = (state.queue?.entries ?? []).filter((e) => !holder?.person || e.person !== holder.person).slice(0, 3);
  return (
    <Frame
      state={state}
      title={item ? display("item", { n: item.no, title: item.title }) : undefined}
      foot={
        <>
          <p class="d-second d-muted d-grow ellipsis">
            {waiting.length > 0 && display("next_speakers", { who: waiting.map((e) => e.label).join(" · ") })}
          </p>
          <Qr door={qr} />
        </>
      }
    >
      <div class={video ? "d-split d-speaker-video" : "d-stack d-center"}>
        {video && <div class="d-video">{video}</div>}
        <div class="d-stack d-center">
          {holder && <p class="d-second d-muted">{common(`kind_${holder.kind}`)}</p>}
          <p class="d-who">{holder?.label ?? ""}</p>
          {!!holder?.seat && <p class="d-row d-muted">{display("seat", { seat: holder.seat })}</p>}
          {clock.phase === "invited" && <p class="d-row">{display("invited_short")}</p>}
          {clock.phase !== "invited" && clock.phase !== "idle" && <Rest phase={clock.phase} rest={clock.rest} />}
        </div>
      </div>
    </Frame>
  );
}

/** Rest is the clock: white, in the last minute yellow with an hourglass, over time red with words: never colour alone. */
function Rest({ phase, rest }: { phase: string; rest: number }) {
  return (
    <p class={`d-rest d-rest-${phase} num`} role="timer" aria-live="off" data-testid="display-rest">
      {phase !== "normal" && <Icon of={IconTimer} />}
      {phase === "over" ? clockText(rest * 1000) : display("rest", { time: clockText(rest * 1000) })}
      {phase === "over" && <span class="d-second">{display("over")}</span>}
    </p>
  );
}

/** C7: the way in, as large as the wall allows. */
export function BigQr({ state, qr }: SceneProps) {
  return (
    <Frame state={state} title={display("scan")}>
      <div class="d-center d-stack">
        <Qr door={qr} big />
      </div>
    </Frame>
  );
}

/** C8: the break and its countdown. */
export function Break({ state, now, qr }: SceneProps) {
  const ends = state.agenda?.sitting.pause_ends_at ?? 0;
  const left = secondsTo(ends, now);
  return (
    <Frame
      state={state}
      foot={
        <>
          <span class="d-grow" />
          <Qr door={qr} />
        </>
      }
    >
      <div class="d-stack d-center">
        <h1 class="d-name">{display("break")}</h1>
        <p class="d-huge num" role="timer" aria-live="off">
          {left === undefined ? timeText(now, false) : clockText(left * 1000)}
        </p>
        <p class="d-row">
          {left === undefined ? display("break_open") : display("break_back", { time: timeText(ends, false) })}
        </p>
      </div>
    </Frame>
  );
}

/** C9: one notice. */
export function Notice({ state }: SceneProps) {
  return (
    <Frame state={state} about={display("notice")}>
      <p class="d-notice">{state.notice}</p>
    </Frame>
  );
}
