/** The seats as a grid of buttons: one tab stop, arrow keys move, C L K enter. The keys work only while it has focus. */
import { useRef } from "preact/hooks";
import type { RollCallRow } from "../../core/protocol";
import { common } from "../../i18n/common";
import { desk as t } from "../../i18n/desk";
import type { Clerk } from "./clerk";
import { entryOfKey, MARKS, step } from "./model";

/** SeatGrid needs the rows in the order in which they are drawn. */
export function SeatGrid({ clerk, rows }: { clerk: Clerk; rows: readonly RollCallRow[] }) {
  const box = useRef<HTMLDivElement>(null);
  const labels = new Map(clerk.session.views.people.value?.people.map((p) => [p.id, p.label]));
  const at = rows.findIndex((r) => r.person === clerk.seat.value);
  const down = (e: KeyboardEvent) => {
    const row = rows[at];
    const entry = entryOfKey(e);
    if (entry && row) {
      e.preventDefault();
      void clerk.mark(row, entry);
      return;
    }
    const to = step(e.key, Math.max(at, 0), rows.length, columnsOf(box.current));
    const next = rows[to];
    if (!next) return;
    e.preventDefault();
    clerk.seat.value = next.person;
    box.current?.querySelectorAll<HTMLElement>("button")[to]?.focus();
  };
  if (rows.length === 0) return <p class="muted">{t("roll_no_deputies")}</p>;
  return (
    <div class="dk-seats" ref={box} role="group" aria-label={t("roll_seats_keys")} data-testid="seats" onKeyDown={down}>
      {rows.map((r, i) => (
        <button
          key={r.person}
          type="button"
          class="dk-seat"
          data-state={r.state}
          data-who={r.person}
          data-testid="seat"
          aria-pressed={i === at}
          aria-label={t("seat_label", { seat: r.seat ?? i + 1, who: r.name, state: common(`presence_${r.state}`) })}
          tabIndex={i === Math.max(at, 0) ? 0 : -1}
          onClick={() => {
            clerk.seat.value = r.person;
          }}
          onFocus={() => {
            clerk.seat.value = r.person;
          }}
        >
          <span class="dk-seat-no num">
            {MARKS[r.state]} {r.seat || ""}
          </span>
          <span class="dk-seat-name">{labels.get(r.person) || r.name}</span>
          {r.lost && <span class="dk-seat-note">{t("lost")}</span>}
          {!r.lost && r.state === "late" && <span class="dk-seat-note">{common("presence_late")}</span>}
        </button>
      ))}
    </div>
  );
}

/** columnsOf counts the columns as they are drawn. */
function columnsOf(el: HTMLElement | null): number {
  const columns = el ? getComputedStyle(el).gridTemplateColumns.split(" ").filter(Boolean).length : 0;
  return Math.max(1, columns);
}
