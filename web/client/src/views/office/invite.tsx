/** Tab Gửi mời: the public door, everybody's link with its code, and the devices that came in by them. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fold } from "../../core/format";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { EmptyState, Skeleton } from "../../ui/card";
import { AlertDialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { IconCopy, IconPrint } from "../../ui/icons";
import { toast } from "../../ui/toast";
import { links, type PersonLink, renewLinks, revokeDevice, revokeLink } from "./api";
import { copied } from "./copied";
import type { DraftStore } from "./draft";
import { Fault } from "./fault";
import { addLinks, dropLink, freshLinks, unkeptLinks } from "./fresh";
import { doorURL, publicInvitation } from "./invitation";
import { LinkRow } from "./link-row";
import { go, sittingPath } from "./route";

export function Invite(p: { store: DraftStore }) {
  if (p.store.editable.value) return <EmptyState testid="no-links">{t("no_links")}</EmptyState>;
  return (
    <div class="stack" data-testid="panel-gui-moi">
      <Public store={p.store} />
      <Links store={p.store} />
    </div>
  );
}

function Public(p: { store: DraftStore }) {
  const d = p.store.doc.value;
  const url = doorURL(p.store);
  return (
    <section class="card stack" aria-label={t("public_door")}>
      <h2>{t(d.public ? "public_door" : "door")}</h2>
      <p class="of-url" data-testid="door-url">
        {url}
      </p>
      {!d.public && <p class="muted">{t("door_not_public")}</p>}
      {d.public && (
        <div class="row">
          <Button
            icon={IconCopy}
            onClick={() => void copied(publicInvitation(d, url), t("invitation"))}
            testid="copy-zalo"
          >
            {t("copy_zalo")}
          </Button>
          <Button icon={IconPrint} onClick={() => go(sittingPath(p.store.id, "in-ap-phich"))} testid="print-poster">
            {t("print_poster")}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Asking is what must be confirmed, because it cuts devices off. */
type Asking = { what: "renew"; person: PersonLink | null } | { what: "revoke"; person: PersonLink };

function Links(p: { store: DraftStore }) {
  const id = p.store.id;
  const all = useSignal<PersonLink[] | null>(null);
  const error = useSignal<unknown>(null);
  const asking = useSignal<Asking | null>(null);
  const busy = useSignal(false);
  const query = useSignal("");
  const fresh = freshLinks(id);
  const load = async () => {
    error.value = null;
    try {
      all.value = await links(id);
    } catch (e) {
      error.value = e;
    }
  };
  const act = async (work: () => Promise<unknown>, said: string) => {
    busy.value = true;
    error.value = null;
    try {
      await work();
      toast(said);
      await load();
    } catch (e) {
      error.value = e;
    } finally {
      busy.value = false;
      asking.value = null;
    }
  };
  const confirm = (a: Asking) => {
    if (a.what === "revoke") {
      const one = async () => {
        await revokeLink(id, a.person.person);
        dropLink(id, a.person.person);
      };
      return act(one, t("revoked", { name: a.person.name }));
    }
    const persons = a.person ? [a.person.person] : [];
    return act(async () => addLinks(id, await renewLinks(id, persons)), t(a.person ? "renewed" : "renewed_all"));
  };
  useEffect(() => {
    void load();
    const look = () => document.visibilityState === "visible" && void load();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  const wanted = fold(query.value.trim());
  const shown = all.value?.filter((l) => fold(`${l.name} ${l.group ?? ""} ${l.office ?? ""}`).includes(wanted));
  return (
    <section class="stack" aria-label={t("personal_links")}>
      <h2>{t("personal_links")}</h2>
      <p class="of-note">
        {t(Object.keys(fresh).length > 0 ? (unkeptLinks() ? "links_once" : "links_kept") : "links_hidden")}
      </p>
      <div class="row">
        {Object.keys(fresh).length > 0 && (
          <Button icon={IconPrint} onClick={() => go(sittingPath(id, "in-the"))} testid="print-cards">
            {t("print_cards", { n: Object.keys(fresh).length })}
          </Button>
        )}
        <Button
          disabled={!all.value}
          onClick={() => (asking.value = { what: "renew", person: null })}
          testid="renew-all"
        >
          {t("renew_all")}
        </Button>
        <Button onClick={load} testid="refresh-links">
          {t("refresh")}
        </Button>
      </div>
      <Fault error={error.value} onRetry={load} />
      {!all.value && !error.value && <Skeleton label={common("loading_page")} rows={5} />}
      {(all.value?.length ?? 0) > 8 && (
        <Field
          label={t("find_person")}
          type="search"
          value={query.value}
          onInput={(v) => (query.value = v)}
          testid="find-link"
        />
      )}
      <ul role="list" class="of-links" data-testid="links">
        {shown?.map((l) => (
          <LinkRow
            key={l.person}
            link={l}
            fresh={fresh[l.person]}
            doc={p.store.doc.value}
            busy={busy.value}
            onRenew={() => (asking.value = { what: "renew", person: l })}
            onRevoke={() => (asking.value = { what: "revoke", person: l })}
            onDevice={(d) => void act(() => revokeDevice(id, d), t("device_out"))}
          />
        ))}
      </ul>
      {shown?.length === 0 && <p class="muted">{t("nobody_found")}</p>}
      {asking.value && (
        <Ask asking={asking.value} busy={busy.value} onYes={confirm} onNo={() => (asking.value = null)} />
      )}
    </section>
  );
}

function Ask(p: { asking: Asking; busy: boolean; onYes: (a: Asking) => void; onNo: () => void }) {
  const a = p.asking;
  const name = a.person?.name ?? "";
  const renew = a.what === "renew";
  return (
    <AlertDialog
      title={renew ? (a.person ? t("renew_ask", { name }) : t("renew_all_ask")) : t("revoke_ask", { name })}
      yes={renew ? t("renew") : t("revoke")}
      no={common("cancel")}
      kind={renew ? "primary" : "danger"}
      busy={p.busy}
      onYes={() => p.onYes(a)}
      onNo={p.onNo}
      testid="ask-link"
    >
      <p>{t(renew ? (a.person ? "renew_note" : "renew_all_note") : "revoke_note")}</p>
    </AlertDialog>
  );
}
