/** "Cầu đã sẵn sàng n/N": each hall as the server sees it, for clerk, chair and technicians. */
import { now, serverNow } from "../../core/clock";
import type { MediaLines } from "../../core/protocol";
import type { Session } from "../../core/session";
import { common } from "../../i18n/common";
import { lines as t } from "../../i18n/lines";
import { Button } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { useLines } from "./ask";
import "./lines.css";
import { ago, type Hall, halls, heard } from "./model";

/** HallBoard asks by itself; nothing where the sitting has no hall. */
export function HallBoard({ session }: { session: Session }) {
  const counts = session.views.people.value?.counts;
  return counts?.halls ? <Asking session={session} /> : null;
}

function Asking({ session }: { session: Session }) {
  const { answer } = useLines(session);
  return <Board session={session} answer={answer} />;
}

/** Board is the board of one answer; before the first it shows what the views know. */
export function Board({ session, answer }: { session: Session; answer: MediaLines | null }) {
  const people = session.views.people.value;
  const list = halls(answer, people, session.views.floor.value);
  const counts = people?.counts;
  if (!counts || list.length === 0) return null;
  const all = counts.halls_ready === counts.halls;
  return (
    <section class="card ln-block" data-testid="hall-board" aria-labelledby="ln-halls">
      <div class="row spread">
        <h2 id="ln-halls">{t("board")}</h2>
        <Chip tone={all ? "success" : "plain"} testid="halls-ready">
          {all && "✓ "}
          {t("halls_ready", { n: counts.halls_ready, all: counts.halls })}
        </Chip>
      </div>
      <ul class="ln-halls" role="list">
        {list.map((h) => (
          <HallRow key={h.id} hall={h} />
        ))}
      </ul>
    </section>
  );
}

/** HallRow: four signs in words, what to do, since when. */
function HallRow({ hall: h }: { hall: Hall }) {
  const at = now.value && serverNow();
  const cam = h.cam;
  const fps = Math.round(cam?.fps ?? 0);
  return (
    <li data-testid="hall-row" data-who={h.id} data-ok={h.todo ? "no" : "yes"}>
      <div class="row spread">
        <strong class="grow">{h.name}</strong>
        {h.since > 0 && <span class="muted num ln-small">{t("hall_changed", { ago: ago(at - h.since) })}</span>}
      </div>
      <p class="ln-signs">
        <Sign ok={h.online}>{t(h.online ? "hall_in" : "hall_out")}</Sign>
        {h.online && (
          <>
            <Sign ok={heard(h.mic)} waits={!h.mic && !h.expected.mic}>
              {h.mic
                ? h.mic.heard_ms >= 0
                  ? t("hall_heard", { ago: ago(h.mic.heard_ms) })
                  : t("hall_unheard")
                : t(h.expected.mic ? "hall_sound_none" : "hall_sound_wait")}
            </Sign>
            <Sign ok={!!cam} waits={!cam && !h.expected.cam}>
              {cam
                ? cam.w && cam.h
                  ? t("hall_picture", { w: cam.w, h: cam.h, fps })
                  : t("hall_picture_only", { fps })
                : t(h.expected.cam ? "hall_picture_none" : "hall_picture_wait")}
            </Sign>
            <Sign ok={h.ready}>{t(h.ready ? "hall_ready" : "hall_unready")}</Sign>
          </>
        )}
      </p>
      {h.todo && <p class="ln-todo">{t(h.todo)}</p>}
    </li>
  );
}

/** Sign is a state with its mark, or a dash for what nobody expects yet: never a colour alone. */
function Sign(p: { ok: boolean; waits?: boolean; children: preact.ComponentChildren }) {
  return (
    <span class="ln-sign" data-ok={p.waits ? "waits" : p.ok ? "yes" : "no"}>
      <span aria-hidden="true">{p.waits ? "–" : p.ok ? "✓" : "✕"}</span> {p.children}
    </span>
  );
}

/** HallSheet is the board in the chair's sheet slot. */
export function HallSheet({ session, onClose }: { session: Session; onClose: () => void }) {
  return (
    <Sheet
      title={t("halls")}
      testid="hall-sheet"
      kind="halls"
      aside={
        <Button testid="panel-close" onClick={onClose}>
          {common("close")}
        </Button>
      }
    >
      <HallBoard session={session} />
    </Sheet>
  );
}
