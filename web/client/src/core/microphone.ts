/** The person's own microphone, camera and screen: switching, devices, interruptions. */
import { computed, type Signal, signal } from "@preact/signals";
import { camera, DeviceError, isIOS, type MicProblem, microphone, screen } from "./devices";
import type { Media } from "./media";
import type { Line } from "./pub";

const remembered = (kind: "mic" | "cam") => {
  try {
    return localStorage.getItem(`nt.${kind}`) ?? "";
  } catch {
    return "";
  }
};

export class Own {
  /** What the person switched on. Whether others hear it is the chair's gate (SelfView.mic). */
  readonly on: Record<Line, Signal<boolean>> = { mic: signal(false), cam: signal(false), screen: signal(false) };
  readonly busy: Record<Line, Signal<boolean>> = { mic: signal(false), cam: signal(false), screen: signal(false) };
  /** Why the last try failed, and of what; null = fine. */
  readonly problem: Signal<{ line: Line; problem: MicProblem } | null> = signal(null);
  /** The microphone was taken away (phone call, Siri, unplugged): "Nối lại tiếng". */
  readonly interrupted = signal(false);
  /** Held for meters: on air, or kept after muting. */
  readonly micTrack: Signal<MediaStreamTrack | null> = signal(null);
  readonly camTrack = computed(() => this.media.pub.tracks.cam.value);

  constructor(
    private readonly media: Media,
    /** Keep the microphone open while muted: members yes, citizens no. */
    private readonly hold: boolean,
  ) {}

  /** switch turns a line on or off; false when the device could not be had (problem says why). */
  async switch(line: Line, on: boolean): Promise<boolean> {
    if (this.busy[line].value) return this.on[line].value;
    this.busy[line].value = true;
    try {
      if (on) await this.open(line);
      else await this.close(line);
      return this.on[line].value === on;
    } catch (e) {
      this.problem.value = { line, problem: e instanceof DeviceError ? e.problem : "other" };
      this.on[line].value = false;
      return false;
    } finally {
      this.busy[line].value = false;
    }
  }

  /** prepare gets the microphone without putting it on air. */
  async prepare(): Promise<boolean> {
    if (this.micTrack.value?.readyState === "live") return true;
    this.problem.value = null;
    try {
      this.holdMic(await microphone(remembered("mic")));
      return true;
    } catch (e) {
      this.problem.value = { line: "mic", problem: e instanceof DeviceError ? e.problem : "other" };
      return false;
    }
  }

  /** use takes tracks that the door already opened for the preview. */
  use(mic: MediaStreamTrack | null, cam: MediaStreamTrack | null): void {
    if (mic) this.holdMic(mic);
    if (cam) void this.air("cam", cam);
  }

  /** choose changes the device and remembers it. iOS cannot open a second microphone: the old one is stopped first. */
  async choose(kind: "mic" | "cam", id: string): Promise<boolean> {
    try {
      localStorage.setItem(`nt.${kind}`, id);
    } catch {
      // The choice lasts for this page.
    }
    const held = kind === "mic" ? this.micTrack.value : this.camTrack.value;
    const wasOn = this.on[kind].value;
    if (!held && !wasOn) return true;
    if (isIOS()) held?.stop();
    if (kind === "mic") this.micTrack.value = null;
    const ok = wasOn ? await this.switch(kind, true) : true;
    if (held && held !== this.media.pub.tracks[kind].value) held.stop();
    return ok;
  }

  /** again reopens the microphone after an interruption. */
  async again(): Promise<void> {
    this.interrupted.value = false;
    this.micTrack.value?.stop();
    this.micTrack.value = null;
    if (this.on.mic.value) await this.switch("mic", true);
  }

  /** hush closes the microphone and lets the device go: the hall's own microphone hears the person. */
  async hush(): Promise<void> {
    if (this.on.mic.value) await this.switch("mic", false);
    this.micTrack.value?.stop();
    this.micTrack.value = null;
    this.interrupted.value = false;
  }

  /** end stops all capture. */
  end(): void {
    this.micTrack.value?.stop();
    this.micTrack.value = null;
    for (const line of ["mic", "cam", "screen"] as const) this.on[line].value = false;
    this.media.pub.end();
  }

  private async open(line: Line) {
    this.problem.value = null;
    let track: MediaStreamTrack | null | undefined;
    if (line === "mic") {
      track = this.micTrack.value?.readyState === "live" ? this.micTrack.value : await microphone(remembered("mic"));
      this.holdMic(track);
    } else if (line === "cam") {
      track = await camera(remembered("cam"));
    } else {
      track = await screen();
      if (!track) return;
    }
    await this.air(line, track);
  }

  private async air(line: Line, track: MediaStreamTrack) {
    const old = this.media.pub.tracks[line].value;
    await this.media.pub.set(line, track);
    if (old && old !== track) old.stop();
    this.on[line].value = true;
    if (line === "screen") track.onended = () => void this.switch("screen", false);
    if (line === "cam") track.onended = () => void this.switch("cam", false);
    this.media.publish();
  }

  private async close(line: Line) {
    const track = this.media.pub.tracks[line].value;
    await this.media.pub.set(line, null);
    this.on[line].value = false;
    if (line === "mic" && this.hold) return;
    track?.stop();
    if (line === "mic") this.micTrack.value = null;
  }

  private holdMic(track: MediaStreamTrack) {
    const old = this.micTrack.value;
    if (old && old !== track) old.stop();
    this.micTrack.value = track;
    track.onended = () => {
      if (this.micTrack.value === track) this.interrupted.value = true;
    };
    track.onmute = () => {
      if (this.micTrack.value === track && this.on.mic.value) this.interrupted.value = true;
    };
    track.onunmute = () => {
      if (this.micTrack.value === track && track.readyState === "live") this.interrupted.value = false;
    };
  }
}
