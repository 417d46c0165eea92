// How much of the machine is left over while a call runs by itself: with less than 10 % idle, a run says nothing about the product.
// Page loads and pictures of pages saturate any small machine for moments; what counts is the call between them.
import { readFileSync } from "node:fs";

const LEAST = 0.1; // idle part of all cores
const WINDOW_MS = 2000;

function cpu() {
  const v = readFileSync("/proc/stat", "utf8").split("\n")[0].trim().split(/\s+/).slice(1).map(Number);
  return { idle: v[3] + v[4], all: v.slice(0, 8).reduce((a, b) => a + b, 0) };
}

/** keepsUp waits for one window of two seconds with enough idle time, or fails as "machine too busy". */
export async function keepsUp(within = 40_000) {
  const end = Date.now() + within;
  let best = 0;
  while (Date.now() < end) {
    const before = cpu();
    await new Promise((r) => setTimeout(r, WINDOW_MS));
    const after = cpu();
    best = Math.max(best, (after.idle - before.idle) / Math.max(1, after.all - before.all));
    if (best >= LEAST) return best;
  }
  throw new Error(`machine too busy: at best ${Math.round(best * 100)} % idle while the call ran`);
}
