// Chromium and the server in network namespaces of their own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "./server.mjs";

/** chromiumIn gives the launch options of a Chromium that runs in a namespace; the program that starts it is written to dir. */
export function chromiumIn(dir, ns) {
  const file = join(dir, `chromium-${ns}`);
  writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${ns} /usr/bin/chromium "$@"\n`);
  chmodSync(file, 0o755);
  return { executablePath: file, more: ["--ignore-certificate-errors"] };
}

/** demoIn starts the demo in a namespace, on port 443 of an address, and gives its process and its links. */
export async function demoIn(dir, ns, binary, address, env = {}) {
  const file = join(dir, "links.json");
  const args = ["netns", "exec", ns, binary, "demo", "--listen", `${address}:443`, "--tls", "local", "--data", join(dir, "data"), "--links", file];
  const child = spawn("ip", args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const s of [child.stdout, child.stderr]) s.on("data", (d) => (log += d));
  try {
    await until("server ready", () => existsSync(file), 30_000);
  } catch (e) {
    await end(child);
    throw new Error(`${e.message}; the server said: ${log}`);
  }
  return { child, links: JSON.parse(readFileSync(file, "utf8")) };
}

/** end asks a process to end and waits for it. */
export async function end(child) {
  if (!child || child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
