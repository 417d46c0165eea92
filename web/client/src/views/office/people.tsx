/** Tab Thành phần: everybody on the list, with the sets of roles that they hold. */
import { useSignal } from "@preact/signals";
import { fold } from "../../core/format";
import { randomText } from "../../core/ids";
import type { Person, Role } from "../../core/protocol";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { EmptyState } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { Field } from "../../ui/field";
import { IconPlus } from "../../ui/icons";
import { toast } from "../../ui/toast";
import type { DraftStore } from "./draft";
import { PersonDialog } from "./person";
import { go, sittingPath } from "./route";
import { listedRoles, placeText, rolesText, roleText } from "./text";

export function People(p: { store: DraftStore }) {
  const people = p.store.doc.value.people;
  const editing = useSignal<Person | null>(null);
  const query = useSignal("");
  const put = (next: Person[]) => p.store.edit((d) => ({ ...d, people: next }));
  const add = (roles: Role[], name: string) => {
    editing.value = { id: randomText(13), name, label: "", roles };
  };
  const save = (next: Person) => {
    const known = people.some((x) => x.id === next.id);
    put(known ? people.map((x) => (x.id === next.id ? next : x)) : [...people, next]);
    editing.value = null;
  };
  const remove = (gone: Person) => {
    const was = people;
    // Whoever sat in a removed hall sits nowhere: the document may not name a hall that is not listed.
    put(people.filter((x) => x.id !== gone.id).map((x) => (x.hall === gone.id ? { ...x, hall: "" } : x)));
    editing.value = null;
    toast(t("person_removed", { name: gone.name }), {
      action: { label: t("undo"), run: () => put(was), testid: "undo" },
    });
  };
  const wanted = fold(query.value.trim());
  const shown = people.filter((x) =>
    fold(`${x.name} ${x.group ?? ""} ${x.unit ?? ""} ${x.office ?? ""}`).includes(wanted),
  );
  return (
    <div class="stack">
      <Counts people={people} />
      <div class="row">
        <Button onClick={() => go(sittingPath(p.store.id, "nhap-danh-sach"))} testid="paste-people">
          {t("paste_people")}
        </Button>
        <Button icon={IconPlus} onClick={() => add(["deputy"], "")} testid="add-person">
          {t("add_person")}
        </Button>
        <Button icon={IconPlus} onClick={() => add(["hall"], t("new_hall"))} testid="add-hall">
          {t("add_hall")}
        </Button>
        <Button icon={IconPlus} onClick={() => add(["display"], t("new_display"))} testid="add-display">
          {t("add_display")}
        </Button>
      </div>
      {people.length === 0 && <EmptyState testid="no-people">{t("no_people")}</EmptyState>}
      {people.length > 8 && (
        <Field
          label={t("find_person")}
          type="search"
          value={query.value}
          onInput={(v) => (query.value = v)}
          testid="find-person"
        />
      )}
      <ul role="list" class="of-people" data-testid="people">
        {shown.map((x) => (
          <li key={x.id}>
            <button type="button" class="of-person" onClick={() => (editing.value = x)} data-testid="person">
              <span class="grow">
                <strong>{x.name}</strong>
                <span class="muted">{[x.office, placeText(x)].filter(Boolean).join(" · ")}</span>
              </span>
              <span class="of-roles">{rolesText(x.roles)}</span>
            </button>
          </li>
        ))}
      </ul>
      {people.length > 0 && shown.length === 0 && <p class="muted">{t("nobody_found")}</p>}
      {editing.value && (
        <PersonDialog
          key={editing.value.id}
          person={editing.value}
          halls={people.filter((x) => x.roles.includes("hall"))}
          listed={people.some((x) => x.id === editing.value?.id)}
          onSave={save}
          onRemove={remove}
          onClose={() => (editing.value = null)}
        />
      )}
    </div>
  );
}

/** Counts says how many of each role are listed, and warns when nobody presides. */
function Counts(p: { people: readonly Person[] }) {
  const count = (r: Role) => p.people.filter((x) => x.roles.includes(r)).length;
  if (p.people.length === 0) return null;
  return (
    <p class="row" data-testid="counts">
      <Chip>{t("people_n", { n: p.people.length })}</Chip>
      {listedRoles
        .filter((r) => count(r) > 0)
        .map((r) => (
          <Chip key={r} tone="tag">
            {t("role_count", { role: roleText(r), n: count(r) })}
          </Chip>
        ))}
      {count("chair") === 0 && <Chip tone="warning">{t("no_chair")}</Chip>}
    </p>
  );
}
