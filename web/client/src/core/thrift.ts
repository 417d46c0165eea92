/**
 * When a microphone must do with less: on an uplink that carries hardly more than a voice, packets of 20 ms are mostly
 * headers. Packets of 60 ms and half the bits for the voice fit through 60 kb/s, where the usual ones fill the
 * network's queue and half of them get lost.
 */

/** Bits a second that the browser believes the uplink carries. */
const NARROW = 65_000;
const ENTER_MS = 3000;
/**
 * A thin voice may grow again after this long, and after twice as long each time: browsers cannot know what an uplink
 * carries beyond what they send, so growing is a try that costs seconds of bad sound.
 */
const LEAVE_MS = 60_000;
const LEAVE_MOST_MS = 480_000;

/** Milliseconds of sound in a packet of a thin voice, and its bits a second; a usual one has 20 and 32,000. */
export const THIN_PACKET_MS = 60;
export const THIN_BPS = 16_000;
export const VOICE_BPS = 32_000;

/** Thrift watches the browser's estimate of one uplink; browsers without one (0) never turn thin. */
export class Thrift {
  thin = false;
  private since: number | undefined;
  private hold = LEAVE_MS;

  /** check takes the estimate at a time in milliseconds and tells whether thin has changed. */
  check(bps: number, at: number): boolean {
    const other = bps > 0 && bps < NARROW !== this.thin;
    if (!other) {
      this.since = undefined;
      return false;
    }
    this.since ??= at;
    if (at - this.since < (this.thin ? this.hold : ENTER_MS)) return false;
    if (this.thin) this.hold = Math.min(2 * this.hold, LEAVE_MOST_MS);
    this.thin = !this.thin;
    this.since = undefined;
    return true;
  }
}

/** withPacketTime asks in an answer for voices in packets of so many milliseconds; 0 leaves it as it is. */
export function withPacketTime(sdp: string, ms: number): string {
  if (!ms) return sdp;
  return sdp.replace(/^m=audio [\s\S]*?^a=rtpmap:[^\r\n]*\r?\n/mu, (head) => `${head}a=ptime:${ms}\r\n`);
}
