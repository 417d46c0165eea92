/** The scenes that count: vote open, result, roll-call. While a vote is open only how many have pressed is shown. */

import { clockText } from "../../core/format";
import type { PresenceState, Result } from "../../core/protocol";
import { display } from "../../i18n/display";
import { Icon, IconCheck, IconClose, IconMinus, type IconNode } from "../../ui/icons";
import { quorumState, thresholdWords } from "../chair/model";
import { Frame, type SceneProps } from "./frame";
import {
  bars,
  inFavour,
  inFavourPct,
  type OptionLook,
  optionLook,
  pressedPart,
  seatColumns,
  seats,
  secondsTo,
} from "./model";

const marks: Record<OptionLook, IconNode> = { for: IconCheck, against: IconClose, none: IconMinus };

/** C4: the question and how many have pressed; no trend. */
export function VoteOpen({ state, now }: SceneProps) {
  const b = state.ballot?.ballot;
  if (!b) return null;
  const left = secondsTo(b.ends_at, now);
  return (
    <Frame
      state={state}
      title={display("voting")}
      aside={
        left === undefined ? undefined : (
          <p class="d-count num" role="timer" aria-live="off">
            {clockText(left * 1000)}
          </p>
        )
      }
      foot={
        <ul class="d-options">
          {b.options.map((o) => (
            <li key={o.id}>
              <Icon of={marks[optionLook(o.id)]} />
              {o.label}
            </li>
          ))}
        </ul>
      }
    >
      <div class="d-stack d-center">
        <p class="d-row d-question">{b.question}</p>
        <p class="d-huge num" data-testid="display-pressed">
          {display("pressed", { k: b.pressed, n: b.present })}
        </p>
        <p class="d-row d-muted">{display("pressed_words")}</p>
        <div class="d-bar d-bar-wide">
          <i class="d-fill-plain" style={{ width: `${pressedPart(b) * 100}%` }} />
        </div>
      </div>
    </Frame>
  );
}

/** C5: bars, verdict, base and threshold, and those who pressed nothing. */
export function VoteResult({ state }: SceneProps) {
  const b = state.ballot?.ballot;
  const r = b?.result;
  if (!b || !r) return null;
  return (
    <Frame
      state={state}
      about={display("result")}
      title={b.question}
      foot={
        <>
          <p class={r.passed ? "d-verdict" : "d-verdict d-verdict-no"} data-testid="display-verdict">
            {display(r.passed ? "passed" : "not_passed")}
          </p>
          <div class="d-sums">
            <p>
              <b class="num">
                {display("sum_all", { count: inFavour(r)?.count ?? 0, base: r.base_count, pct: inFavourPct(r) })}
              </b>{" "}
              {display(r.base === "present" ? "of_present" : "of_all")}
            </p>
            <p class="d-muted">{needText(r, b.threshold)}</p>
          </div>
        </>
      }
    >
      <table class="d-bars">
        <tbody>
          {bars(r).map((x) => (
            <tr key={x.id}>
              <th scope="row">
                <Icon of={marks[x.look]} />
                {x.label}
              </th>
              <td class="d-bar-cell">
                <div class="d-bar">
                  <i class={`d-fill-${x.look}`} style={{ width: `${x.part * 100}%` }} />
                </div>
              </td>
              <td class="num">{display("count_pct", { count: x.count, pct: x.pct }).replace(/ /gu, "\u00a0")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  );
}

/** needText says the threshold, its base, the least number of votes, and who pressed nothing. */
function needText(r: Result, f: { num: number; den: number; strict: boolean }): string {
  const base = r.base === "present" ? "present" : "all";
  return display(`need_${thresholdWords(f)}_${base}`, {
    num: f.num,
    den: f.den,
    need: r.need,
    present: r.present,
    total: r.total,
    n: r.not_pressed,
  });
}

/** The mark of a roll-call state; a state is never told by colour alone. */
function seatMark(s: PresenceState) {
  if (s === "present" || s === "late") return <Icon of={IconCheck} />;
  if (s === "excused" || s === "left") return <Icon of={IconMinus} />;
  if (s === "unexcused") return <Icon of={IconClose} />;
  return <span>?</span>;
}

/** C6: the roll-call on the seats. */
export function RollCall({ state, now }: SceneProps) {
  const r = state.rollcall;
  if (!r) return null;
  const rows = seats(r);
  const left = r.state === "open" ? secondsTo(r.ends_at, now) : undefined;
  const quorum = quorumState(r.quorum);
  return (
    <Frame
      state={state}
      line={r.state === "open" ? display("rollcall_hint") : undefined}
      title={display(r.state === "open" ? "rollcall" : "rollcall_closed")}
      aside={
        <p class="d-count num" data-testid="display-present">
          {left !== undefined && <span class="d-muted d-left">{clockText(left * 1000)}</span>}
          {display("present_of", { present: r.quorum.present, total: r.quorum.total })}
        </p>
      }
      foot={
        <>
          <p class="d-second d-grow">
            {display("legend", {
              present: r.counts.present,
              excused: r.counts.excused,
              unexcused: r.counts.unexcused,
              unknown: r.counts.unknown,
            })}
          </p>
          {quorum !== "none" && (
            <p class={quorum === "met" ? "d-chip d-chip-ok" : "d-chip d-chip-bad"} data-testid="quorum">
              {display(quorum === "met" ? "quorum_met" : "quorum_short", {
                present: r.quorum.present,
                total: r.quorum.total,
                need: r.quorum.need,
              })}
            </p>
          )}
        </>
      }
    >
      {rows.length > 0 ? (
        <ul class="d-seats" style={{ gridTemplateColumns: `repeat(${seatColumns(rows.length)}, minmax(0, 1fr))` }}>
          {rows.map((x) => (
            <li key={x.person} class="d-seat" data-state={x.state} data-testid="seat" data-who={x.person}>
              <span class="d-seat-no num">
                {seatMark(x.state)} {x.seat || ""}
              </span>
              <span class="d-seat-name">{x.name}</span>
            </li>
          ))}
        </ul>
      ) : (
        <div class="d-stack d-center">
          <p class="d-huge num">{display("present_of", { present: r.quorum.present, total: r.quorum.total })}</p>
          <p class="d-row d-muted">{display("present_words")}</p>
        </div>
      )}
    </Frame>
  );
}
