/** Cameras, microphones, permissions, and what this browser can do. */

export type MicProblem = "denied" | "system" | "notfound" | "busy" | "insecure" | "missing" | "timeout" | "other";

/** DeviceError says why a camera or microphone cannot be had. */
export class DeviceError extends Error {
  constructor(readonly problem: MicProblem) {
    super(`device: ${problem}`);
  }
}

/** In-app browsers may never answer: after this long the permission counts as impossible (Zalo, Facebook). */
const ANSWER_MS = 4000;

export type AppName = "Zalo" | "Facebook" | "Messenger" | "TikTok" | "Instagram";

/** inApp names the app in whose web view the page runs; "" in a browser. The user agent is a hint only. */
export function inApp(ua = navigator.userAgent): AppName | "" {
  if (/zalo/iu.test(ua)) return "Zalo";
  if (/FBAN\/Messenger|Orca-Android|MessengerForiOS/iu.test(ua)) return "Messenger";
  if (/FBAN|FBAV|FB_IAB/u.test(ua)) return "Facebook";
  if (/musical_ly|BytedanceWebview|TikTok/iu.test(ua)) return "TikTok";
  if (/Instagram/u.test(ua)) return "Instagram";
  return "";
}

export type BrowserKind = "android" | "ios-safari" | "ios-other" | "firefox" | "desktop" | "desktop-safari";

/** browserKind chooses the help text for a blocked microphone. */
export function browserKind(ua = navigator.userAgent, touchPoints = navigator.maxTouchPoints ?? 0): BrowserKind {
  const ipad = /Macintosh/u.test(ua) && touchPoints > 1;
  if (/iPhone|iPad|iPod/u.test(ua) || ipad) return /CriOS|FxiOS|EdgiOS/u.test(ua) ? "ios-other" : "ios-safari";
  if (/Firefox\//u.test(ua)) return "firefox";
  if (/Android/u.test(ua)) return "android";
  if (/Safari\//u.test(ua) && !/Chrome\//u.test(ua)) return "desktop-safari";
  return "desktop";
}

export const isIOS = (): boolean => browserKind().startsWith("ios");

/** osKind names the computer's own privacy settings. */
export function osKind(ua = navigator.userAgent): "windows" | "macos" | "other" {
  if (/Windows/u.test(ua)) return "windows";
  return /Mac OS X/u.test(ua) && !isIOS() ? "macos" : "other";
}

/** canShareScreen: iPads and phones cannot. */
export const canShareScreen = (): boolean => typeof navigator.mediaDevices?.getDisplayMedia === "function";

/** canListen: receiving needs no permission, only WebRTC. */
export const canListen = (): boolean => typeof RTCPeerConnection === "function";

function problemOf(e: unknown): MicProblem {
  const { name = "", message = "" } = (e ?? {}) as { name?: string; message?: string };
  if (name === "NotAllowedError" || name === "SecurityError") return /system/iu.test(message) ? "system" : "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "notfound";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "other";
}

/**
 * capture asks for a device. It rejects with DeviceError, also when nothing answers while the page is in an app;
 * in a browser the permission box may stand as long as the person thinks.
 */
export async function capture(constraints: MediaStreamConstraints): Promise<MediaStream> {
  if (typeof isSecureContext !== "undefined" && !isSecureContext) throw new DeviceError("insecure");
  const ask = navigator.mediaDevices?.getUserMedia;
  if (!ask) throw new DeviceError("missing");
  const asked = navigator.mediaDevices.getUserMedia(constraints);
  if (!inApp()) {
    return asked.catch((e) => {
      throw new DeviceError(problemOf(e));
    });
  }
  let late = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      late = true;
      fail(new DeviceError("timeout"));
    }, ANSWER_MS);
  });
  asked.then(
    (s) =>
      late &&
      s.getTracks().forEach((t) => {
        t.stop();
      }),
    () => undefined,
  );
  try {
    return await Promise.race([asked, limit]);
  } catch (e) {
    throw e instanceof DeviceError ? e : new DeviceError(problemOf(e));
  } finally {
    clearTimeout(timer);
  }
}

const exact = (deviceId: string) => (deviceId ? { deviceId: { exact: deviceId } } : {});

/** microphone opens a microphone; deviceId "" = the default one. A device that went away falls back to the default. */
export async function microphone(deviceId = ""): Promise<MediaStreamTrack> {
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  const stream = await capture({ audio: { ...audio, ...exact(deviceId) } }).catch((e) => {
    if (deviceId && e instanceof DeviceError && e.problem === "notfound") return capture({ audio });
    throw e;
  });
  const track = stream.getAudioTracks()[0];
  if (!track) throw new DeviceError("notfound");
  track.contentHint = "speech";
  return track;
}

/** camera opens a camera at 720p if it can; weak phones give less and are taken as they are. */
export async function camera(deviceId = "", height = 720): Promise<MediaStreamTrack> {
  const video = {
    width: { ideal: Math.round((height * 16) / 9) },
    height: { ideal: height },
    frameRate: { ideal: 25, max: 30 },
    ...(deviceId ? {} : { facingMode: "user" }),
  };
  const stream = await capture({ video: { ...video, ...exact(deviceId) } }).catch((e) => {
    if (deviceId && e instanceof DeviceError && e.problem === "notfound") return capture({ video });
    throw e;
  });
  const track = stream.getVideoTracks()[0];
  if (!track) throw new DeviceError("notfound");
  track.contentHint = "motion";
  return track;
}

/** screen opens the browser's own chooser; undefined when the person closes it. */
export async function screen(): Promise<MediaStreamTrack | undefined> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 15 } },
      audio: false,
    });
    const track = stream.getVideoTracks()[0];
    if (track) track.contentHint = "detail";
    return track;
  } catch (e) {
    if (problemOf(e) === "denied") return undefined;
    throw new DeviceError(problemOf(e));
  }
}

export interface Device {
  id: string;
  label: string;
  kind: "audioinput" | "videoinput" | "audiooutput";
}

/** devices lists what the browser tells; labels are empty until a permission was given. */
export async function devices(): Promise<Device[]> {
  const list = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
  return list
    .filter((d) => d.deviceId !== "")
    .map((d) => ({ id: d.deviceId, label: d.label, kind: d.kind as Device["kind"] }));
}

/** permission tells what the browser remembers; "unknown" where it does not say (Firefox, older Safari). */
export async function permission(name: "microphone" | "camera"): Promise<PermissionState | "unknown"> {
  try {
    return (await navigator.permissions.query({ name: name as PermissionName })).state;
  } catch {
    return "unknown";
  }
}

/** onPermission calls back when the permission may have changed: told by the browser, or the page was looked at again. */
export function onPermission(name: "microphone" | "camera", changed: () => void): () => void {
  let status: PermissionStatus | undefined;
  const seen = () => document.visibilityState === "visible" && changed();
  navigator.permissions
    ?.query({ name: name as PermissionName })
    .then((s) => {
      status = s;
      s.onchange = changed;
    })
    .catch(() => undefined);
  document.addEventListener("visibilitychange", seen);
  return () => {
    document.removeEventListener("visibilitychange", seen);
    if (status) status.onchange = null;
  };
}
