/** The seat of this tab, kept in session storage so that a reload resumes it. */

export interface Resume {
  sid: string;
  secret: string;
}

const hallKey = (door: string) => `nt.hall.${door}`;

/** readHall says whether this tab was in hall mode. */
export function readHall(door: string): boolean {
  try {
    return sessionStorage.getItem(hallKey(door)) === "1";
  } catch {
    return false;
  }
}

/** writeHall remembers it over a reload. */
export function writeHall(door: string, on: boolean) {
  try {
    if (on) sessionStorage.setItem(hallKey(door), "1");
    else sessionStorage.removeItem(hallKey(door));
  } catch {
    // Without session storage a reload joins with sound of its own.
  }
}

const resumeKey = (door: string) => `nt.resume.${door}`;

/** readResume gives the seat that this tab held, if it held one. */
export function readResume(door: string): Resume | undefined {
  try {
    const text = sessionStorage.getItem(resumeKey(door));
    return text ? (JSON.parse(text) as Resume) : undefined;
  } catch {
    return undefined;
  }
}

/** writeResume remembers or forgets it. */
export function writeResume(door: string, r: Resume | undefined) {
  try {
    if (r) sessionStorage.setItem(resumeKey(door), JSON.stringify(r));
    else sessionStorage.removeItem(resumeKey(door));
  } catch {
    // Without session storage a reload joins anew instead of resuming.
  }
}
