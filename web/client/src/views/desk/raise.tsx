/** Giơ tay hộ: a hand for somebody whose device cannot. The queue says that it was raised on behalf. */
import { useSignal } from "@preact/signals";
import type { TurnKind } from "../../core/protocol";
import { common } from "../../i18n/common";
import { desk as t } from "../../i18n/desk";
import { Button } from "../../ui/button";
import { Sheet } from "../../ui/card";
import { Segments } from "../../ui/chip";
import { Select } from "../../ui/field";
import { byGivenName } from "../meeting/panels";
import type { Clerk } from "./clerk";
import { mayBeRaised } from "./model";

const KINDS: readonly TurnKind[] = ["speak", "question", "debate", "explain"];

/** RaiseFor stands above the queue. */
export function RaiseFor({ clerk, person }: { clerk: Clerk; person: string }) {
  const { desk, session } = clerk;
  const kind = useSignal<TurnKind>("speak");
  const asked = useSignal("");
  const all = (session.views.people.value?.people ?? []).filter((p) => p.id !== session.link.person);
  const people = all.filter(mayBeRaised).sort((a, b) => (a.seat ?? 9999) - (b.seat ?? 9999) || byGivenName(a, b));
  const who = people.find((p) => p.id === person);
  const close = () => {
    clerk.raising.value = null;
  };
  return (
    <Sheet
      title={t("raise_title")}
      testid="raise-for"
      kind="raise"
      aside={
        <Button testid="raise-cancel" onClick={close}>
          {common("cancel")}
        </Button>
      }
    >
      <Select
        label={t("raise_who")}
        value={person}
        options={[
          { value: "", label: t("raise_choose") },
          ...people.map((p) => ({ value: p.id, label: p.seat ? `${p.seat}. ${p.name}` : p.name })),
        ]}
        onChange={(v) => {
          clerk.raising.value = v;
        }}
        testid="raise-person"
      />
      <Segments<TurnKind>
        label={t("raise_kind")}
        value={kind.value}
        options={KINDS.map((k) => ({ value: k, label: common(`kind_${k}`), testid: `raise-${k}` }))}
        onChange={(k) => {
          kind.value = k;
        }}
      />
      {kind.value === "question" && (
        <Select
          label={t("raise_asked")}
          value={asked.value}
          options={[
            { value: "", label: t("raise_asked_none") },
            ...all.filter((p) => p.id !== person && mayBeAsked(p.roles)).map((p) => ({ value: p.id, label: p.name })),
          ]}
          onChange={(v) => {
            asked.value = v;
          }}
          testid="raise-asked"
        />
      )}
      <Button
        kind="primary"
        wide
        testid="raise-send"
        disabled={!desk.online.value || !who}
        busy={desk.busy.value.has("queue.raise")}
        onClick={() =>
          who &&
          void clerk.raise(who.id, who.label || who.name, kind.value, kind.value === "question" ? asked.value : "")
        }
      >
        {t("raise_for")}
      </Button>
    </Sheet>
  );
}

const mayBeAsked = (roles: readonly string[]) => !roles.includes("display") && !roles.includes("hall");
