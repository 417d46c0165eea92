/** Messages: to everybody, from people to the clerk, answers; hiding one needs a reason that its author sees. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { timeText } from "../../core/format";
import type { MessageItem } from "../../core/protocol";
import { nameOf } from "../../core/views";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { desk as t } from "../../i18n/desk";
import { Button } from "../../ui/button";
import { EmptyState } from "../../ui/card";
import { Segments } from "../../ui/chip";
import { Field } from "../../ui/field";
import { useAct } from "../meeting/act";
import type { Clerk } from "./clerk";

type Which = "every" | "clerk" | "all";

/** MessagesPane is a pane of the work area. */
export function MessagesPane({ clerk }: { clerk: Clerk }) {
  const { session } = clerk;
  const which = useSignal<Which>("every");
  const items = session.views.messages.value?.items ?? [];
  const last = items.reduce((n, m) => Math.max(n, m.seq), 0);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    clerk.seen.value = Math.max(clerk.seen.peek(), last);
    end.current?.scrollIntoView({ block: "nearest" });
  }, [clerk, last]);
  const shown = items.filter((m) => which.value === "every" || (which.value === "all") === (m.to === "all"));
  return (
    <div class="dk-pane dk-messages" data-testid="pane-messages">
      <Segments<Which>
        label={t("messages_which")}
        value={which.value}
        options={[
          { value: "every", label: t("messages_every"), testid: "messages-every" },
          { value: "clerk", label: t("messages_clerk"), testid: "messages-clerk" },
          { value: "all", label: call("to_all"), testid: "messages-all" },
        ]}
        onChange={(v) => {
          which.value = v;
        }}
      />
      <section class="card dk-block dk-grow">
        {shown.length === 0 && <EmptyState>{t("messages_none")}</EmptyState>}
        <ul class="list" role="list" data-testid="messages">
          {shown.map((m) => (
            <Message key={m.seq} clerk={clerk} item={m} />
          ))}
        </ul>
        <div ref={end} />
      </section>
      <Write clerk={clerk} />
    </div>
  );
}

function Message({ clerk, item }: { clerk: Clerk; item: MessageItem }) {
  const { session, desk } = clerk;
  const hiding = useSignal(false);
  const reason = useSignal("");
  const mine = item.from === session.link.person;
  const to =
    item.to === "all" ? call("to_all") : item.to === "clerk" ? call("to_clerk") : nameOf(session.views, item.to);
  const hide = async () => {
    const text = reason.value.trim();
    if (await desk.act({ type: "message.hide", seq: item.seq, ...(text ? { reason: text } : {}) }, t("hidden_said")))
      hiding.value = false;
  };
  return (
    <li data-testid="message" data-seq={item.seq} data-hidden={item.hidden ? "yes" : "no"}>
      <span class="grow">
        <strong>{item.label}</strong>{" "}
        <span class="muted num">
          → {to || t("citizen")} · {timeText(item.at, false)}
        </span>
        <br />
        {item.text}
        {item.hidden && <span class="muted"> ({call("message_hidden", { why: item.reason || "–" })})</span>}
      </span>
      {!mine && item.from && (
        <Button testid="answer" onClick={() => clerk.answer(item.from ?? "", item.label)}>
          {t("answer")}
        </Button>
      )}
      {!item.hidden && (
        <Button
          testid="hide"
          pressed={hiding.value}
          onClick={() => {
            hiding.value = !hiding.value;
          }}
        >
          {t("hide")}
        </Button>
      )}
      {hiding.value && (
        <form
          class="dk-hide"
          onSubmit={(e) => {
            e.preventDefault();
            void hide();
          }}
        >
          <Field
            label={t("hide_reason")}
            value={reason.value}
            maxLength={300}
            onInput={(v) => {
              reason.value = v;
            }}
            testid="hide-reason"
          />
          <Button type="submit" testid="hide-yes" disabled={!desk.online.value || !reason.value.trim()}>
            {t("hide_yes")}
          </Button>
        </form>
      )}
    </li>
  );
}

/** Write sends to everybody, or answers one person. */
function Write({ clerk }: { clerk: Clerk }) {
  const text = useSignal("");
  const act = useAct(clerk.session, "place");
  const to = clerk.to.value;
  const send = async () => {
    const body = text.value.trim();
    if (body && (await act.run({ type: "message.send", to: to.id, text: body }))) text.value = "";
  };
  return (
    <form
      class="card dk-block"
      onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}
    >
      <div class="row spread">
        <span data-testid="message-to">{t("write_to", { who: to.id === "all" ? call("to_all") : to.label })}</span>
        {to.id !== "all" && (
          <Button
            testid="write-all"
            onClick={() => {
              clerk.to.value = { id: "all", label: "" };
            }}
          >
            {t("write_all")}
          </Button>
        )}
      </div>
      <Field
        label={call("message")}
        value={text.value}
        rows={2}
        maxLength={1000}
        error={act.error.value}
        onInput={(v) => {
          text.value = v;
        }}
        testid="message-text"
      />
      <Button
        type="submit"
        kind="primary"
        busy={act.busy.value}
        disabled={!text.value.trim() || !clerk.desk.online.value}
        testid="message-send"
      >
        {common("send")}
      </Button>
    </form>
  );
}
