/** Soft bells of the hall display: one note at one minute left, two when the time is up. Silent until a key unlocked sound. */

const NOTE_S = 0.35;
/** −18 dBFS. */
const LEVEL = 0.125;

let context: AudioContext | undefined;

/** unlock makes sound possible; call it from a key press, browsers ask for a gesture. */
export function unlock(): void {
  context ??= new AudioContext();
  void context.resume();
}

/** lock makes the bells silent again. */
export function lock(): void {
  void context?.suspend();
}

/** ring plays bell 1 or 2; without an unlocked context it does nothing. */
export function ring(bell: 1 | 2): void {
  if (context?.state !== "running") return;
  for (let i = 0; i < bell; i++) note(context, context.currentTime + i * NOTE_S * 1.4);
}

function note(c: AudioContext, at: number) {
  const gain = c.createGain();
  gain.connect(c.destination);
  gain.gain.setValueAtTime(LEVEL, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S);
  const tone = c.createOscillator();
  tone.frequency.value = 880;
  tone.connect(gain);
  tone.start(at);
  tone.stop(at + NOTE_S);
}
