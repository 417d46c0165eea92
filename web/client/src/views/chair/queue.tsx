/** The speakers' queue: always open, in the server's order, one button a row. */
import { now } from "../../core/clock";
import type { Session } from "../../core/session";
import { nameOf } from "../../core/views";
import { chair } from "../../i18n/chair";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { Chip } from "../../ui/chip";
import type { Desk } from "./desk";
import { type QueueRow, queueRows } from "./model";
import { waited } from "./turn";

/** How many rows a phone shows before "Xem hết". */
const SHORT = 4;

/** Queue is the right column; on a phone the sheet above the bar. */
export function Queue({ desk }: { desk: Desk }) {
  const all = desk.allRows.value;
  const view = desk.session.views.queue.value;
  const rows = queueRows(view, now.value, desk.armed.value?.id ?? "");
  return (
    <section class="ch-queue" aria-labelledby="queue-title" data-testid="queue">
      <header class="ch-queue-head">
        <h2 id="queue-title">{chair("queue", { n: view?.length ?? 0 })}</h2>
        {rows.length > SHORT ? (
          <button
            type="button"
            class="ch-all only-narrow"
            data-testid="queue-all"
            onClick={() => {
              desk.allRows.value = !all;
            }}
          >
            {all ? chair("show_less") : chair("show_all", { n: rows.length })}
          </button>
        ) : null}
        <span class={rows.length > SHORT ? "muted only-wide" : "muted"}>{rows.length > 0 && chair("in_order")}</span>
      </header>
      {rows.length === 0 && (
        <div class="ch-empty muted" data-testid="queue-empty">
          <p>{chair("queue_empty")}</p>
          <p>{chair("queue_empty_next")}</p>
        </div>
      )}
      <ol class="ch-rows" tabIndex={desk.online.value ? undefined : 0}>
        {rows.map((r) => (
          <Row key={r.entry.id} row={r} desk={desk} />
        ))}
      </ol>
    </section>
  );
}

function Row({ row, desk }: { row: QueueRow; desk: Desk }) {
  const { entry } = row;
  const who = entry.name || entry.label;
  return (
    <li class="ch-row" data-testid="queue-row" data-entry={entry.id} data-who={entry.person ?? ""}>
      <span class="ch-place num">{entry.place}</span>
      <span class="ch-who">
        <strong>{who}</strong>
        <span class="ch-tags">
          <Chip tone="tag">{common(`kind_${entry.kind}`)}</Chip>
          <span class="muted num">{chair("waits", { time: waited(row.waitMs) })}</span>
          {entry.asked && <span class="muted">{chair("asks_whom", { who: entry.asked })}</span>}
          {entry.name && <span class="muted">{entry.label}</span>}
          {entry.hall && <span class="muted">{chair("at_hall", { hall: hallName(desk.session, entry.hall) })}</span>}
          {entry.on_behalf && <span class="muted">{chair("on_behalf")}</span>}
          {!entry.online && (
            <span class="muted" data-testid="row-offline">
              {chair("offline")}
            </span>
          )}
          {row.armed && <Chip tone="info">{chair("armed")}</Chip>}
        </span>
      </span>
      {row.armed ? (
        <Button testid="armed-cancel" onClick={() => desk.disarm()}>
          {chair("armed_cancel")}
        </Button>
      ) : (
        <Button
          kind="floor"
          testid="give-floor"
          label={chair("give_who", { who })}
          disabled={!desk.online.value}
          busy={desk.busy.value.has("floor.give")}
          onClick={() => desk.give(entry)}
        >
          {chair("give")}
        </Button>
      )}
    </li>
  );
}

function hallName(session: Session, hall: string): string {
  return nameOf(session.views, hall);
}
