/** PersonDialog edits one person of the list. */
import { useSignal } from "@preact/signals";
import type { Person, Role } from "../../core/protocol";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field, Select, Tick } from "../../ui/field";
import { alone, listedRoles, roleText } from "./text";

/** withRole ticks a role on or off; a hall or a display stands alone. */
export function withRole(roles: readonly Role[], role: Role, on: boolean): Role[] {
  if (!on) return roles.filter((r) => r !== role);
  if (alone(role)) return [role];
  return listedRoles.filter((r) => !alone(r) && (r === role || roles.includes(r)));
}

export function PersonDialog(p: {
  person: Person;
  halls: readonly Person[];
  listed: boolean;
  onSave: (next: Person) => void;
  onRemove: (gone: Person) => void;
  onClose: () => void;
}) {
  const x = useSignal(p.person);
  const tried = useSignal(false);
  const v = x.value;
  const put = (part: Partial<Person>) => (x.value = { ...v, ...part });
  const device = v.roles.some(alone);
  const good = v.name.trim() !== "" && v.roles.length > 0;
  const seat = useSignal(v.seat ? String(v.seat) : "");
  const badSeat = seat.value !== "" && !/^[1-9]\d{0,3}$/u.test(seat.value);
  const submit = () => {
    tried.value = true;
    if (!good || badSeat) return;
    p.onSave({ ...v, name: v.name.trim(), seat: Number(seat.value) });
  };
  return (
    <Dialog title={p.listed ? t("person_edit") : t("person_add")} onClose={p.onClose} testid="person-dialog">
      <form
        class="stack"
        onSubmit={(e) => {
          e.preventDefault();
          submit();
        }}
      >
        <Field
          label={t("name")}
          value={v.name}
          // The short name on tiles follows the name unless somebody wrote one.
          onInput={(name) =>
            put({ name, label: v.label && v.name.startsWith(v.label.replace("…", "")) ? "" : v.label })
          }
          maxLength={80}
          {...(tried.value && !v.name.trim() ? { error: t("needed") } : {})}
          testid="person-name"
        />
        {!device && (
          <>
            <Field
              label={t("post")}
              value={v.office ?? ""}
              onInput={(office) => put({ office })}
              maxLength={80}
              testid="person-office"
            />
            <div class="of-two">
              <Field
                label={t("group")}
                value={v.group ?? ""}
                onInput={(group) => put({ group })}
                maxLength={80}
                testid="person-group"
              />
              <Field
                label={t("seat")}
                inputMode="numeric"
                value={seat.value}
                onInput={(s) => (seat.value = s)}
                {...(badSeat ? { error: t("from_to", { min: 1, max: 9999 }) } : {})}
                testid="person-seat"
              />
            </div>
          </>
        )}
        <Field
          label={t("unit")}
          value={v.unit ?? ""}
          onInput={(unit) => put({ unit })}
          maxLength={80}
          testid="person-unit"
        />
        <Field
          label={t("label")}
          hint={t("label_hint")}
          value={v.label}
          onInput={(label) => put({ label })}
          maxLength={24}
          testid="person-label"
        />
        <fieldset class="of-ticks">
          <legend>{t("roles")}</legend>
          {listedRoles.map((r) => (
            <Tick
              key={r}
              label={roleText(r)}
              checked={v.roles.includes(r)}
              onChange={(on) => put({ roles: withRole(v.roles, r, on) })}
              testid={`role-${r}`}
            />
          ))}
        </fieldset>
        <p class={v.roles.length === 0 ? "field-error" : "muted"}>
          {t(v.roles.length === 0 ? "role_needed" : "roles_note")}
        </p>
        {!device && p.halls.length > 0 && (
          <Select
            label={t("sits_at")}
            value={v.hall ?? ""}
            options={[{ value: "", label: t("sits_own") }, ...p.halls.map((h) => ({ value: h.id, label: h.name }))]}
            onChange={(hall) => put({ hall })}
            testid="person-hall"
          />
        )}
        <div class="row spread">
          <Button kind="primary" type="submit" testid="person-save">
            {t("done")}
          </Button>
          <Button onClick={p.onClose}>{common("cancel")}</Button>
          {p.listed && (
            <Button onClick={() => p.onRemove(p.person)} testid="person-remove">
              {t("person_remove")}
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
