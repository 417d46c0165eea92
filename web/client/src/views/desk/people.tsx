/** Who is in the sitting: halls ready, deputies, guests, citizens; a row opens what can be done for or about a person. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fold } from "../../core/format";
import type { CitizenView, PersonView } from "../../core/protocol";
import { call } from "../../i18n/call";
import { chair } from "../../i18n/chair";
import { common } from "../../i18n/common";
import { desk as t } from "../../i18n/desk";
import { lines } from "../../i18n/lines";
import { Button } from "../../ui/button";
import { EmptyState } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { HallBoard } from "../lines/board";
import { byGivenName } from "../meeting/panels";
import type { Clerk } from "./clerk";
import { type Group, groupOf, mayBeRaised, removable } from "./model";

const GROUPS: readonly Group[] = ["halls", "deputies", "guests", "staff"];

/** PeoplePane is a pane of the work area and what wide screens show by default. */
export function PeoplePane({ clerk }: { clerk: Clerk }) {
  const view = clerk.session.views.people.value;
  const query = useSignal("");
  const open = useSignal("");
  const q = fold(query.value.trim());
  const people = (view?.people ?? [])
    .filter((p) => !q || fold(`${p.name} ${p.label} ${p.group ?? ""} ${p.office ?? ""}`).includes(q))
    .sort((a, b) => (a.seat ?? 9999) - (b.seat ?? 9999) || byGivenName(a, b));
  const citizens = (view?.citizens ?? []).filter((c) => !q || fold(`${c.name} ${c.hamlet ?? ""}`).includes(q));
  const counts = view?.counts;
  const found = people.some((p) => groupOf(p)) || citizens.length > 0;
  return (
    <div class="dk-pane" data-testid="pane-people">
      <div class="row">
        <Chip testid="count-online">{call("people_online", { n: counts?.online ?? 0 })}</Chip>
        <Chip>{call("citizens_online", { n: counts?.citizens ?? 0 })}</Chip>
        <Button testid="pane-open-lines" onClick={() => clerk.open("lines")}>
          {lines("title")}
        </Button>
      </div>
      {!q && <HallBoard session={clerk.session} />}
      <Field
        label={call("search")}
        type="search"
        value={query.value}
        onInput={(v) => {
          query.value = v;
        }}
        testid="people-search"
      />
      {!found && <EmptyState>{t("people_none")}</EmptyState>}
      {GROUPS.map((g) => {
        const list = people.filter((p) => groupOf(p) === g);
        if (list.length === 0) return null;
        return (
          <section class="card dk-block" key={g}>
            <h2>
              {t(`group_${g}`)} <span class="muted num">({list.length})</span>
            </h2>
            <ul class="dk-people" role="list">
              {list.map((p) => (
                <PersonRow key={p.id} clerk={clerk} person={p} open={open} />
              ))}
            </ul>
          </section>
        );
      })}
      {citizens.length > 0 && (
        <section class="card dk-block">
          <h2>
            {t("group_citizens")} <span class="muted num">({citizens.length})</span>
          </h2>
          <ul class="dk-people" role="list">
            {citizens.map((c) => (
              <CitizenRow key={c.person} clerk={clerk} citizen={c} open={open} />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** Row is a line that opens its acts; the state is in words beside the name. */
function Row(p: {
  id: string;
  title: string;
  note: string;
  open: Signal<string>;
  chips: preact.ComponentChildren;
  children: preact.ComponentChildren;
}) {
  const { open } = p;
  const shown = open.value === p.id;
  return (
    <li data-testid="person" data-who={p.id}>
      <button
        type="button"
        class="dk-person-row"
        aria-expanded={shown}
        onClick={() => {
          open.value = shown ? "" : p.id;
        }}
      >
        <span class="grow">
          {p.title}
          {p.note && <span class="muted"> · {p.note}</span>}
        </span>
        {p.chips}
      </button>
      {shown && <div class="dk-person-acts">{p.children}</div>}
    </li>
  );
}

function PersonRow({ clerk, person, open }: { clerk: Clerk; person: PersonView; open: Signal<string> }) {
  const { desk, session } = clerk;
  const me = person.id === session.link.person;
  const label = person.label || person.name;
  const locked = !desk.online.value;
  const holds = session.views.floor.value?.holder?.person === person.id;
  const speaks = groupOf(person) !== "halls";
  const pinned = session.views.floor.value?.pin === person.id;
  const note = [person.seat ? t("seat", { n: person.seat }) : "", person.office ?? "", person.group ?? ""];
  return (
    <Row
      id={person.id}
      title={person.name}
      note={note.filter((x) => x && !person.name.includes(x)).join(" · ")}
      open={open}
      chips={
        <>
          {!!person.hand && <Chip tone="tag">{call("hand_at", { n: person.hand })}</Chip>}
          {person.muted && <Chip tone="tag">{t("is_muted")}</Chip>}
          <Chip tone={person.online ? "success" : "plain"}>{call(person.online ? "online" : "offline")}</Chip>
        </>
      }
    >
      {speaks && !me && mayBeRaised(person) && (
        <Button
          testid="raise-open"
          onClick={() => {
            clerk.raising.value = person.id;
          }}
        >
          {t("raise_for")}
        </Button>
      )}
      {!!person.hand && (
        <Button testid="lower" disabled={locked} onClick={() => void clerk.lower(person.id, label)}>
          {t("lower")}
        </Button>
      )}
      {speaks && !me && !holds && (
        <Button
          kind="floor"
          testid="give-person"
          disabled={locked}
          onClick={() => void desk.act({ type: "floor.give", person: person.id }, chair("given", { who: label }))}
        >
          {chair("give")}
        </Button>
      )}
      <MuteButton clerk={clerk} id={person.id} label={label} muted={person.muted ?? false} />
      <Button
        testid="pin"
        pressed={pinned}
        disabled={locked}
        onClick={() =>
          void desk.act(
            { type: "stage.pin", ...(pinned ? {} : { person: person.id }) },
            t(pinned ? "unpinned" : "pinned"),
          )
        }
      >
        {t(pinned ? "unpin" : "pin")}
      </Button>
      {!me && <AnswerButton clerk={clerk} id={person.id} label={label} />}
      {removable(person) && <OutButton clerk={clerk} id={person.id} label={label} />}
    </Row>
  );
}

function CitizenRow({ clerk, citizen, open }: { clerk: Clerk; citizen: CitizenView; open: Signal<string> }) {
  const id = citizen.person;
  return (
    <Row
      id={id}
      title={citizen.name}
      note={citizen.hamlet ?? ""}
      open={open}
      chips={
        <>
          {citizen.muted && <Chip tone="tag">{t("is_muted")}</Chip>}
          <Chip tone={citizen.online ? "success" : "plain"}>{call(citizen.online ? "online" : "offline")}</Chip>
        </>
      }
    >
      <MuteButton clerk={clerk} id={id} label={citizen.name} muted={citizen.muted ?? false} />
      <AnswerButton clerk={clerk} id={id} label={citizen.name} />
      <OutButton clerk={clerk} id={id} label={citizen.name} />
    </Row>
  );
}

function MuteButton(p: { clerk: Clerk; id: string; label: string; muted: boolean }) {
  return (
    <Button
      testid={p.muted ? "unmute" : "mute"}
      disabled={!p.clerk.desk.online.value}
      onClick={() => void p.clerk.mute(p.id, p.label, !p.muted)}
    >
      {t(p.muted ? "unmute" : "mute")}
    </Button>
  );
}

function AnswerButton(p: { clerk: Clerk; id: string; label: string }) {
  return (
    <Button testid="write" onClick={() => p.clerk.answer(p.id, p.label)}>
      {t("write")}
    </Button>
  );
}

function OutButton(p: { clerk: Clerk; id: string; label: string }) {
  return (
    <Button
      kind="danger"
      testid="show-out"
      onClick={() => {
        p.clerk.removing.value = { person: p.id, label: p.label };
      }}
    >
      {t("show_out")}
    </Button>
  );
}

/** OutDialog: who is shown out sees the reason. */
export function OutDialog({ clerk, who }: { clerk: Clerk; who: { person: string; label: string } }) {
  const reason = useSignal("");
  useEffect(() => {
    reason.value = "";
  }, [who.person, reason]);
  const close = () => {
    clerk.removing.value = null;
  };
  return (
    <Dialog alert title={t("show_out_title", { who: who.label })} onClose={close} testid="show-out-dialog">
      <Field
        label={t("show_out_reason")}
        hint={t("show_out_hint")}
        value={reason.value}
        maxLength={300}
        onInput={(v) => {
          reason.value = v;
        }}
        testid="show-out-reason"
      />
      <div class="ch-acts">
        <Button testid="show-out-cancel" onClick={close}>
          {common("cancel")}
        </Button>
        <Button
          kind="danger"
          testid="show-out-yes"
          disabled={!clerk.desk.online.value}
          busy={clerk.desk.busy.value.has("admission.refuse")}
          onClick={() => void clerk.showOut(who.person, reason.value.trim())}
        >
          {t("show_out")}
        </Button>
      </div>
    </Dialog>
  );
}
