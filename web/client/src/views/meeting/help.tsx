/** Trợ giúp: phone, text size, language, keys, the notices of this meeting; always in the same place. */
import { dateText, timeText } from "../../core/format";
import { setSounds, soundsOn } from "../../core/levels";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Tick } from "../../ui/field";
import { LangSwitch, TextSize } from "../../ui/settings";
import { toastLog } from "../../ui/toast";
import { keysBound, keysOn, setKeys } from "./keys";

const OWN_KEYS = ["key_mic", "key_cam", "key_hand", "key_talk"] as const;
const PAGE_KEYS = ["key_regions", "key_list", "key_help"] as const;

/** HelpDialog is opened by Trợ giúp and by Ctrl+Alt+/. */
export function HelpDialog(p: { session: Session; onClose: () => void }) {
  const head = p.session.views.agenda.value?.sitting;
  const path = p.session.media.path.value;
  return (
    <Dialog title={common("help")} onClose={p.onClose} testid="help-dialog">
      {head?.help_phone && (
        <p>
          {common("need_help_call")} <a href={`tel:${head.help_phone}`}>{head.help_phone}</a>
        </p>
      )}
      <TextSize />
      <LangSwitch />
      <Tick label={call("sounds")} checked={soundsOn.value} onChange={setSounds} testid="sounds-help" />
      <section class="stack">
        <h3>{call("keys")}</h3>
        <ul class="list" role="list">
          {(keysBound.value ? [...OWN_KEYS, ...PAGE_KEYS] : PAGE_KEYS).map((k) => (
            <li key={k}>{call(k)}</li>
          ))}
        </ul>
        {keysBound.value && <Tick label={call("keys_on")} checked={keysOn.value} onChange={setKeys} testid="keys-on" />}
      </section>
      <section class="stack">
        <h3>{common("notices")}</h3>
        {toastLog.value.length === 0 && <p class="muted">{common("no_notices")}</p>}
        <ul class="list" role="list">
          {toastLog.value.slice(0, 8).map((t) => (
            <li key={t.id}>
              <span class="num muted">{timeText(t.at)}</span>
              <span>{t.text}</span>
            </li>
          ))}
        </ul>
      </section>
      {head && (
        <p class="muted num">
          {dateText(head.planned_at)} · {head.head || "–"} {path && `· ${path}`}
        </p>
      )}
      <Button kind="primary" onClick={p.onClose} testid="help-close">
        {common("close")}
      </Button>
    </Dialog>
  );
}
