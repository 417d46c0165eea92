/** Publishing: what still lacks, then one confirmation, because a published sitting cannot be changed. */
import { useSignal } from "@preact/signals";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { AlertDialog, Dialog } from "../../ui/dialog";
import { toast } from "../../ui/toast";
import { publish } from "./api";
import { deputies, lacks } from "./check";
import type { DraftStore } from "./draft";
import { Fault } from "./fault";
import { addLinks } from "./fresh";
import { go, sittingPath } from "./route";
import { whenText } from "./text";

export function PublishButton(p: { store: DraftStore }) {
  const asking = useSignal(false);
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const send = async () => {
    busy.value = true;
    error.value = null;
    try {
      if (!(await p.store.save())) {
        asking.value = false; // what refused the saving stands above the tabs
        return;
      }
      const { links } = await publish(p.store.id, p.store.version);
      addLinks(p.store.id, links);
      p.store.state.value = "published";
      asking.value = false;
      toast(t("published"));
      go(sittingPath(p.store.id, "gui-moi"));
      await p.store.refresh();
    } catch (e) {
      error.value = e;
    } finally {
      busy.value = false;
    }
  };
  const missing = lacks(p.store.doc.value);
  return (
    <>
      <Button
        kind="primary"
        main
        testid="publish"
        onClick={() => {
          error.value = null;
          asking.value = true;
        }}
      >
        {t("publish")}
      </Button>
      {asking.value && missing.length > 0 && <Lacking store={p.store} onClose={() => (asking.value = false)} />}
      {asking.value && missing.length === 0 && (
        <AlertDialog
          title={t("publish_ask")}
          yes={t("publish")}
          no={t("not_yet")}
          busy={busy.value}
          onNo={() => (asking.value = false)}
          onYes={() => void send()}
          testid="publish-dialog"
        >
          <Summary store={p.store} />
          <Fault error={error.value} onRetry={send} />
        </AlertDialog>
      )}
    </>
  );
}

function Lacking(p: { store: DraftStore; onClose: () => void }) {
  return (
    <Dialog title={t("lacking")} onClose={p.onClose} testid="lacking">
      <ul role="list" class="stack">
        {lacks(p.store.doc.value).map((l) => (
          <li key={l.key}>
            <Button
              wide
              testid={l.key}
              onClick={() => {
                p.onClose();
                go(sittingPath(p.store.id, l.tab));
              }}
            >
              {t(l.key, { n: l.n })}
            </Button>
          </li>
        ))}
      </ul>
      <Button kind="primary" onClick={p.onClose}>
        {common("close")}
      </Button>
    </Dialog>
  );
}

function Summary(p: { store: DraftStore }) {
  const d = p.store.doc.value;
  const chairs = d.people.filter((x) => x.roles.includes("chair")).map((x) => x.name);
  const clerk = d.people.some((x) => x.roles.includes("clerk"));
  return (
    <>
      <p>
        <strong>{d.title}</strong>
        <br />
        {whenText(d.planned_at)}
      </p>
      <ul>
        <li>{t("sum_people", { n: d.people.length, deputies: deputies(d.people), in_office: d.rules.in_office })}</li>
        <li>{t("sum_chair", { name: chairs.join(", ") })}</li>
        <li>{t("sum_agenda", { n: d.agenda.length, votes: d.agenda.filter((a) => a.vote).length })}</li>
        <li>{t(d.public ? "sum_public" : "sum_not_public")}</li>
        {!clerk && <li>{t("sum_clerk")}</li>}
      </ul>
      <p>{t("publish_note")}</p>
    </>
  );
}
