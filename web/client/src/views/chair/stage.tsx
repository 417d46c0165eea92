/** The chair's stage: who speaks, large, with the clock and "+1 phút"; below it small tiles and how many more there are. */
import { now } from "../../core/clock";
import type { Session } from "../../core/session";
import { chair } from "../../i18n/chair";
import { Button } from "../../ui/button";
import { StageView, Strip } from "../meeting/stage";
import type { Desk } from "./desk";
import { NO_ANSWER_MS, noAnswer } from "./turn";

/** Small tiles below the stage, the own one included. */
const TILES = 4;

/** ChairStage fills the stage slot of the shell; tight = a sheet is open, which leaves a phone only a strip of stage. */
export function ChairStage({ desk, tight }: { desk: Desk; tight: boolean }) {
  const { session } = desk;
  const holder = session.views.floor.value?.holder;
  return (
    <div class="ch-stage" data-tight={desk.sheet.value ? "yes" : tight ? "card" : "no"}>
      <div class="ch-big">
        <StageView session={session} tiles={TILES - 1} />
        {holder?.state === "speaking" && (
          <span class="ch-extend">
            <Button
              testid="extend"
              disabled={!desk.online.value}
              busy={desk.busy.value.has("floor.extend")}
              onClick={() => void desk.extend(holder)}
            >
              {chair("plus_minute")}
            </Button>
          </span>
        )}
      </div>
      <NoAnswer desk={desk} />
      <div class="ch-strip" data-testid="strip">
        <Strip session={session} room={TILES} />
        <More session={session} />
      </div>
    </div>
  );
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

/** More counts who is connected and not in a tile: everybody but the stage and the small tiles. */
function More({ session }: { session: Session }) {
  const online = session.views.people.value?.counts.online ?? 0;
  const more = online - TILES - 1;
  return more > 0 ? <p class="ch-more num">{chair("more_people", { n: more })}</p> : null;
}
