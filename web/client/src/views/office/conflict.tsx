/** Conflict: two people saved. It says what each changed and never overwrites by itself. */

import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import type { Draft } from "./api";
import type { DraftStore, Section } from "./draft";

const names = (all: Section[]) => all.map((s) => t(`tab_${s}`)).join(", ");

export function Conflict(p: { store: DraftStore; theirs: Draft }) {
  const { mine, theirs } = p.store.differences(p.theirs.doc);
  const both = mine.filter((s) => theirs.includes(s));
  const gone = p.theirs.state !== "draft";
  return (
    <section class="of-fault" role="alert" data-testid="conflict">
      <h2>{t("conflict")}</h2>
      <p>{gone ? t("conflict_published") : t("conflict_note")}</p>
      <ul>
        {theirs.length > 0 && <li>{t("conflict_theirs", { names: names(theirs) })}</li>}
        {mine.length > 0 && <li>{t("conflict_mine", { names: names(mine) })}</li>}
        {both.length > 0 && !gone && <li>{t("conflict_both", { names: names(both) })}</li>}
      </ul>
      <div class="row">
        {!gone && (
          <Button onClick={() => void p.store.keepMine(p.theirs)} testid="keep-mine">
            {t("keep_mine")}
          </Button>
        )}
        <Button onClick={() => p.store.take(p.theirs)} testid="take-theirs">
          {t("take_theirs")}
        </Button>
      </div>
    </section>
  );
}
