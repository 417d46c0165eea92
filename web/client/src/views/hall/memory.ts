/** What this machine remembers: that it was ready once for a sitting's door. */

const KEY = "nt.hall.ready";

/** readyBefore: the check was passed on this machine for this door. */
export function readyBefore(door: string): boolean {
  try {
    return localStorage.getItem(KEY) === door;
  } catch {
    return false;
  }
}

/** rememberReady keeps the door; the newest only. */
export function rememberReady(door: string): void {
  try {
    localStorage.setItem(KEY, door);
  } catch {
    // Without storage the check is asked again after a reload.
  }
}
