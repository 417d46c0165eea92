/** Everybody's lines: who is in trouble first, each with what is wrong and what to do, then the figures. */
import { useSignal } from "@preact/signals";
import { timeText } from "../../core/format";
import type { Line } from "../../core/protocol";
import type { Session } from "../../core/session";
import { lang } from "../../i18n/i18n";
import { lines as t } from "../../i18n/lines";
import { EmptyState, Skeleton } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Field } from "../../ui/field";
import { useLines } from "./ask";
import { Board } from "./board";
import "./lines.css";
import { arriving, jitterUp, lossDown, lossUp, percent, type Row, rows, type Trouble, ways } from "./model";

/** LinesPanel is the technicians' page without its frame; it asks the server by itself. */
export function LinesPanel({ session }: { session: Session }) {
  const { answer, failed, denied } = useLines(session);
  const query = useSignal("");
  if (denied) return <EmptyState>{t("denied")}</EmptyState>;
  if (!answer) return <Skeleton label={t("asking")} rows={4} />;
  const all = rows(answer, session.views.people.value, query.value);
  const bad = all.filter((r) => r.severity > 0);
  const fine = all.filter((r) => r.severity === 0);
  return (
    <div class="ln-page" data-testid="lines">
      <div class="row">
        <Chip testid="lines-total">{t("people", { n: answer.total })}</Chip>
        <Chip testid="lines-ways">{t("ways", ways(answer))}</Chip>
      </div>
      {failed && (
        <p class="ln-stale" role="status">
          {t("stale", { time: timeText(answer.at) })}
        </p>
      )}
      {answer.total > answer.lines.length && (
        <p class="muted">{t("cut", { n: answer.lines.length, total: answer.total })}</p>
      )}
      <Field
        label={t("search")}
        type="search"
        value={query.value}
        onInput={(v) => {
          query.value = v;
        }}
        testid="lines-search"
      />
      {answer.total === 0 && <EmptyState>{t("empty")}</EmptyState>}
      {answer.total > 0 && all.length === 0 && <EmptyState>{t("none")}</EmptyState>}
      {all.length > 0 && <Group title={t("troubled")} list={bad} testid="lines-troubled" none={t("all_fine")} />}
      <Board session={session} answer={answer} />
      {fine.length > 0 && <Group title={t("fine")} list={fine} testid="lines-fine" />}
    </div>
  );
}

function Group(p: { title: string; list: readonly Row[]; testid: string; none?: string }) {
  return (
    <section class="card ln-block" data-testid={p.testid}>
      <h2>
        {p.title} <span class="muted num">({p.list.length})</span>
      </h2>
      {p.list.length === 0 && <p>{p.none}</p>}
      <ul class="ln-list" role="list">
        {p.list.map((r) => (
          <LineRow key={r.line.key} row={r} />
        ))}
      </ul>
    </section>
  );
}

const WORDS = { 0: "ok", 1: "note", 2: "bad", 3: "grave" } as const;
const TONES = { 0: "success", 1: "plain", 2: "warning", 3: "danger" } as const;

/** troubleText is the sentence of one trouble, its number written as the language does. */
export function troubleText(x: Trouble): string {
  return t(x.text, x.n === undefined ? undefined : { n: number(x.n) });
}

function number(n: number): string {
  return n.toLocaleString(lang.value === "en" ? "en" : "vi-VN");
}

function LineRow({ row: r }: { row: Row }) {
  return (
    <li data-testid="line" data-who={r.line.person} data-severity={r.severity}>
      <div class="row spread">
        <strong class="grow">{r.name}</strong>
        <Chip tone={TONES[r.severity]}>{t(WORDS[r.severity])}</Chip>
      </div>
      {r.troubles.map((x) => (
        <p key={x.text} class="ln-trouble" data-severity={x.severity}>
          {troubleText(x)}
        </p>
      ))}
      {r.line.online && <Figures line={r.line} />}
    </li>
  );
}

/** figures are the numbers that are known, each with its word. */
export function figures(line: Line): { key: Parameters<typeof t>[0]; value: string }[] {
  const out: ReturnType<typeof figures> = [];
  const add = (key: Parameters<typeof t>[0], known: boolean, value: () => string) => {
    if (known) out.push({ key, value: value() });
  };
  const part = (v: number) => t("percent", { n: number(percent(v)) });
  const c = line.client;
  const ups = arriving(line);
  const path = line.path === "udp" || line.path === "tcp" || line.path === "relay" ? line.path : "";
  add("path", path !== "", () => t(line.direct ? "direct" : "plain", { path: t(`path_${path || "udp"}`) }));
  add("rtt", !!line.rtt_ms, () => t("ms", { n: number(line.rtt_ms ?? 0) }));
  add("loss_down", !!line.connected, () => part(lossDown(line)));
  add("loss_up", ups.length > 0, () => part(lossUp(line)));
  add("layer", !!line.connected, () => {
    const l = line.layer;
    return t(l === "f" || l === "h" || l === "q" ? `layer_${l}` : "layer_none");
  });
  add("estimate", !!line.connected && !!line.estimate_bps, () => rate(line.estimate_bps ?? 0));
  const jitter = Math.max(c?.jitter_ms ?? 0, jitterUp(line));
  add("jitter", !!c || ups.length > 0, () => t("ms", { n: number(jitter) }));
  add("frozen", !!c, () => t("times", { n: c?.freezes ?? 0, s: number(Math.round((c?.freeze_ms ?? 0) / 100) / 10) }));
  add("concealed", !!c, () => part(c?.concealed ?? 0));
  add("fps", !!c?.fps, () => number(Math.round(c?.fps ?? 0)));
  const codecs = [...new Set(ups.map((u) => u.codec ?? "").filter(Boolean))];
  add("codec", codecs.length > 0, () => codecs.join(" · "));
  return out;
}

function rate(bps: number): string {
  if (bps < 1e6) return t("kbps", { n: number(Math.round(bps / 1000)) });
  return t("mbps", { n: number(Math.round(bps / 1e5) / 10) });
}

function Figures({ line }: { line: Line }) {
  return (
    <dl class="ln-figures">
      {figures(line).map((f) => (
        <div key={f.key}>
          <dt>{t(f.key)}</dt>
          <dd class="num">{f.value}</dd>
        </div>
      ))}
    </dl>
  );
}
