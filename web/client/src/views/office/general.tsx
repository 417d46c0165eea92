/** Tab Chung: what stands on the poster, and who may come in. */
import { useSignal } from "@preact/signals";
import { office as t } from "../../i18n/office";
import { Field, Tick } from "../../ui/field";
import type { DraftStore } from "./draft";
import { dayOf, hourOf, instant } from "./text";

export function General(p: { store: DraftStore }) {
  const d = p.store.doc.value;
  const put = (part: Partial<typeof d>) => p.store.edit((x) => ({ ...x, ...part }));
  // The text as it is typed: empty lines and trailing spaces go only when the field is read as a list.
  const hamlets = useSignal((d.hamlets ?? []).join("\n"));
  const hour = useSignal(hourOf(d.planned_at) || "08:00");
  return (
    <div class="of-cols">
      <div class="stack">
        <Field
          label={t("f_title")}
          value={d.title}
          onInput={(v) => put({ title: v })}
          maxLength={300}
          required
          testid="title"
        />
        <p class="muted">{t("kind_is", { kind: d.kind_name, council: d.council_name })}</p>
        <div class="of-two">
          <Field
            label={t("day")}
            type="date"
            value={dayOf(d.planned_at)}
            onInput={(v) => put({ planned_at: instant(v, hour.value) })}
            testid="day"
          />
          <Field
            label={t("hour")}
            type="time"
            value={hour.value}
            onInput={(v) => {
              hour.value = v;
              put({ planned_at: instant(dayOf(d.planned_at), v) });
            }}
            testid="hour"
          />
        </div>
        <Field
          label={t("f_place")}
          value={d.place ?? ""}
          onInput={(v) => put({ place: v })}
          maxLength={200}
          testid="place"
        />
        <Field
          label={t("f_help_phone")}
          hint={t("help_phone_hint")}
          type="tel"
          value={d.help_phone ?? ""}
          onInput={(v) => put({ help_phone: v })}
          maxLength={80}
          testid="help-phone"
        />
      </div>
      <div class="stack">
        <Tick label={t("public")} checked={d.public} onChange={(v) => put({ public: v })} testid="public" />
        <p class="muted">{t(d.public ? "public_on" : "public_off")}</p>
        <Tick
          label={t("waiting_room")}
          checked={d.waiting_room}
          onChange={(v) => put({ waiting_room: v })}
          testid="waiting-room"
        />
        <p class="muted">{t("waiting_room_note")}</p>
        <Field
          label={t("f_hamlets")}
          hint={t("hamlets_hint")}
          rows={6}
          value={hamlets.value}
          onInput={(v) => {
            hamlets.value = v;
            put({
              hamlets: v
                .split("\n")
                .map((x) => x.trim())
                .filter(Boolean),
            });
          }}
          testid="hamlets"
        />
      </div>
    </div>
  );
}
