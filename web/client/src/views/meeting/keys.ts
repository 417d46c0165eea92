/** Shortcuts of the meeting pages: in use or not on this device, and whether the page has any. */
import { signal } from "@preact/signals";

const STORED = "nt.keys";

/** keysOn: shortcuts are in use on this device. */
export const keysOn = signal(
  (() => {
    try {
      return localStorage.getItem(STORED) !== "off";
    } catch {
      return true;
    }
  })(),
);

/** keysBound: the page that is shown listens to the deputy's shortcuts, so that the help lists them. */
export const keysBound = signal(false);

/** setKeys switches them and remembers it. */
export function setKeys(on: boolean): void {
  keysOn.value = on;
  try {
    localStorage.setItem(STORED, on ? "on" : "off");
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
}
