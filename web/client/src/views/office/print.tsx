/** Paper: one card per person with the link's QR and, on a part that is cut off, the code; and the public poster. */
import { useSignal } from "@preact/signals";
import type { Published } from "../../core/protocol";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { EmptyState } from "../../ui/card";
import { Tick } from "../../ui/field";
import { IconPrint } from "../../ui/icons";
import "./paper.css";
import type { NewLink } from "./api";
import type { DraftStore } from "./draft";
import { Title } from "./frame";
import { freshLinks, keep } from "./fresh";
import { doorURL } from "./invitation";
import { go, sittingPath } from "./route";
import { placeText, rolesText, spaced, whenText } from "./text";

/** svgURL shows a drawing of the server as an image: an image runs nothing. */
const svgURL = (svg: string) => `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;

function Tools(p: {
  store: DraftStore;
  title: string;
  note: string;
  ready: boolean;
  onPrint?: () => void;
  codes?: boolean;
  onCodes?: (v: boolean) => void;
}) {
  return (
    <div class="stack of-noprint">
      <div class="row spread">
        <Title>{p.title}</Title>
        <Button onClick={() => go(sittingPath(p.store.id, "gui-moi"))} testid="print-back">
          {t("back_to_sitting")}
        </Button>
      </div>
      <p>{p.note}</p>
      {p.onCodes && <Tick label={t("with_codes")} checked={!!p.codes} onChange={p.onCodes} testid="with-codes" />}
      <div class="row">
        <Button
          kind="primary"
          main
          icon={IconPrint}
          disabled={!p.ready}
          testid="print"
          onClick={() => {
            print();
            p.onPrint?.();
          }}
        >
          {t("print")}
        </Button>
      </div>
    </div>
  );
}

export function Cards(p: { store: DraftStore }) {
  const fresh = freshLinks(p.store.id);
  const codes = useSignal(true);
  const order = p.store.doc.value.people.map((x) => fresh[x.id]).filter((l): l is NewLink => !!l);
  if (order.length === 0) {
    return (
      <EmptyState
        testid="no-cards"
        action={
          <Button kind="primary" onClick={() => go(sittingPath(p.store.id, "gui-moi"))}>
            {t("back_to_sitting")}
          </Button>
        }
      >
        {t("no_cards")}
      </EmptyState>
    );
  }
  return (
    <div class="stack">
      <Tools
        store={p.store}
        title={t("cards_title", { n: order.length })}
        note={t("cards_note")}
        ready
        codes={codes.value}
        onCodes={(v) => (codes.value = v)}
        onPrint={() => keep(order.map((l) => l.person))}
      />
      <div class="of-sheet" data-testid="cards">
        {order.map((l) => (
          <CardOf key={l.person} link={l} doc={p.store.doc.value} code={codes.value} />
        ))}
      </div>
    </div>
  );
}

function CardOf(p: { link: NewLink; doc: Published; code: boolean }) {
  const { link: l, doc: d } = p;
  return (
    <article class="of-card" data-testid="card">
      <header>
        <p class="of-card-council">{d.council_name}</p>
        <h2>{l.name}</h2>
      </header>
      <div class="of-card-text">
        <p>{[rolesText(l.roles), placeText(l)].filter(Boolean).join(" · ")}</p>
        <p>
          <strong>{d.title}</strong>
          <br />
          {whenText(d.planned_at)}
          {d.place ? ` · ${d.place}` : ""}
        </p>
      </div>
      <img class="of-qr" src={svgURL(l.qr)} alt={t("qr_of", { name: l.name })} />
      <p class="of-card-how">
        {t(l.code ? "card_how_code" : "card_how")}
        {d.help_phone ? ` ${t("inv_help", { phone: d.help_phone })}.` : ""}
      </p>
      {l.code && p.code && (
        <p class="of-cut">
          {t("cut_here")} <strong>{l.name}</strong> {t("card_code")} <strong class="num">{spaced(l.code)}</strong>
        </p>
      )}
    </article>
  );
}

export function Poster(p: { store: DraftStore }) {
  const d = p.store.doc.value;
  const ready = useSignal(false);
  const failed = useSignal(false);
  return (
    <div class="stack">
      <Tools store={p.store} title={t("print_poster")} note={t("poster_note")} ready={ready.value} />
      {failed.value && (
        <p class="of-fault of-noprint" role="alert">
          {t("qr_failed")}
        </p>
      )}
      <article class="of-poster" data-testid="poster">
        <p class="of-poster-council">{d.council_name}</p>
        <h2>{d.title}</h2>
        <p class="of-poster-when">{whenText(d.planned_at)}</p>
        {d.place && <p>{d.place}</p>}
        <img
          class="of-qr"
          src={`/api/doors/${encodeURIComponent(p.store.door)}/qr.svg`}
          alt={t("qr_door")}
          onLoad={() => (ready.value = true)}
          onError={() => (failed.value = true)}
        />
        <p class="of-poster-how">{t("poster_how")}</p>
        <p class="of-url">{doorURL(p.store)}</p>
        {d.help_phone && <p>{t("inv_help", { phone: d.help_phone })}</p>}
      </article>
    </div>
  );
}
