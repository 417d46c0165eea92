/** Tab Chương trình: the items in order, one open for editing. Moving is by Lên and Xuống; nothing needs dragging. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { randomText } from "../../core/ids";
import type { Published, VoteTemplate } from "../../core/protocol";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { EmptyState } from "../../ui/card";
import { Field, Select, Tick } from "../../ui/field";
import { IconDown, IconPlus, IconTrash, IconUp } from "../../ui/icons";
import { announce } from "../../ui/live";
import { toast } from "../../ui/toast";
import { plainVote } from "./check";
import type { DraftStore } from "./draft";
import { NumberField, VoteForm } from "./vote-form";

type Item = Published["agenda"][number];

/** move puts the item at i one place up or down. */
export function move<T>(all: readonly T[], i: number, by: -1 | 1): T[] {
  const out = [...all];
  const [one] = out.splice(i, 1);
  if (one !== undefined) out.splice(i + by, 0, one);
  return out;
}

/** useWide says whether list and editor stand side by side. */
function useWide() {
  const wide = useSignal(true);
  useEffect(() => {
    const m = matchMedia("(min-width: 900px)");
    const set = () => (wide.value = m.matches);
    set();
    m.addEventListener("change", set);
    return () => m.removeEventListener("change", set);
  }, []);
  return wide.value;
}

export function Agenda(p: { store: DraftStore }) {
  const { agenda, votes } = p.store.doc.value;
  const open = useSignal(agenda[0]?.id ?? "");
  const wide = useWide();
  const locked = !p.store.editable.value;
  const put = (next: Item[]) => p.store.edit((d) => ({ ...d, agenda: next }));
  const at = agenda.findIndex((a) => a.id === open.value);
  const item = agenda[at];

  const shift = (by: -1 | 1) => {
    if (!item || at + by < 0 || at + by >= agenda.length) return;
    put(move(agenda, at, by));
    announce(t("item_moved", { n: at + 1 + by }), "polite", "agenda-move");
  };
  const add = () => {
    const id = `muc-${randomText(6)}`;
    put([...agenda, { id, title: t("new_item"), minutes: 15 }]);
    open.value = id;
  };
  const remove = (gone: Item) => {
    const was = agenda;
    put(agenda.filter((a) => a.id !== gone.id));
    open.value = agenda[at + 1]?.id ?? agenda[at - 1]?.id ?? "";
    toast(t("item_removed", { title: gone.title }), {
      action: { label: t("undo"), run: () => put(was), testid: "undo" },
    });
  };
  const editor = item && (
    <fieldset class="of-panel" disabled={locked}>
      <legend class="sr">{t("item_n", { n: at + 1 })}</legend>
      <ItemForm
        key={item.id}
        item={item}
        n={at + 1}
        presets={votes}
        onChange={(next) => put(agenda.map((a) => (a.id === next.id ? next : a)))}
        onRemove={() => remove(item)}
      />
    </fieldset>
  );
  return (
    <div class="of-agenda" data-testid="panel-chuong-trinh">
      <div class="stack">
        {agenda.length === 0 && <EmptyState>{t("no_items")}</EmptyState>}
        <ol role="list" class="of-items" data-testid="agenda">
          {agenda.map((a, i) => (
            <li key={a.id}>
              <ItemRow item={a} n={i + 1} open={a.id === open.value} onOpen={() => (open.value = a.id)} />
              {!wide && a.id === open.value && editor}
            </li>
          ))}
        </ol>
        <fieldset class="row" disabled={locked}>
          <legend class="sr">{t("order")}</legend>
          <Button icon={IconPlus} onClick={add} testid="add-item">
            {t("add_item")}
          </Button>
          <Button icon={IconUp} disabled={at <= 0} onClick={() => shift(-1)} testid="item-up">
            {t("up")}
          </Button>
          <Button
            icon={IconDown}
            disabled={at < 0 || at >= agenda.length - 1}
            onClick={() => shift(1)}
            testid="item-down"
          >
            {t("down")}
          </Button>
        </fieldset>
        <p class="muted">{t("minutes_total", { n: agenda.reduce((n, a) => n + (a.minutes ?? 0), 0) })}</p>
      </div>
      {wide && editor}
    </div>
  );
}

function ItemRow(p: { item: Item; n: number; open: boolean; onOpen: () => void }) {
  return (
    <button type="button" class="of-item" aria-pressed={p.open} onClick={p.onOpen} data-testid="agenda-item">
      <span class="num">{p.n}</span>
      <span class="grow">
        {p.item.title || t("untitled")}
        <span class="muted">
          {[
            p.item.minutes ? t("minutes_n", { n: p.item.minutes }) : "",
            p.item.presenter ?? "",
            p.item.vote ? t("has_vote") : "",
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </span>
    </button>
  );
}

function ItemForm(p: {
  item: Item;
  n: number;
  presets: VoteTemplate[];
  onChange: (next: Item) => void;
  onRemove: () => void;
}) {
  const put = (part: Partial<Item>) => p.onChange({ ...p.item, ...part });
  const vote = p.item.vote;
  const labels: [string, string, string] = [t("for"), t("against"), t("not_voting")];
  const fresh = (preset?: VoteTemplate): VoteTemplate =>
    preset
      ? { ...preset, options: preset.options.map((o) => ({ ...o })) }
      : plainVote("bieu-quyet", p.item.title, labels);
  const setVote = (on: boolean) => {
    const { vote: _off, ...rest } = p.item;
    p.onChange(on ? { ...rest, vote: fresh(p.presets[0]) } : rest);
  };
  return (
    <section class="card stack of-editor" aria-label={t("item_n", { n: p.n })} data-testid="item-form">
      <h2>{t("item_n", { n: p.n })}</h2>
      <Field
        label={t("item_title")}
        value={p.item.title}
        onInput={(title) => put({ title })}
        maxLength={300}
        rows={2}
        {...(p.item.title.trim() ? {} : { error: t("needed") })}
        testid="item-title"
      />
      <div class="of-two">
        <Field
          label={t("presenter")}
          value={p.item.presenter ?? ""}
          onInput={(presenter) => put({ presenter })}
          maxLength={80}
          testid="item-presenter"
        />
        <NumberField
          label={t("minutes")}
          value={p.item.minutes ?? 0}
          min={0}
          max={1440}
          onChange={(minutes) => put({ minutes })}
          testid="item-minutes"
        />
      </div>
      <Tick label={t("item_votes")} checked={!!vote} onChange={setVote} testid="item-vote" />
      {vote && p.presets.length > 0 && (
        <Select
          label={t("vote_preset")}
          value={p.presets.find((x) => x.id === vote.id)?.id ?? ""}
          options={[
            ...(p.presets.some((x) => x.id === vote.id) ? [] : [{ value: "", label: t("own_vote") }]),
            ...p.presets.map((x) => ({ value: x.id, label: x.name })),
          ]}
          onChange={(id) => put({ vote: fresh(p.presets.find((x) => x.id === id)) })}
          testid="item-preset"
        />
      )}
      {vote && <VoteForm key={vote.id} vote={vote} onChange={(next) => put({ vote: next })} />}
      <div class="row">
        <Button icon={IconTrash} onClick={p.onRemove} testid="remove-item">
          {t("remove_item")}
        </Button>
      </div>
    </section>
  );
}
