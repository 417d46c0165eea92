/** Keys of the deputy's page: Ctrl+D microphone, Ctrl+E picture, Ctrl+Alt+H hand; Space held = speak. */
import { useEffect } from "preact/hooks";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { announce } from "../../ui/live";
import { gateOpen, switchLine, typing } from "../meeting/controls";
import { keysBound, keysOn } from "../meeting/keys";

/** What a key means; "" = not ours. */
export type DeputyKey = "mic" | "cam" | "hand" | "talk" | "";

type Pressed = Pick<KeyboardEvent, "code" | "ctrlKey" | "altKey" | "shiftKey" | "metaKey" | "isComposing">;

/** deputyKey maps a key press by the key's place: Alt and the input method may change its letter. */
export function deputyKey(e: Pressed): DeputyKey {
  if (e.metaKey || e.shiftKey || e.isComposing) return "";
  if (!e.ctrlKey) return e.code === "Space" && !e.altKey ? "talk" : "";
  if (e.altKey) return e.code === "KeyH" ? "hand" : "";
  if (e.code === "KeyD") return "mic";
  return e.code === "KeyE" ? "cam" : "";
}

const CONTROLS =
  "a, button, input, textarea, select, summary, video, [contenteditable], [role=button], [role=radio], [role=tab], dialog";

/** onControl: the focus is on something that Space presses, scrolls or writes into. */
export function onControl(at: Element | null): boolean {
  return !!at?.closest(CONTROLS) || at?.getAttribute("tabindex") === "0";
}

/** mayTalk: the microphone is the person's own, closed now, and the chair lets it through. */
function mayTalk(session: Session): boolean {
  return !session.atHall.value && !session.own.on.mic.value && gateOpen(session, "mic");
}

/** useKeys binds them while the page is shown. A press that loses the window's focus ends like a release. */
export function useKeys(session: Session): void {
  useEffect(() => {
    let held = false;
    const close = async () => {
      if (await session.own.switch("mic", false)) announce(call("said_mic_off"), "polite", "mic");
    };
    const release = () => {
      if (!held) return;
      held = false;
      void close();
    };
    const talk = async () => {
      held = true;
      const ok = await session.own.switch("mic", true);
      // Released before the microphone was there: it is closed again.
      if (!held) void close();
      else if (ok) announce(call("said_mic_on"), "polite", "mic");
      else held = false;
    };
    const down = (e: KeyboardEvent) => {
      const key = keysOn.value ? deputyKey(e) : "";
      if (!key || typing(e)) return;
      if (key === "talk") {
        if (onControl(document.activeElement) || (!held && !mayTalk(session))) return;
        e.preventDefault();
        if (!held && !e.repeat) void talk();
        return;
      }
      e.preventDefault();
      if (e.repeat) return;
      if (key === "hand") document.querySelector<HTMLElement>("[data-testid=hand]")?.click();
      else void switchLine(session, key);
    };
    const up = (e: KeyboardEvent) => {
      if (e.code === "Space") release();
    };
    keysBound.value = true;
    document.addEventListener("keydown", down);
    document.addEventListener("keyup", up);
    window.addEventListener("blur", release);
    return () => {
      keysBound.value = false;
      document.removeEventListener("keydown", down);
      document.removeEventListener("keyup", up);
      window.removeEventListener("blur", release);
      release();
    };
  }, [session]);
}
