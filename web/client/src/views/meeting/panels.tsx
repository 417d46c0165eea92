/** Panels of the side slot that the person opens: agenda, people, messages. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { fold, timeText } from "../../core/format";
import type { PersonView } from "../../core/protocol";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { EmptyState, Sheet } from "../../ui/card";
import { Chip, Segments } from "../../ui/chip";
import { Field } from "../../ui/field";
import { useAct } from "./act";

export type PanelKind = "agenda" | "people" | "messages" | "more";

const CloseButton = (p: { onClose: () => void }) => (
  <Button onClick={p.onClose} testid="panel-close">
    {common("close")}
  </Button>
);

/** AgendaPanel lists the items; past, current, next in words too. */
export function AgendaPanel(p: { session: Session; onClose: () => void }) {
  const agenda = p.session.views.agenda.value;
  return (
    <Sheet title={call("agenda")} aside={<CloseButton onClose={p.onClose} />} testid="agenda-panel">
      {!agenda?.items.length && <EmptyState>{call("agenda_empty")}</EmptyState>}
      <ol class="list" role="list">
        {agenda?.items.map((i) => (
          <li
            key={i.id}
            aria-current={i.state === "current" ? "step" : undefined}
            data-testid="agenda-item"
            data-state={i.state}
          >
            <span class="num">{i.no}</span>
            <span class="grow">
              {i.title}
              {i.minutes ? <span class="muted num"> · {call("minutes", { n: i.minutes })}</span> : null}
            </span>
            {i.state === "current" && <Chip tone="info">{call("item_current")}</Chip>}
            {i.state === "past" && <Chip>{call("item_past")}</Chip>}
            {i.has_vote && <Chip tone="tag">{call("item_vote")}</Chip>}
          </li>
        ))}
      </ol>
    </Sheet>
  );
}

/** byGivenName sorts Vietnamese names by the last word first. */
export function byGivenName(a: PersonView, b: PersonView): number {
  const compare = new Intl.Collator("vi", { numeric: true }).compare;
  const given = (n: string) => n.trim().split(/\s+/u).pop() ?? "";
  return compare(given(a.name), given(b.name)) || compare(a.name, b.name);
}

/** PeoplePanel lists who is in the sitting; search works without marks. */
export function PeoplePanel(p: { session: Session; onClose: () => void }) {
  const view = p.session.views.people.value;
  const query = useSignal("");
  const q = fold(query.value.trim());
  const people = (view?.people ?? [])
    .filter((x) => !x.roles.includes("display") && (!q || fold(`${x.name} ${x.label} ${x.group ?? ""}`).includes(q)))
    .sort((a, b) => (a.seat ?? 9999) - (b.seat ?? 9999) || byGivenName(a, b));
  return (
    <Sheet title={call("people")} aside={<CloseButton onClose={p.onClose} />} testid="people-panel">
      <p class="muted num">
        {call("people_online", { n: view?.counts.online ?? 0 })} ·{" "}
        {call("citizens_online", { n: view?.counts.citizens ?? 0 })}
      </p>
      <Field
        label={call("search")}
        type="search"
        value={query.value}
        onInput={(v) => (query.value = v)}
        testid="people-search"
      />
      <ul class="list" role="list">
        {people.map((x) => (
          <li key={x.id} data-testid="person" data-who={x.id}>
            <span class="grow">
              {x.name}
              {x.group && <span class="muted"> · {x.group}</span>}
            </span>
            {!!x.hand && <Chip tone="tag">{call("hand_at", { n: x.hand })}</Chip>}
            <Chip tone={x.online ? "success" : "plain"}>{call(x.online ? "online" : "offline")}</Chip>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}

/** MessagesPanel: to everybody, and the own thread with the clerk. */
export function MessagesPanel(p: { session: Session; onClose: () => void }) {
  const { session } = p;
  const to = useSignal<"all" | "clerk">("all");
  const text = useSignal("");
  const act = useAct(session, "place");
  const list = to.value === "all" ? session.views.messages.value?.items : session.views.self.value?.thread;
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    end.current?.scrollIntoView({ block: "nearest" });
  }, [list]);
  const send = async () => {
    const body = text.value.trim();
    if (!body) return;
    if (await act.run({ type: "message.send", to: to.value, text: body })) text.value = "";
  };
  return (
    <Sheet title={call("messages")} aside={<CloseButton onClose={p.onClose} />} testid="messages-panel">
      <Segments
        label={call("message_to")}
        value={to.value}
        options={[
          { value: "all", label: call("to_all"), testid: "message-all" },
          { value: "clerk", label: call("to_clerk"), testid: "message-clerk" },
        ]}
        onChange={(v) => (to.value = v)}
      />
      <ul class="list" role="list" data-testid="messages">
        {!list?.length && <li class="muted">{call("messages_empty")}</li>}
        {list?.map((m) => (
          <li key={m.seq} data-testid="message">
            <span class="grow">
              <strong>{m.label}</strong> <span class="muted num">{timeText(m.at, false)}</span>
              <br />
              {m.text}
              {m.hidden && <span class="muted"> ({call("message_hidden", { why: m.reason || "–" })})</span>}
            </span>
          </li>
        ))}
      </ul>
      <div ref={end} />
      <form
        class="stack"
        onSubmit={(e) => {
          e.preventDefault();
          void send();
        }}
      >
        <Field
          label={call("message")}
          value={text.value}
          onInput={(v) => (text.value = v)}
          maxLength={1000}
          error={act.error.value}
          testid="message-text"
        />
        <Button type="submit" busy={act.busy.value} disabled={!text.value.trim()} testid="message-send">
          {common("send")}
        </Button>
      </form>
    </Sheet>
  );
}
