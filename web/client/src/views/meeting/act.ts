/** Acts of a page: what is being sent, and what a refusal says. */
import { type Signal, signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { ActBody, Ok } from "../../core/protocol";
import { codeOf, type Session } from "../../core/session";
import { common } from "../../i18n/common";
import { errorText } from "../../i18n/error-text";
import { toast } from "../../ui/toast";

export interface Doing {
  busy: Signal<boolean>;
  /** The refusal in words; "" = none. */
  error: Signal<string>;
  /** run sends; undefined when it was refused (error says why). */
  run: (body: ActBody) => Promise<Ok | undefined>;
}

/** useAct is one button's act: busy until the server answered; a refusal is shown in place, or as a toast. */
export function useAct(session: Session, where: "toast" | "place" = "toast"): Doing {
  return useMemo(() => {
    const busy = signal(false);
    const error = signal("");
    const run = async (body: ActBody) => {
      busy.value = true;
      error.value = "";
      try {
        return await session.act(body);
      } catch (e) {
        const { code, data } = codeOf(e);
        error.value = common("not_sent", { why: errorText(code, data) });
        if (where === "toast") toast(error.value, { urgency: "assertive" });
        return undefined;
      } finally {
        busy.value = false;
      }
    };
    return { busy, error, run };
  }, [session, where]);
}
