/** Keys of a hall's machine: hold Space = the hall's microphone, F full screen, C camera; none while somebody types. */
import { useEffect } from "preact/hooks";
import type { Session } from "../../core/session";
import { gateOpen } from "../meeting/controls";
import { fullScreen } from "./screen";

/** What a key means; "" = not ours. */
export type HallKey = "talk" | "screen" | "camera" | "";

/** hallKey maps a key; chords and keys of an input method are left alone. */
export function hallKey(e: Pick<KeyboardEvent, "code" | "ctrlKey" | "altKey" | "metaKey" | "isComposing">): HallKey {
  if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing) return "";
  if (e.code === "Space") return "talk";
  if (e.code === "KeyF") return "screen";
  return e.code === "KeyC" ? "camera" : "";
}

/** onControl: Space and letters belong to the control that has the focus. */
function onControl(key: HallKey): boolean {
  const at = document.activeElement;
  if (at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement)
    return true;
  return key === "talk" && (at instanceof HTMLButtonElement || at instanceof HTMLAnchorElement);
}

/** useHallKeys binds them while the wall is shown. A press that loses the window's focus ends like a release. */
export function useHallKeys(session: Session): void {
  useEffect(() => {
    let held = false;
    const release = () => {
      if (!held) return;
      held = false;
      void session.own.switch("mic", false);
    };
    const down = (e: KeyboardEvent) => {
      const key = hallKey(e);
      if (!key || onControl(key)) return;
      if (key === "talk") e.preventDefault();
      if (e.repeat) return;
      if (key === "screen") fullScreen();
      else if (key === "camera") void session.own.switch("cam", !session.own.on.cam.value);
      else if (!session.own.on.mic.value && gateOpen(session, "mic")) {
        held = true;
        // Released before the microphone was there: it is closed again.
        void session.own.switch("mic", true).then(() => !held && session.own.switch("mic", false));
      }
    };
    const up = (e: KeyboardEvent) => {
      if (e.code === "Space") release();
    };
    document.addEventListener("keydown", down);
    document.addEventListener("keyup", up);
    window.addEventListener("blur", release);
    return () => {
      document.removeEventListener("keydown", down);
      document.removeEventListener("keyup", up);
      window.removeEventListener("blur", release);
    };
  }, [session]);
}
