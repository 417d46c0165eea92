// When a page really falls silent: the sound of every receiver is looked at every few milliseconds.

/** Starts listening to all audio receivers of the page; needs a page that was tapped. */
export function ear(page) {
  return page.evaluate(async () => {
    const context = new AudioContext();
    await context.resume();
    const pc = window.__pcs.find((c) => c.connectionState !== "closed" && c.getReceivers().length > 3);
    const ears = pc.getReceivers().filter((r) => r.track.kind === "audio").map((r) => {
      const a = context.createAnalyser();
      a.fftSize = 256;
      context.createMediaStreamSource(new MediaStream([r.track])).connect(a);
      return a;
    });
    const buffer = new Float32Array(256);
    window.__loud = { last: 0 };
    setInterval(() => {
      let top = 0;
      for (const a of ears) {
        a.getFloatTimeDomainData(buffer);
        for (const v of buffer) top = Math.max(top, Math.abs(v));
      }
      if (top > 0.001) window.__loud.last = performance.timeOrigin + performance.now();
    }, 5);
  });
}

/** lastLoud is when sound above −60 dB was last heard, Unix milliseconds. */
export const lastLoud = (page) => page.evaluate(() => window.__loud.last);

/** A microphone that never pauses, for measurements: a steady tone in place of the fake speech. Runs in the page. */
export function tone() {
  navigator.mediaDevices.getUserMedia = ((native) => async (c) => {
    if (!c.audio || c.video) return native(c);
    const context = new AudioContext();
    await context.resume();
    const out = context.createMediaStreamDestination();
    const o = context.createOscillator();
    o.frequency.value = 440;
    o.connect(out);
    o.start();
    return out.stream;
  })(navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices));
}

/** A weak phone's camera: 320×180. Runs in the page. */
export function smallCamera() {
  navigator.mediaDevices.getUserMedia = ((native) => (c) =>
    native(c.video ? { ...c, video: { width: 320, height: 180, frameRate: 15 } } : c))(navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices));
}
