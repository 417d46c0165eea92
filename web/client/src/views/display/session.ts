/** The display's way in: token → cookie → socket. It never gives up: without network the last scene stays. */
import { type Signal, signal } from "@preact/signals";
import { ApiError, api } from "../../core/http";
import { Session } from "../../core/session";

/** opening: not yet followed; following: views come or came; bad: the link is not valid (any more). */
export type Phase = "opening" | "following" | "bad";

interface Stored {
  sitting: string;
  door: string;
}

const KEY = "nt.display";
const RETRY_MS = 5000;

export class Following {
  readonly phase: Signal<Phase> = signal("opening");
  /** No answer from the server yet. */
  readonly unreachable = signal(false);
  /** The public door's code. */
  readonly door = signal("");
  /** Citizens may enter by the door, so its QR may be shown. */
  readonly open = signal(false);
  /** The sitting that is followed; null before the exchange. */
  readonly session: Signal<Session | null> = signal(null);

  private timer: ReturnType<typeof setTimeout> | undefined;
  private ended = false;
  private watch: () => void = () => undefined;

  /** start takes the token out of the address and follows the sitting. */
  start(): void {
    const token = location.hash.slice(1);
    if (token) history.replaceState(null, "", location.pathname);
    void this.enter(token);
  }

  /** stop ends timers and the socket. */
  stop(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.watch();
    this.session.value?.leave();
  }

  private async enter(token: string): Promise<void> {
    const known = read();
    if (!token && !known) {
      this.phase.value = "bad";
      return;
    }
    try {
      const at = token ? await api<Stored>("POST", "/api/display", { token }) : (known as Stored);
      if (this.ended) return;
      write(at);
      this.follow(at.door);
    } catch (e) {
      if (this.ended) return;
      if (e instanceof ApiError && e.status >= 400 && e.status < 500 && e.status !== 429) {
        this.phase.value = "bad";
        return;
      }
      this.unreachable.value = true;
      this.timer = setTimeout(() => void this.enter(token), RETRY_MS);
    }
  }

  private follow(door: string): void {
    this.door.value = door;
    void api<{ public: boolean }>("GET", `/api/doors/${encodeURIComponent(door)}`)
      .then((d) => {
        this.open.value = d.public;
      })
      .catch(() => undefined);
    const session = new Session({ door, profile: "audience" });
    this.session.value = session;
    this.watch = session.link.state.subscribe((s) => {
      if (s === "open") this.phase.value = "following";
      else if (s === "elsewhere") session.link.take();
      else if (s === "nosession" || s === "refused" || s === "gone") this.expired();
    });
    session.start();
  }

  private expired() {
    forget();
    this.phase.value = "bad";
  }
}

function read(): Stored | undefined {
  try {
    const text = localStorage.getItem(KEY);
    return text ? (JSON.parse(text) as Stored) : undefined;
  } catch {
    return undefined;
  }
}

function write(s: Stored) {
  try {
    localStorage.setItem(KEY, JSON.stringify(s));
  } catch {
    // Without storage a reload needs the link again.
  }
}

function forget() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}
