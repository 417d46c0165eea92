// Which way packets took through the server, from its metrics.
import assert from "node:assert/strict";
import { until } from "./server.mjs";

/** one look at all counters: they would differ by what flows between two */
async function counted(server) {
  const text = await (await fetch(`${server.base}/metrics`)).text();
  const value = (name) => Number(text.split("\n").find((line) => line.startsWith(`nghitruong_sfu_${name} `))?.split(" ").at(-1) ?? NaN);
  const [direct, plain] = [value('out_path_total{path="direct"}'), value('out_path_total{path="plain"}')];
  return { out: direct + plain, direct, in: value("in_packets_total"), inDirect: value("in_direct_total") };
}

/** direct holds that of the next thousand packets each way at least 99 of 100 take the direct path. */
export async function direct(server, packets = 1000) {
  const before = await counted(server);
  const now = await until("a thousand packets each way", async () => {
    const c = await counted(server);
    return c.out - before.out >= packets && c.in - before.in >= packets ? c : false;
  }, 60_000);
  const share = { out: (now.direct - before.direct) / (now.out - before.out), in: (now.inDirect - before.inDirect) / (now.in - before.in) };
  assert.ok(share.out >= 0.99 && share.in >= 0.99, `on the direct path: ${JSON.stringify(share)}`);
  return share;
}
