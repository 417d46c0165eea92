/** Requests on one socket that wait for their answer, each with a time limit; no reconnect repeats them. */
import { ActError } from "./act-error";
import type { ServerMessage } from "./protocol";

interface Asked {
  done: (m: ServerMessage) => void;
  fail: (e: Error) => void;
  timer: ReturnType<typeof setTimeout>;
  late: () => void;
  ms: number;
}

export class Requests {
  private readonly asked = new Map<string, Asked>();

  /** add waits ms for the answer to a message that was sent. */
  add(id: string, type: string, ms: number): Promise<ServerMessage> {
    return new Promise((done, fail) => {
      const late = () => {
        this.asked.delete(id);
        fail(new Error(`link: no answer to ${type}`));
      };
      this.asked.set(id, { done, fail, late, ms, timer: setTimeout(late, ms) });
    });
  }

  /** prolong starts the time limit anew: the server said that it still works on it. */
  prolong(id: string): void {
    const a = this.asked.get(id);
    if (!a) return;
    clearTimeout(a.timer);
    a.timer = setTimeout(a.late, a.ms);
  }

  /** answered takes an answer; false when it is to no request. */
  answered(id: string, m: ServerMessage): boolean {
    const a = this.asked.get(id);
    if (!a) return false;
    this.asked.delete(id);
    clearTimeout(a.timer);
    if (m.type === "error") a.fail(new ActError(m.kind, m.code, (m.data ?? {}) as Record<string, unknown>));
    else a.done(m);
    return true;
  }

  /** failAll ends them: the socket broke. */
  failAll(): void {
    for (const a of this.asked.values()) {
      clearTimeout(a.timer);
      a.fail(new Error("link: connection lost"));
    }
    this.asked.clear();
  }
}
