/** What we offer and how we encode (the server's lists are in package sfu, codecs.go). */

type Codec = { mimeType: string; sdpFmtpLine?: string };

const wantedAudio = (c: Codec) => /^audio\/(opus|red)$/iu.test(c.mimeType);
const baseline = (c: Codec) =>
  /profile-level-id=42[ce]0/iu.test(c.sdpFmtpLine ?? "") && /packetization-mode=1/iu.test(c.sdpFmtpLine ?? "");
const wantedVideo = (c: Codec) =>
  /^video\/(vp8|rtx)$/iu.test(c.mimeType) || (/^video\/h264$/iu.test(c.mimeType) && baseline(c));

const receiving = ["audio/opus", "audio/red", "video/vp8", "video/h264"];
const sending = ["audio/red", "audio/opus", "video/vp8", "video/h264"];

/**
 * preferred keeps Opus and RED, or VP8, H264 constrained baseline and RTX. A microphone has RED first: browsers send
 * the first codec, and RED repeats the packet before, so that one lost on the way up is made good.
 */
export function preferred<C extends Codec>(kind: "audio" | "video", all: readonly C[], sends = false): C[] {
  const order = sends ? sending : receiving;
  const rank = (c: Codec) => order.indexOf(c.mimeType.toLowerCase());
  const keep = all.filter(kind === "audio" ? wantedAudio : wantedVideo);
  return keep
    .map((c, i) => ({ c, i, r: rank(c) < 0 ? 9 : rank(c) }))
    .sort((a, b) => a.r - b.r || a.i - b.i)
    .map((x) => x.c);
}

/** prefer limits a transceiver to our codecs; a browser without the call offers all of its own. */
export function prefer(t: RTCRtpTransceiver, kind: "audio" | "video", sends = false): void {
  const caps = typeof RTCRtpReceiver.getCapabilities === "function" ? RTCRtpReceiver.getCapabilities(kind) : null;
  if (!caps || typeof t.setCodecPreferences !== "function") return;
  const list = preferred(kind, caps.codecs, sends);
  if (!list.length) return;
  try {
    t.setCodecPreferences(list);
  } catch {
    // A browser that knows the codecs but refuses the list still connects with its own order.
  }
}

export interface Layer {
  rid: "q" | "h" | "f";
  active: boolean;
  scaleResolutionDownBy: number;
  maxBitrate: number;
  maxFramerate: number;
}

/**
 * cameraLayers chooses the three encodings by the real capture size in pixels. Chromium drops the top encoding of a
 * small capture without a word, so a layer that would be useless is inactive and the others are scaled explicitly.
 */
export function cameraLayers(width: number, height: number, weak: boolean): Layer[] {
  const long = Math.max(width, height);
  const layer = (rid: Layer["rid"], active: boolean, scale: number): Layer => ({
    rid,
    active,
    scaleResolutionDownBy: scale,
    maxBitrate: rid === "q" ? 150_000 : rid === "h" ? 450_000 : 1_200_000,
    maxFramerate: rid === "q" ? 15 : rid === "h" ? 20 : 25,
  });
  if (long >= 960) return [layer("q", true, 4), layer("h", true, 2), layer("f", !weak, 1)];
  if (long > 320) return [layer("q", true, 2), layer("h", true, 1), layer("f", false, 1)];
  return [layer("q", true, 1), layer("h", false, 1), layer("f", false, 1)];
}

/** screenLayers: a small slow picture for weak viewers and the sharp one. */
export function screenLayers(): Layer[] {
  return [
    { rid: "q", active: true, scaleResolutionDownBy: 2, maxBitrate: 200_000, maxFramerate: 3 },
    { rid: "f", active: true, scaleResolutionDownBy: 1, maxBitrate: 1_500_000, maxFramerate: 15 },
  ];
}

/**
 * wantedLayers switches encodings to what somebody watches. Safari that is left with q alone sends nothing on iOS,
 * so there q and h stay together.
 */
export function wantedLayers(layers: readonly Layer[], on: readonly string[] | undefined, safari: boolean): Layer[] {
  if (!on) return layers.map((l) => ({ ...l }));
  return layers.map((l) => {
    const asked = on.indexOf(l.rid) >= 0 || (safari && l.rid !== "f" && on.length > 0);
    return { ...l, active: l.active && asked };
  });
}
