/** The chair's stage: who speaks, large, with the clock and "+1 phút"; below it three small tiles and how many more there are. */
import { useEffect } from "preact/hooks";
import { now } from "../../core/clock";
import type { Session } from "../../core/session";
import { nameOf } from "../../core/views";
import { chair } from "../../i18n/chair";
import { Button } from "../../ui/button";
import { hasFloor, onStage, strip } from "../meeting/model";
import { Tile } from "../meeting/tile";
import type { Desk } from "./desk";
import { NO_ANSWER_MS, noAnswer } from "./turn";

const STRIP = 3;

/** ChairStage fills the stage slot of the shell. */
export function ChairStage({ desk }: { desk: Desk }) {
  const { session } = desk;
  const floor = session.views.floor.value;
  const holder = floor?.holder;
  const slot = session.media.slots.video[0];
  useEffect(() => {
    session.media.setWant({ step: "full", tiles: STRIP });
  }, [session]);
  const wanted = onStage(floor);
  const who = wanted.who || slot?.state.value.who || "";
  const label = stageLabel(session, who, wanted.label) || chair("nobody_speaks");
  const shown = slot?.state.value.who === who ? slot : session.media.slots.slotOf(who);
  return (
    <div class="ch-stage" data-tight={desk.sheet.value ? "yes" : "no"}>
      <div class="ch-big">
        <Tile
          big
          who={who}
          label={label}
          slot={shown}
          floor={holder && (!floor?.pin || hasFloor(floor, who)) ? holder : null}
          level={session.media.slots.levels.value.get(who) ?? 0}
          frozen={session.lost.value !== ""}
        />
        {holder?.state === "speaking" && (
          <span class="ch-extend">
            <Button testid="extend" disabled={!desk.online.value} onClick={() => void desk.extend(holder)}>
              {chair("plus_minute")}
            </Button>
          </span>
        )}
      </div>
      <NoAnswer desk={desk} />
      <StripRow session={session} large={who} />
    </div>
  );
}

/** "Đại biểu Tổ 2 – ghế 14"; a speaker is named by the floor, everybody else by the list. */
function stageLabel(session: Session, who: string, given: string): string {
  const label = given || nameOf(session.views, who);
  const seat = session.views.people.value?.people.find((p) => p.id === who)?.seat;
  return label && seat ? chair("seat", { who: label, seat }) : label;
}

/** NoAnswer: after twenty seconds without an answer the chair calls again or passes on. */
function NoAnswer({ desk }: { desk: Desk }) {
  const holder = desk.session.views.floor.value?.holder;
  if (!holder || !noAnswer(holder, now.value)) return null;
  return (
    <div class="strip ch-noanswer" role="status" data-testid="no-answer">
      <span>{chair("no_answer", { who: holder.label, n: NO_ANSWER_MS / 1000 })}</span>
      <span class="row">
        {holder.person && (
          <Button testid="call-again" disabled={!desk.online.value} onClick={() => void desk.callAgain(holder)}>
            {chair("call_again")}
          </Button>
        )}
        <Button testid="next-person" disabled={!desk.online.value} onClick={() => desk.first()}>
          {chair("next_person")}
        </Button>
      </span>
    </div>
  );
}

function StripRow({ session, large }: { session: Session; large: string }) {
  const { people, floor } = session.views;
  const me = session.link.person;
  const ids = strip(people.value, floor.value, large, me, STRIP);
  const online = people.value?.counts.online ?? 0;
  const more = Math.max(0, online - ids.length - (large ? 1 : 0) - 1);
  if (!ids.length && !more) return null;
  return (
    <div class="ch-strip" data-testid="strip">
      {ids.map((id) => {
        const p = people.value?.people.find((x) => x.id === id);
        return (
          <Tile
            key={id}
            who={id}
            label={p?.label ?? ""}
            slot={session.media.slots.slotOf(id)}
            hand={p?.hand ?? 0}
            muted={p?.muted ?? false}
            level={session.media.slots.levels.value.get(id) ?? 0}
          />
        );
      })}
      {more > 0 && <p class="ch-more num">{chair("more_people", { n: more })}</p>}
    </div>
  );
}
