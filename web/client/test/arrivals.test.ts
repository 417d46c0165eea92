import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { enter } from "../src/views/door/info";

const answers: { status: number; body: object }[] = [];
let calls = 0;

beforeEach(() => {
  vi.useFakeTimers();
  calls = 0;
  answers.length = 0;
  vi.stubGlobal("fetch", async () => {
    calls++;
    const a = answers.shift() ?? { status: 200, body: { person: "p" } };
    return new Response(JSON.stringify(a.body), { status: a.status });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const crowded = { status: 429, body: { kind: "not_allowed", code: "too_many_tries" } };

it("a citizen who is told to wait comes again until let in", async () => {
  answers.push(crowded, crowded);
  const entering = enter("k7m2p9qx", "Cử tri", "");
  await vi.advanceTimersByTimeAsync(900);
  expect(calls).toBe(1);
  await vi.advanceTimersByTimeAsync(8000);
  expect(calls).toBe(3);
  await expect(entering).resolves.toEqual({ person: "p" });
});

it("another refusal is told at once", async () => {
  answers.push({ status: 403, body: { kind: "not_allowed", code: "not_public" } });
  await expect(enter("k7m2p9qx", "Cử tri", "")).rejects.toMatchObject({ code: "not_public" });
  expect(calls).toBe(1);
});
