/** Random ids. crypto.randomUUID is younger than our oldest browsers. */

const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

/** uuidv7 is RFC 9562 version 7: 48 bits of Unix milliseconds, then random. */
export function uuidv7(at = Date.now()): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  let ms = at;
  for (let i = 5; i >= 0; i--) {
    b[i] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x70;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const h = hex(b);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/** randomText has n random bytes as hex. */
export function randomText(n: number): string {
  return hex(crypto.getRandomValues(new Uint8Array(n)));
}
