/** Asks the server how everybody's lines are, every two seconds, only while something on the page shows it. */
import { useEffect, useState } from "preact/hooks";
import type { MediaLines } from "../../core/protocol";
import type { Session } from "../../core/session";

export const EVERY_MS = 2000;

/** State of the question: the newest answer, whether the last question failed, whether it is not ours to ask. */
export interface Asked {
  answer: MediaLines | null;
  failed: boolean;
  denied: boolean;
}

/** useLines asks while it is mounted and the page is visible; one question at a time. */
export function useLines(session: Session): Asked {
  const [state, set] = useState<Asked>({ answer: null, failed: false, denied: false });
  useEffect(() => {
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      if (document.visibilityState !== "hidden" && session.link.state.peek() === "open") {
        const m = await session.link.ask({ type: "media.lines" }).catch(() => undefined);
        if (ended) return;
        if (m?.type === "media.lines") set({ answer: m, failed: false, denied: false });
        else if (m?.type === "error" && m.kind === "not_allowed") set((s) => ({ ...s, denied: true }));
        else if (!m) set((s) => ({ ...s, failed: true }));
      }
      timer = setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [session]);
  return state;
}
