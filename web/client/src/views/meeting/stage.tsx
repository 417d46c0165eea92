/** The stage (one large tile, or a grid) and the strip of small ones. */
import { useEffect, useRef } from "preact/hooks";
import { now } from "../../core/clock";
import { clockText, dateText, sameDay, timeText } from "../../core/format";
import type { Session } from "../../core/session";
import type { VideoSlotView } from "../../core/sub";
import { nameOf } from "../../core/views";
import { call } from "../../i18n/call";
import { Button } from "../../ui/button";
import { AddToCalendar } from "../door/calendar";
import { fitsStage, hasFloor, onStage, strip } from "./model";
import { Tile } from "./tile";

const STAGE = 0;
const SCREEN = 1;
const FIRST_TILE = 2;

/** useStageSize tells the server how tall the stage is, in device pixels. */
function useStageSize(session: Session, tiles: number, page: number) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const el = ref.current;
    if (!el || typeof ResizeObserver === "undefined") return;
    const seen = new ResizeObserver(() => {
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      session.media.setWant({ screen_px: Math.round(el.clientHeight * ratio) });
    });
    seen.observe(el);
    return () => seen.disconnect();
  }, [session]);
  useEffect(() => {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    session.media.setWant({ tiles, page, tile_px: Math.round(180 * ratio) });
  }, [session, tiles, page]);
  return ref;
}

const shows = (slot: VideoSlotView | undefined) => !!slot && slot.state.value.src !== 0;

/** StageView is the main area: the shared screen if there is one, else the speaker; or the state of the sitting. */
export function StageView(p: { session: Session; layout?: "speaker" | "grid"; page?: number; tiles?: number }) {
  const { session } = p;
  const { views, media } = session;
  const box = useStageSize(session, p.tiles ?? media.want.value.tiles ?? 0, p.page ?? 0);
  const head = views.agenda.value?.sitting;
  const anyone = views.floor.value?.holder || shows(media.slots.video[STAGE]) || shows(media.slots.video[SCREEN]);
  const rest = head && head.state !== "open" && !anyone;
  return (
    <div ref={box} class={p.layout === "grid" ? "grid-tiles" : "mt-stage"} data-testid="stage">
      {rest ? (
        <RestMessage session={session} />
      ) : p.layout === "grid" ? (
        <Grid session={session} />
      ) : (
        <Large session={session} />
      )}
    </div>
  );
}

/** Large is the shared screen, or who is on stage. */
function Large(p: { session: Session }) {
  const { media, views } = p.session;
  const screen = media.slots.video[SCREEN];
  if (screen && shows(screen) && screen.state.value.kind === "screen") {
    return <Person session={p.session} slot={screen} big who={screen.state.value.who} />;
  }
  const stage = media.slots.video[STAGE];
  const floor = views.floor.value;
  const listed = (id: string) => views.people.value?.people.some((x) => x.id === id) ?? false;
  if (fitsStage(floor, stage?.state.value.who ?? "", listed)) {
    return <Person session={p.session} slot={stage} big who="" />;
  }
  const wanted = onStage(floor).who;
  return <Person session={p.session} slot={wanted ? media.slots.slotOf(wanted) : undefined} big who="" />;
}

/** Person is a tile named by what really arrives; without a picture by who has the floor, or who presides. */
function Person(p: {
  session: Session;
  slot?: VideoSlotView | undefined;
  who: string;
  big?: boolean;
  small?: boolean;
}) {
  const { views, media } = p.session;
  const floor = views.floor.value;
  const state = p.slot?.state.value;
  const wanted = onStage(floor);
  const who = state?.src ? state.who : p.who || wanted.who || (p.big && !floor?.holder ? (floor?.chair ?? "") : "");
  const person = views.people.value?.people.find((x) => x.id === who);
  const holds = hasFloor(floor, who) || (p.big && !floor?.pin && !!floor?.holder && !person);
  // On stage the speaker is named, not the hall whose camera shows him.
  const label = (p.big && holds && floor?.holder?.label) || nameOf(views, who) || call("nobody_speaks");
  const screen = state?.kind === "screen";
  // The server sends nobody his own picture back: on stage the own camera is shown directly.
  const mine = !state?.src && who !== "" && who === views.self.value?.person ? p.session.own.camTrack.value : null;
  return (
    <Tile
      who={who}
      stream={mine ? ownStream(mine) : null}
      mirror={mine !== null}
      label={screen ? call("screen_of", { who: label }) : label}
      slot={p.slot}
      big={p.big ?? false}
      floor={holds ? floor?.holder : null}
      level={media.slots.levels.value.get(who) ?? 0}
      hand={p.big ? 0 : (person?.hand ?? 0)}
      muted={person?.muted ?? false}
      frozen={p.session.lost.value === "media"}
    />
  );
}

function Grid(p: { session: Session }) {
  const { slots } = p.session.media;
  const full = slots.video.filter((s, i) => (i === STAGE || i >= FIRST_TILE) && shows(s));
  if (!full.length) return <Large session={p.session} />;
  return (
    <>
      {full.map((s) => (
        <Person key={s.index} session={p.session} slot={s} who="" big={s.index === STAGE} />
      ))}
    </>
  );
}

/** TILES are the grid's slots: the stage's own is apart. */
export const TILES = 7;

/** gridPages counts the pages of the grid from the cameras that others publish. */
export function gridPages(session: Session): number {
  const me = session.views.self.value?.person;
  const cams = [...session.media.slots.sources.value.values()].filter((s) => s.kind === "cam" && s.who !== me);
  return Math.max(1, Math.ceil(Math.max(0, cams.length - 1) / TILES));
}

/** GridPager turns the pages; absent when there is one. */
export function GridPager(p: { session: Session; page: number; onPage: (n: number) => void }) {
  const count = gridPages(p.session);
  if (count < 2) return null;
  return (
    <div class="row" role="group" aria-label={call("layout_grid")}>
      <Button disabled={p.page <= 0} onClick={() => p.onPage(p.page - 1)} testid="page-prev">
        {call("page_prev")}
      </Button>
      <span class="num" role="status">
        {call("page_n", { n: p.page + 1, count })}
      </span>
      <Button disabled={p.page >= count - 1} onClick={() => p.onPage(p.page + 1)} testid="page-next">
        {call("page_next")}
      </Button>
    </div>
  );
}

/** Strip is the column (or the row on a phone) of small tiles; the last one is the own picture. */
export function Strip(p: { session: Session; room: number; noVideo?: boolean }) {
  const { session } = p;
  const { views, media, own } = session;
  const self = views.self.value;
  const me = self?.person ?? "";
  const stage = media.slots.video[STAGE]?.state.value;
  const sharing = shows(media.slots.video[SCREEN]);
  const large = sharing
    ? ""
    : stage?.src
      ? stage.who
      : onStage(views.floor.value).who || (views.floor.value?.chair ?? "");
  const ids = strip(views.people.value, views.floor.value, large, me, p.room - 1);
  const levels = media.slots.levels.value;
  return (
    <>
      {ids.map((id) => {
        const slot = sharing && stage?.who === id ? media.slots.video[STAGE] : tileSlot(session, id);
        const person = views.people.value?.people.find((x) => x.id === id);
        return (
          <Tile
            key={id}
            who={id}
            label={nameOf(views, id)}
            slot={slot}
            floor={hasFloor(views.floor.value, id) ? views.floor.value?.holder : null}
            level={levels.get(id) ?? 0}
            hand={person?.hand ?? 0}
            muted={person?.muted ?? false}
            noVideo={(p.noVideo ?? false) && id !== views.floor.value?.chair}
          />
        );
      })}
      {self && (
        <Tile
          who={me}
          label={call("me")}
          own
          stream={own.camTrack.value ? ownStream(own.camTrack.value) : null}
          hand={self.place}
          muted={self.muted ?? false}
          floor={self.floor?.state === "speaking" ? self.floor : null}
          noVideo={p.noVideo ?? false}
        />
      )}
    </>
  );
}

const tileSlot = (session: Session, who: string) =>
  session.media.slots.video.find((s) => s.index >= FIRST_TILE && s.state.value.who === who && s.state.value.src !== 0);

const streams = new WeakMap<MediaStreamTrack, MediaStream>();

function ownStream(track: MediaStreamTrack): MediaStream {
  let s = streams.get(track);
  if (!s) {
    s = new MediaStream([track]);
    streams.set(track, s);
  }
  return s;
}

/** RestMessage: not begun, on a break, over. */
function RestMessage(p: { session: Session }) {
  const head = p.session.views.agenda.value?.sitting;
  if (!head) return null;
  const t = now.value;
  const day = sameDay(head.planned_at, t) ? "" : ` ${dateText(head.planned_at)}`;
  return (
    <div class="stage-message" data-testid="rest" data-state={head.state}>
      {head.state === "published" && (
        <>
          <p class="big num">{timeText(t, false)}</p>
          <p>{call("begins_at", { time: timeText(head.planned_at, false) + day })}</p>
          {head.planned_at > t && (
            <AddToCalendar
              door={p.session.o.door}
              title={`${head.title} – ${head.council_name}`}
              at={head.planned_at}
              place={head.place}
            />
          )}
        </>
      )}
      {head.state === "paused" && (
        <>
          <p class="big">{call("break")}</p>
          {head.pause_ends_at > t && <p class="big num">{clockText(head.pause_ends_at - t)}</p>}
        </>
      )}
      {head.state === "closed" && <p class="big">{call("closed_at", { time: timeText(head.closed_at, false) })}</p>}
    </div>
  );
}
