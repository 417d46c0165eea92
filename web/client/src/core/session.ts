/** One person in one sitting: the link, its views, the media and the own devices, wired together. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { ActError } from "./act-error";
import { serverNow, startTicking } from "./clock";
import { Link } from "./link";
import { Media } from "./media";
import { Own } from "./microphone";
import type { ActBody, Ok, Profile, Role, Welcome } from "./protocol";
import { writeHall } from "./resume";
import { applyView, newViews, type Views } from "./views";

export interface SessionOptions {
  door: string;
  profile: Profile;
  /** The device sits in a hall: no sound of its own, no microphone ("Tiếng ở loa hội trường"). */
  atHall?: boolean;
  /** Check in by itself once, when a roll-call can be answered: the tap was "Điểm danh và vào họp". */
  checkIn?: boolean;
  /** wss URL for tests; default from the page's address. */
  url?: string;
}

const LONG_MS = 60_000;
const SHORT_MS = 1500;

/** queue: our sound waits for its turn, because many come in at once. */
export type Lost = "" | "queue" | "media" | "socket" | "long";

export class Session {
  readonly views: Views = newViews();
  readonly link: Link;
  readonly media: Media;
  readonly own: Own;
  /** What the banner says: "" = all is well. */
  readonly lost: ReadonlySignal<Lost>;
  /** The socket is there, so acts go out at once. */
  readonly open: ReadonlySignal<boolean>;
  /** media.gate of own sources: why a gate closed last ("chair", "floor", "policy"). */
  readonly gateWhy = signal("");
  /** Hall mode: this device neither plays nor records, its person is heard and hears in the hall. */
  readonly atHall = signal(false);
  /** "online", or the hall where the server counts this device; "" before the welcome. */
  readonly place = signal("");
  private wantsHall = false;
  private readonly movePending = signal(false);
  private readonly age = signal(0);
  private timers: (() => void)[] = [];
  private wake: { release(): Promise<void> } | undefined;

  constructor(readonly o: SessionOptions) {
    this.wantsHall = o.atHall ?? false;
    this.atHall.value = this.wantsHall;
    this.movePending.value = this.wantsHall;
    this.link = new Link({
      door: o.door,
      inHall: () => this.wantsHall,
      ...(o.url ? { url: o.url } : {}),
      want: () => this.media.want.peek(),
      onMessage: (m) => {
        if (m.type === "view") applyView(this.views, m.topic, m.data);
        else if (m.type === "media.gate") this.gateWhy.value = m.open ? "" : m.why;
        else this.media.handle(m);
      },
      onWelcome: (w, kept) => this.welcomed(w, kept),
    });
    this.media = new Media(this.link, o.profile, () => this.link.person);
    this.own = new Own(this.media, o.profile === "member");
    this.open = computed(() => this.link.state.value === "open");
    this.lost = computed(() => {
      const since = this.link.lostAt.value;
      const away = since ? Math.max(this.age.value, Date.now()) - since : 0;
      if (away >= LONG_MS) return "long";
      if (away >= SHORT_MS || (since && this.link.restarting.value)) return "socket";
      if (this.media.ahead.value > 0) return "queue";
      return this.media.lost.value && !since ? "media" : "";
    });
  }

  private welcomed(w: Welcome, kept: boolean) {
    this.media.welcomed(kept);
    this.place.value = w.place;
    const quiet = w.place !== "online" && !w.roles.includes("hall");
    if (this.atHall.peek() === quiet) return;
    this.atHall.value = quiet;
    // The list names no hall for this person: the device plays after all, which needs a tap.
    if (!quiet) this.media.slots.needTap.value = true;
  }

  /** setHall goes to hall mode or leaves it. Call it inside a tap: sound may have to play again. */
  setHall(on: boolean): void {
    this.wantsHall = on;
    this.atHall.value = on;
    this.movePending.value = true;
    writeHall(this.o.door, on);
    if (on) {
      void this.own.hush();
      this.media.slots.hush();
    } else this.unlock();
    this.link.rejoin();
  }

  /** moveOnce tells the roll-call once where a present person sits now, after hall mode was switched. */
  private moveOnce(): () => void {
    return effect(() => {
      const self = this.views.self.value;
      const rows = this.views.rollcall.value?.rows;
      const place = this.place.value;
      if (!this.movePending.value || !this.open.value || !self || !rows || (place !== "online") !== this.wantsHall)
        return;
      this.movePending.value = false;
      const row = rows.find((r) => r.person === self.person);
      if (self.voter && (row?.state === "present" || row?.state === "late") && row.place !== place)
        void this.act({ type: "rollcall.checkin" }).catch(() => undefined);
    });
  }

  /** follow keeps the own devices in step with the gates: publish when one opens, fall silent when the turn is over. */
  private follow(): () => void {
    let spoke = false;
    return effect(() => {
      const self = this.views.self.value;
      if (!self) return;
      const { mic, cam, screen } = this.own.on;
      if ((self.mic && mic.value) || (self.cam && cam.value) || (self.screen && screen.value)) this.media.publish();
      const speaks = self.floor?.state === "speaking";
      if (spoke && !speaks) {
        if (this.o.profile === "audience") {
          this.own.end();
          this.media.unpublish();
        } else if (mic.peek()) void this.own.switch("mic", false);
      }
      spoke = speaks;
    });
  }

  private checkInOnce(): () => void {
    let done = false;
    return effect(() => {
      const self = this.views.self.value;
      const roll = this.views.rollcall.value;
      if (done || !self || !roll) return;
      done = true;
      const late = roll.state === "closed" && this.views.agenda.value?.sitting.state === "open";
      const absent = self.presence !== "present" && self.presence !== "late";
      if (self.voter && absent && (roll.state === "open" || late)) {
        // A refusal is no loss: the page then shows the button of the roll-call itself.
        void this.act({ type: "rollcall.checkin" }).catch(() => undefined);
      }
    });
  }

  /** start joins. Call unlock inside the same tap, so that sound may play. */
  start(): void {
    this.timers.push(startTicking());
    const timer = setInterval(() => {
      this.age.value = Date.now();
    }, 500);
    this.timers.push(() => clearInterval(timer));
    document.addEventListener("visibilitychange", this.awake);
    window.addEventListener("beforeunload", this.holdPage);
    this.timers.push(() => window.removeEventListener("beforeunload", this.holdPage));
    this.timers.push(this.follow());
    if (this.o.checkIn) this.timers.push(this.checkInOnce());
    this.timers.push(this.moveOnce());
    this.link.start();
    this.media.start();
    void this.awake();
  }

  /** unlock creates and plays the audio elements; only inside a tap. A device in a hall stays silent. */
  unlock(): void {
    if (!this.atHall.value) this.media.slots.unlock();
  }

  /** act sends a command; resolves after the commit. */
  act(body: ActBody): Promise<Ok> {
    return this.link.act(body);
  }

  /**
   * takeFloor accepts the own invitation: first the microphone is had, so that the clock does not run while a permission
   * box stands; then the act; then the sound. False when there is no microphone (own.problem says why).
   */
  async takeFloor(): Promise<boolean> {
    const quiet = this.atHall.value; // the hall's microphone speaks for a person in the hall
    if (!quiet && !(await this.own.prepare())) return false;
    await this.act({ type: "floor.accept" });
    return quiet || this.own.switch("mic", true);
  }

  /** may says whether the roles of this person allow a command. */
  may(command: string): boolean {
    return this.views.self.value?.may.includes(command) ?? false;
  }

  /** is says whether this person has a role. */
  is(role: Role): boolean {
    return this.views.self.value?.roles.includes(role) ?? false;
  }

  /** leave ends everything ("Rời họp"). */
  leave(): void {
    for (const stop of this.timers) stop();
    this.timers = [];
    document.removeEventListener("visibilitychange", this.awake);
    void this.wake?.release().catch(() => undefined);
    this.own.end();
    this.media.stop();
    this.link.stop();
  }

  /** Only who speaks is asked before the page goes. */
  private holdPage = (e: BeforeUnloadEvent) => {
    if (this.views.self.peek()?.floor?.state === "speaking" && this.own.on.mic.peek()) e.preventDefault();
  };

  private awake = async () => {
    if (document.visibilityState === "hidden") return;
    const lock = (
      navigator as unknown as { wakeLock?: { request(t: "screen"): Promise<{ release(): Promise<void> }> } }
    ).wakeLock;
    this.wake = await lock?.request("screen").catch(() => undefined);
  };
}

/** codeOf gives the stable code of a refusal, "network" for anything else. */
export function codeOf(e: unknown): { code: string; data: Record<string, unknown> } {
  return e instanceof ActError ? { code: e.code, data: e.data } : { code: "network", data: { at: serverNow() } };
}
