/** The waiting room: off by default; who waits is let in one by one, all at once, or by hamlet. */
import { desk as t } from "../../i18n/desk";
import { Button } from "../../ui/button";
import { EmptyState } from "../../ui/card";
import { Tick } from "../../ui/field";
import type { Clerk } from "./clerk";
import { hamlets } from "./model";

/** WaitingPane is a pane of the work area. */
export function WaitingPane({ clerk }: { clerk: Clerk }) {
  const { desk, session } = clerk;
  const on = session.views.agenda.value?.sitting.waiting_room ?? false;
  const waiting = session.views.people.value?.waiting ?? [];
  const locked = !desk.online.value;
  return (
    <div class="dk-pane" data-testid="pane-waiting">
      <section class="card dk-block">
        <h2>{t("waiting_title", { n: waiting.length })}</h2>
        <Tick
          label={t("waiting_switch")}
          checked={on}
          disabled={locked}
          onChange={(v) => void desk.act({ type: "admission.set", on: v }, t(v ? "waiting_on" : "waiting_off"))}
          testid="waiting-switch"
        />
        <p class="muted">{t(on ? "waiting_on_hint" : "waiting_off_hint")}</p>
        {on && waiting.length === 0 && <EmptyState>{t("waiting_none")}</EmptyState>}
        {waiting.length > 0 && (
          <div class="row">
            <Button
              kind="primary"
              testid="admit-all"
              disabled={locked}
              busy={desk.busy.value.has("admission.admit")}
              onClick={() => void clerk.admit({ all: true })}
            >
              {t("admit_all")}
            </Button>
            {hamlets(waiting).map((h) => (
              <Button
                key={h.name}
                testid="admit-hamlet"
                disabled={locked}
                onClick={() => void clerk.admit({ hamlet: h.name })}
              >
                {t("admit_hamlet", { hamlet: h.name, n: h.n })}
              </Button>
            ))}
          </div>
        )}
        <ul class="list" role="list">
          {waiting.map((w) => (
            <li key={w.person} data-testid="waiting-row" data-who={w.person}>
              <span class="grow">
                {w.name}
                {w.hamlet && <span class="muted"> · {w.hamlet}</span>}
              </span>
              <Button
                testid="admit"
                label={t("admit_who", { who: w.name })}
                disabled={locked}
                onClick={() => void clerk.admit({ persons: [w.person] })}
              >
                {t("admit")}
              </Button>
              <Button
                testid="refuse"
                label={t("refuse_who", { who: w.name })}
                onClick={() => {
                  clerk.removing.value = { person: w.person, label: w.name };
                }}
              >
                {t("refuse")}
              </Button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
