/** Shortcuts of the desk. All are chords, none fires while somebody types; they can be switched off on this device. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { chair } from "../../i18n/chair";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Tick } from "../../ui/field";
import type { Desk } from "./desk";
import { openBallot } from "./model";

const STORED = "nt.keys.chair";

const stored = (() => {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
})();

/** keysOn: shortcuts are in use on this device. */
export const keysOn = signal(stored);

/** The acts a shortcut stands for. */
export type KeyAct = "next" | "give" | "ballot" | "mute" | "mic" | "list";

const chords: readonly { act: KeyAct; text: string }[] = [
  { act: "next", text: "Ctrl+Alt+N" },
  { act: "give", text: "Ctrl+Alt+M" },
  { act: "ballot", text: "Ctrl+Alt+B" },
  { act: "mute", text: "Ctrl+Alt+0" },
  { act: "mic", text: "Ctrl+D" },
  { act: "list", text: "Ctrl+Alt+/" },
];

/** The parts of a KeyboardEvent that decide; code is the key's place, as Alt may change its letter. */
export interface Pressed {
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
  code: string;
  key: string;
}

/** keyAct maps a key press to its act; "" = not ours. */
export function keyAct(e: Pressed): KeyAct | "" {
  if (!e.ctrlKey || e.shiftKey || e.metaKey || e.isComposing) return "";
  if (!e.altKey) return e.code === "KeyD" ? "mic" : "";
  switch (e.code) {
    case "KeyN":
      return "next";
    case "KeyM":
      return "give";
    case "KeyB":
      return "ballot";
    case "Digit0":
    case "Numpad0":
      return "mute";
    case "Slash":
      return "list";
    default:
      return e.key === "/" ? "list" : "";
  }
}

/** useKeys binds them while the desk is mounted. */
export function useKeys(desk: Desk): void {
  useEffect(() => {
    const down = (e: KeyboardEvent) => {
      const act = keyAct(e);
      if (!act || (act !== "list" && !keysOn.value)) return;
      e.preventDefault();
      // The frame has a shorter list under the same chord; the desk's comes first.
      e.stopImmediatePropagation();
      if (act === "list") desk.show("keys");
      else if (act === "mic") void desk.microphone();
      else if (desk.online.value) steer(desk, act);
    };
    document.addEventListener("keydown", down, true);
    return () => document.removeEventListener("keydown", down, true);
  }, [desk]);
}

/** steer does what the button of the same name does, and nothing where that button is locked. */
function steer(desk: Desk, act: KeyAct) {
  const { ballot } = desk.session.views;
  const voting = openBallot(ballot.value) !== undefined;
  if (act === "next" && !voting) void desk.next();
  else if (act === "give") desk.first();
  else if (act === "mute") void desk.muteAll();
  else if (act === "ballot" && voting) desk.closeBallot();
  else if (act === "ballot" && ballot.value?.can_open) desk.show("compose");
}

/** KeyList is the list under Ctrl+Alt+/. */
export function KeyList({ desk }: { desk: Desk }) {
  const close = () => desk.leave("keys");
  return (
    <Dialog title={chair("keys_title")} onClose={close} testid="key-list">
      <table class="ch-keys">
        <tbody>
          {chords.map((c) => (
            <tr key={c.act}>
              <th scope="row">{chair(`key_${c.act}`)}</th>
              <td>
                <kbd>{c.text}</kbd>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Tick
        label={chair("keys_on")}
        checked={keysOn.value}
        onChange={(on) => {
          keysOn.value = on;
          try {
            localStorage.setItem(STORED, on ? "on" : "off");
          } catch {
            // Without storage the choice lasts until the page is closed.
          }
        }}
        testid="keys-on"
      />
      <Button kind="primary" onClick={close} testid="keys-close">
        {common("close")}
      </Button>
    </Dialog>
  );
}
