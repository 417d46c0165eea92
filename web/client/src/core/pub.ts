/**
 * The publishing PeerConnection: three lines (microphone, camera, screen), made when the person may first speak and
 * kept. Mute, unmute and a change of device are replaceTrack, never a renegotiation.
 */
import { type Signal, signal } from "@preact/signals";
import { cameraLayers, type Layer, prefer, screenLayers, wantedLayers } from "./codecs";
import { browserKind } from "./devices";
import { THIN_BPS, VOICE_BPS } from "./thrift";

export type Line = "mic" | "cam" | "screen";
const LINES: readonly Line[] = ["mic", "cam", "screen"];

/** Publisher holds the local tracks; they outlive a PeerConnection. */
export class Publisher {
  readonly tracks: Record<Line, Signal<MediaStreamTrack | null>> = {
    mic: signal(null),
    cam: signal(null),
    screen: signal(null),
  };
  /** A microphone that is held but not sent: kept for the "you are muted" hint and a quick return. */
  private conn: RTCPeerConnection | undefined;
  private layers: Partial<Record<Line, Layer[]>> = {};
  private on: Partial<Record<Line, readonly string[]>> = {};
  private voiceBps = VOICE_BPS;
  private readonly safari = typeof navigator !== "undefined" && /safari/u.test(browserKind());

  constructor(private readonly weak: () => boolean) {}

  /** attach takes a fresh PeerConnection and adds the three lines in their fixed order, with the tracks that run. */
  async attach(conn: RTCPeerConnection): Promise<void> {
    this.conn = conn;
    this.layers = { cam: cameraLayers(1280, 720, this.weak()), screen: screenLayers() };
    for (const line of LINES) {
      const sendEncodings = this.layers[line]?.map((l) => ({ ...l }));
      const t = conn.addTransceiver(line === "mic" ? "audio" : "video", {
        direction: "sendonly",
        ...(sendEncodings ? { sendEncodings } : { sendEncodings: [{ maxBitrate: this.voiceBps }] }),
      });
      prefer(t, line === "mic" ? "audio" : "video", true);
    }
    for (const line of LINES) if (this.tracks[line].value) await this.put(line);
  }

  /** negotiated sets the encodings again: browsers take them for good only with a description in place. */
  async negotiated(): Promise<void> {
    for (const line of LINES) await this.shape(line);
  }

  /** set puts a track on a line, null takes it off; the caller stops the old track. */
  async set(line: Line, track: MediaStreamTrack | null): Promise<void> {
    this.tracks[line].value = track;
    await this.put(line);
  }

  /** setOn applies media.layers for one line. */
  async setOn(line: Line, rids: readonly string[]): Promise<void> {
    this.on[line] = rids;
    await this.shape(line);
  }

  /** thin gives the microphone fewer bits, for an uplink that carries hardly more than a voice. */
  async thin(on: boolean): Promise<void> {
    this.voiceBps = on ? THIN_BPS : VOICE_BPS;
    const sender = this.sender("mic");
    const p = sender?.getParameters();
    if (!sender || !p?.encodings?.[0]) return;
    p.encodings[0].maxBitrate = this.voiceBps;
    await sender.setParameters(p).catch(() => undefined);
  }

  /** end stops everything that captures. */
  end(): void {
    for (const line of LINES) {
      this.tracks[line].value?.stop();
      this.tracks[line].value = null;
    }
    this.conn = undefined;
  }

  private sender(line: Line): RTCRtpSender | undefined {
    return this.conn?.getTransceivers()[LINES.indexOf(line)]?.sender;
  }

  private async put(line: Line) {
    const sender = this.sender(line);
    if (!sender) return;
    await sender.replaceTrack(this.tracks[line].value).catch(() => undefined);
    await this.shape(line);
  }

  private async shape(line: Line) {
    const sender = this.sender(line);
    const track = this.tracks[line].value;
    if (!sender || line === "mic") return;
    if (track && line === "cam") {
      const { width = 1280, height = 720 } = track.getSettings();
      this.layers.cam = cameraLayers(width, height, this.weak());
    }
    const want = wantedLayers(this.layers[line] ?? [], this.on[line], this.safari);
    const p = sender.getParameters();
    if (!p.encodings?.length) return;
    for (const [i, e] of p.encodings.entries()) {
      const l = want.find((x) => x.rid === e.rid) ?? want[i];
      if (!l) continue;
      e.active = l.active;
      e.scaleResolutionDownBy = l.scaleResolutionDownBy;
      e.maxBitrate = l.maxBitrate;
      e.maxFramerate = l.maxFramerate;
    }
    await sender.setParameters(p).catch(() => undefined);
  }
}
