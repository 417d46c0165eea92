/** How loud a track is, for the three bars. One AudioContext for the page, opened by a tap. */

import { signal } from "@preact/signals";

const SOUNDS = "nt.sounds";

/** soundsOn: this device plays the signals of a meeting ("Âm báo"). */
export const soundsOn = signal(
  (() => {
    try {
      return localStorage.getItem(SOUNDS) !== "off";
    } catch {
      return true;
    }
  })(),
);

/** setSounds switches them and remembers it on this device. */
export function setSounds(on: boolean): void {
  soundsOn.value = on;
  try {
    localStorage.setItem(SOUNDS, on ? "on" : "off");
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
}

let context: AudioContext | undefined;

/** audioContext gives the page's one AudioContext; call it first inside a tap. */
export function audioContext(): AudioContext | undefined {
  const Make =
    window.AudioContext ?? (window as unknown as { webkitAudioContext?: typeof AudioContext }).webkitAudioContext;
  if (!Make) return undefined;
  context ??= new Make();
  if (context.state === "suspended") void context.resume().catch(() => undefined);
  return context;
}

/** barsOf maps a level (0..1, RMS) to 0..3 bars: −50, −38 and −26 dBFS. */
export function barsOf(level: number): number {
  const db = level > 0 ? 20 * Math.log10(level) : -120;
  return db > -26 ? 3 : db > -38 ? 2 : db > -50 ? 1 : 0;
}

/** meter calls back ten times a second with the RMS level (0..1) of a track, until the function it returns is called. */
export function meter(track: MediaStreamTrack, heard: (level: number) => void): () => void {
  const ctx = audioContext();
  if (!ctx) return () => undefined;
  const source = ctx.createMediaStreamSource(new MediaStream([track]));
  const analyser = ctx.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const s of samples) sum += s * s;
    heard(Math.sqrt(sum / samples.length));
  }, 100);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}

/** From note to note, and the length of one, in seconds: three notes end within 400 ms. */
const STEP_S = 0.13;

/** chime plays soft notes (Hz) one after the other, at −18 dBFS, when sounds are on. */
export function chime(notes: readonly number[]): void {
  if (soundsOn.peek()) play(notes);
}

/** play plays notes always: a test of the loudspeaker. */
export function play(notes: readonly number[]): void {
  const ctx = audioContext();
  if (!ctx) return;
  notes.forEach((hz, i) => {
    const at = ctx.currentTime + i * STEP_S;
    const tone = ctx.createOscillator();
    const gain = ctx.createGain();
    tone.frequency.value = hz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.125, at + 0.02);
    gain.gain.linearRampToValueAtTime(0, at + STEP_S);
    tone.connect(gain).connect(ctx.destination);
    tone.start(at);
    tone.stop(at + STEP_S);
  });
}
