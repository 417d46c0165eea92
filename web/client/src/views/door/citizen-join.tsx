/** CU-a Vào nghe: name and hamlet once, one button, no permission asked. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { serverNow } from "../../core/clock";
import { dateText, sameDay, timeText } from "../../core/format";
import { common } from "../../i18n/common";
import { door as t } from "../../i18n/door";
import { Button } from "../../ui/button";
import { Chip } from "../../ui/chip";
import { Field, Select } from "../../ui/field";
import { NetBadge, type NetLevel } from "../../ui/net";
import { LangSwitch, TextSize } from "../../ui/settings";
import { DoorCalendar } from "./calendar";
import { checkNetwork, type DoorInfo } from "./info";
import { OwnAuthority } from "./own-authority";

/** DoorHead: which council, which meeting, its state and time. */
export function DoorHead(p: { info: DoorInfo }) {
  const { info } = p;
  const at = Date.parse(info.planned_at);
  const today = sameDay(at, serverNow());
  const tone = info.state === "open" ? "danger" : info.state === "closed" ? "plain" : "info";
  return (
    <header class="door-head">
      <p class="muted">{info.council_name}</p>
      <h1 data-testid="door-title">{info.title}</h1>
      <p class="row">
        <Chip tone={tone} testid="door-state">
          {info.state === "open" && "● "}
          {common(`state_${info.state}`)}
        </Chip>
        <span class="muted num">
          {today
            ? t("starts_today", { time: timeText(at, false) })
            : t("starts_on", { time: timeText(at, false), date: dateText(at) })}
        </span>
      </p>
    </header>
  );
}

/** CitizenJoin: the main button is in the first view at 320×640. */
export function CitizenJoin(p: {
  info: DoorInfo;
  app: string;
  onJoin: (name: string, hamlet: string, weak: boolean) => void;
}) {
  const { info } = p;
  const known = info.known ?? (info.me ? { name: info.me.name, hamlet: info.me.group } : null);
  const name = useSignal(known?.name ?? "");
  const hamlet = useSignal(known?.hamlet ?? hamletOfAddress(info.hamlets));
  const error = useSignal("");
  const net = useSignal<NetLevel>("checking");
  useEffect(() => {
    void checkNetwork().then((l) => (net.value = l));
  }, [net]);
  const open = info.public && info.state !== "closed";
  const go = () => {
    const n = name.value.trim();
    if (!info.me && !n) {
      error.value = t("name_missing");
      return;
    }
    p.onJoin(n, hamlet.value, net.value === "weak");
  };
  return (
    <>
      <DoorHead info={info} />
      {p.app && (
        <p class="chip chip-warning" style={{ borderRadius: "8px" }}>
          {t("in_app", { app: p.app })}
        </p>
      )}
      {!open && (
        <p class="card" data-testid="door-closed">
          {info.state === "closed"
            ? t("over", { time: info.closed_at ? timeText(Date.parse(info.closed_at), false) : "–" })
            : t("not_public")}
        </p>
      )}
      {open && (
        <form
          class="stack"
          onSubmit={(e) => {
            e.preventDefault();
            go();
          }}
        >
          {!info.me && (
            <div class="card stack">
              <Field
                label={t("name")}
                value={name.value}
                onInput={(v) => (name.value = v)}
                autocomplete="name"
                maxLength={80}
                error={error.value}
                testid="name"
              />
              {info.hamlets.length > 0 && (
                <Select
                  label={t("hamlet")}
                  value={hamlet.value}
                  options={[
                    { value: "", label: t("hamlet_none") },
                    ...info.hamlets.map((h) => ({ value: h, label: h })),
                  ]}
                  onChange={(v) => (hamlet.value = v)}
                  testid="hamlet"
                />
              )}
            </div>
          )}
          {info.me && <p>{t("as", { name: info.me.name || info.me.label })}</p>}
          <p class="muted">{t("recorded")}</p>
          <Button type="submit" kind="primary" main wide testid="join">
            {t("listen")}
          </Button>
        </form>
      )}
      {open && <p class="muted">{t("mic_off_note")}</p>}
      {open && (
        <p>
          <NetBadge level={net.value} {...(info.help_phone ? { phone: info.help_phone } : {})} />
        </p>
      )}
      {info.help_phone && (
        <p class="muted">
          {common("need_help_call")}{" "}
          <strong>
            <a href={`tel:${info.help_phone}`}>{info.help_phone}</a>
          </strong>
        </p>
      )}
      <DoorCalendar info={info} />
      <OwnAuthority />
      <details>
        <summary>{t("reading")}</summary>
        <div class="stack">
          <TextSize />
          <LangSwitch />
        </div>
      </details>
    </>
  );
}

/** A hamlet's own QR has ?thon=…: it fills the field. */
function hamletOfAddress(hamlets: readonly string[]): string {
  const asked = new URLSearchParams(location.search).get("thon") ?? "";
  return hamlets.includes(asked) ? asked : "";
}
