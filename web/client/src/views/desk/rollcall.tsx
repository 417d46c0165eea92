/**
 * The clerk's roll-call: counts, the seats, the chosen deputy. Seat and one key (C, L, K), or seat and one button.
 * Deputies check themselves in; the clerk enters the rest, and after the close only with a reason.
 */
import { useSignal } from "@preact/signals";
import { nowSec } from "../../core/clock";
import { timeText } from "../../core/format";
import type { RollCallRow } from "../../core/protocol";
import { nameOf } from "../../core/views";
import { chair } from "../../i18n/chair";
import { common } from "../../i18n/common";
import { desk as t } from "../../i18n/desk";
import { Button } from "../../ui/button";
import { Chip } from "../../ui/chip";
import { Countdown } from "../../ui/clock";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import type { Clerk, Correction } from "./clerk";
import { doorPath, entries, isHere, KEYS, MARKS, part, seats } from "./model";
import { SeatGrid } from "./seats";

const SECONDS = 60;

/** RollCallTitle: "Điểm danh – phiên sáng", by the hour of the roll-call. */
export function RollCallTitle({ clerk }: { clerk: Clerk }) {
  const at = clerk.session.views.rollcall.value?.opened_at || nowSec.value * 1000;
  const hour = Number(timeText(at, false).slice(0, 2));
  return (
    <h1 class="dk-title" data-testid="rollcall-title">
      {t(`roll_title_${part(hour)}`)}
    </h1>
  );
}

/** RollCallChip: "✓ 26/30 có mặt – đủ điều kiện (≥ 20)", or that it is short. */
export function RollCallChip({ clerk }: { clerk: Clerk }) {
  const q = clerk.session.views.rollcall.value?.quorum;
  if (!q) return null;
  const n = { present: q.present, total: q.total, need: q.need };
  const words = !q.needed ? t("roll_chip_plain", n) : q.met ? t("roll_chip_met", n) : common("quorum_short", n);
  const tone = !q.needed ? "plain" : q.met ? "success" : "danger";
  return (
    <>
      <span class="only-wide">
        <Chip tone={tone} testid="quorum">
          {q.needed && q.met && "✓ "}
          {words}
        </Chip>
      </span>
      <span class="only-narrow">
        <Chip tone={tone}>
          {q.needed && q.met && "✓ "}
          {q.present}/{q.total}
        </Chip>
      </span>
    </>
  );
}

/** RollCallAct is the one main button of the screen: open, or close with a confirmation. */
export function RollCallAct({ clerk }: { clerk: Clerk }) {
  const { desk } = clerk;
  const r = clerk.session.views.rollcall.value;
  if (!r) return null;
  if (r.state === "open") {
    return (
      <Button
        kind="primary"
        testid="rollcall-close"
        disabled={!desk.online.value}
        onClick={() => {
          desk.question.value = "rollcall";
        }}
      >
        {chair("rollcall_close")}
      </Button>
    );
  }
  return (
    <Button
      kind={r.state === "none" ? "primary" : "quiet"}
      testid="rollcall-open"
      disabled={!desk.online.value}
      busy={desk.busy.value.has("rollcall.open")}
      onClick={() => void desk.act({ type: "rollcall.open", seconds: SECONDS }, chair("rollcall_opened"))}
    >
      {r.state === "none" ? chair("rollcall_open") : t("roll_again")}
    </Button>
  );
}

/** RollCallScreen fills the page between header and bar. */
export function RollCallScreen({ clerk }: { clerk: Clerk }) {
  const rows = seats(clerk.session.views.rollcall.value);
  const chosen = rows.find((r) => r.person === clerk.seat.value);
  return (
    <div class="dk-roll" data-testid="rollcall-screen">
      <Counts clerk={clerk} rows={rows} />
      <section class="dk-roll-mid" aria-label={t("roll_seats")}>
        <SeatGrid clerk={clerk} rows={rows} />
        <p class="dk-legend muted">
          {(["present", "late", "excused", "unexcused", "left", "unknown"] as const).map((s) => (
            <span key={s}>
              {MARKS[s]} {common(`presence_${s}`)}
            </span>
          ))}
        </p>
      </section>
      <div class="dk-roll-right">
        <PersonCard clerk={clerk} row={chosen} />
        <QrCard clerk={clerk} />
      </div>
    </div>
  );
}

/** Counts: how many and by whom, and who is still unknown. */
function Counts({ clerk, rows }: { clerk: Clerk; rows: readonly RollCallRow[] }) {
  const r = clerk.session.views.rollcall.value;
  if (!r) return null;
  const c = r.counts;
  const unknown = rows.filter((x) => x.state === "unknown");
  const url = `${location.protocol}//${location.host}${doorPath(clerk.session.o.door)}`;
  return (
    <div class="dk-roll-left">
      <section class="card dk-count">
        <p>
          <strong class="dk-big num" data-testid="rollcall-present">
            {c.present}
          </strong>{" "}
          <span class="muted">{t("roll_present")}</span>
          {r.state === "open" && r.ends_at > 0 && (
            <span class="dk-rest">
              <Countdown until={r.ends_at} testid="rollcall-rest" />
            </span>
          )}
        </p>
        <p class="muted">{chair("rollcall_by", { self: c.by_self, hall: c.by_hall, clerk: c.by_clerk })}</p>
        {r.state === "none" && <p class="muted">{t("roll_none")}</p>}
        {r.state === "closed" && (
          <p class="muted">{chair("rollcall_closed_at", { time: timeText(r.closed_at, false) })}</p>
        )}
      </section>
      <CountCard title={common("presence_late")} n={c.late} />
      <CountCard title={common("presence_excused")} n={c.excused} always />
      <CountCard title={common("presence_unexcused")} n={c.unexcused} />
      <CountCard title={common("presence_left")} n={c.left} />
      <section class="card dk-count">
        <h2>{common("presence_unknown")}</h2>
        <p class="muted num">{t("deputies_n", { n: c.unknown })}</p>
        {unknown.length > 0 && r.state !== "none" && (
          <Button
            testid="remind-zalo"
            onClick={() =>
              void clerk.copyReminder(
                unknown.map((u) => u.name),
                url,
              )
            }
          >
            {t("call_zalo")}
          </Button>
        )}
      </section>
    </div>
  );
}

function CountCard(p: { title: string; n: number; always?: boolean }) {
  if (!p.n && !p.always) return null;
  return (
    <section class="card dk-count">
      <h2>{p.title}</h2>
      <p class="muted num">{t("deputies_n", { n: p.n })}</p>
    </section>
  );
}

/** PersonCard: the chosen deputy and what can be entered. */
function PersonCard({ clerk, row }: { clerk: Clerk; row: RollCallRow | undefined }) {
  const { desk, session } = clerk;
  const roll = session.views.rollcall.value?.state ?? "none";
  if (!row) {
    return (
      <section class="card dk-person" data-testid="roll-person">
        <h2>{t("roll_choose")}</h2>
        <p class="muted">{t("roll_choose_hint")}</p>
      </section>
    );
  }
  const by = row.by === "self" || row.by === "hall" || row.by === "clerk" ? t(`roll_by_${row.by}`) : "";
  const hall = row.place && row.place !== "online" ? nameOf(session.views, row.place) : "";
  return (
    <section class="card dk-person" data-testid="roll-person" data-who={row.person}>
      <h2>{row.name}</h2>
      <p class="muted">
        {row.seat
          ? t("seat_state", { seat: row.seat, state: common(`presence_${row.state}`) })
          : common(`presence_${row.state}`)}
        {row.at > 0 && row.state !== "unknown" && <span class="num"> · {timeText(row.at)}</span>}
        {by && isHere(row.state) && ` · ${by}`}
        {hall && isHere(row.state) && ` · ${hall}`}
        {row.lost && ` · ${t("lost")}`}
      </p>
      {entries(roll, row.state).map((e) => (
        <Button
          key={e.state}
          wide
          testid={`rc-${e.state}`}
          disabled={!desk.online.value}
          busy={desk.busy.value.has("rollcall.set")}
          onClick={() => void clerk.mark(row, e.state)}
        >
          {MARKS[e.state]} {common(`presence_${e.state}`)}
          {KEYS[e.state] && <span class="only-wide"> ({KEYS[e.state]})</span>}
        </Button>
      ))}
      {roll === "closed" && <p class="muted dk-small">{t("roll_correct_hint")}</p>}
      {roll === "none" && <p class="muted dk-small">{t("roll_open_first")}</p>}
    </section>
  );
}

/** QrCard: the way to the own page for who is in the room; it lets nobody vote by itself. */
function QrCard({ clerk }: { clerk: Clerk }) {
  const { door } = clerk.session.o;
  return (
    <section class="card dk-qr only-wide-block">
      <h2>{t("qr_title")}</h2>
      <img src={`/api/doors/${encodeURIComponent(door)}/qr.svg`} alt={t("qr_alt")} width={180} height={180} />
      <p class="dk-address">
        {location.host}
        <wbr />
        {doorPath(door)}
      </p>
    </section>
  );
}

/** CorrectionDialog: a closed roll-call is corrected with a reason that the minutes carry. */
export function CorrectionDialog({ clerk, correction }: { clerk: Clerk; correction: Correction }) {
  const reason = useSignal("");
  const asked = useSignal(false);
  const close = () => {
    clerk.correction.value = null;
  };
  const save = () => {
    asked.value = true;
    if (reason.value.trim()) void clerk.correct(correction, reason.value.trim());
  };
  return (
    <Dialog
      alert
      title={t("correct_title", { who: correction.row.name, state: common(`presence_${correction.state}`) })}
      onClose={close}
      testid="correction"
    >
      <form
        class="stack"
        onSubmit={(e) => {
          e.preventDefault();
          save();
        }}
      >
        <Field
          label={t("correct_reason")}
          hint={t("correct_hint")}
          value={reason.value}
          maxLength={300}
          error={asked.value && !reason.value.trim() ? t("correct_need") : undefined}
          onInput={(v) => {
            reason.value = v;
          }}
          testid="correction-reason"
        />
        <div class="ch-acts">
          <Button testid="correction-cancel" onClick={close}>
            {common("cancel")}
          </Button>
          <Button
            type="submit"
            kind="primary"
            testid="correction-save"
            disabled={!clerk.desk.online.value}
            busy={clerk.desk.busy.value.has("rollcall.set")}
          >
            {t("correct_save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
