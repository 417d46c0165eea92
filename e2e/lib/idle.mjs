// How much of the machine is left over: a run with less than 10 % idle says nothing about the product.
import { readFileSync } from "node:fs";

function cpu() {
  const v = readFileSync("/proc/stat", "utf8").split("\n")[0].trim().split(/\s+/).slice(1).map(Number);
  return { idle: v[3] + v[4], all: v.slice(0, 8).reduce((a, b) => a + b, 0) };
}

/** idle starts measuring; share() is the idle part since then, 0..1. */
export function idle() {
  const start = cpu();
  return {
    share() {
      const now = cpu();
      return now.all === start.all ? 1 : (now.idle - start.idle) / (now.all - start.all);
    },
  };
}
