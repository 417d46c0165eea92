// Starts the real binary and ends it by its process id.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const binary = process.env.E2E_BINARY ?? fileURLToPath(new URL("../../bin/nghitruong", import.meta.url));

export async function freePort() {
  const s = createServer().listen(0, "127.0.0.1");
  await once(s, "listening");
  const { port } = s.address();
  s.close();
  await once(s, "close");
  return port;
}

/** freeUDPPort is a UDP port that is free on every given address. */
export async function freeUDPPort(...addresses) {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 40_000);
    const socks = addresses.map(() => createSocket("udp4"));
    try {
      for (const [i, address] of addresses.entries()) await new Promise((ok, bad) => socks[i].once("error", bad).bind(port, address, ok));
      return port;
    } catch {
      // In use: try another one.
    } finally {
      for (const s of socks) s.close();
    }
  }
}

/** until waits for check() to give something truthy, or fails with what it last gave or threw. */
export async function until(what, check, ms = 15_000, every = 100) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      last = await check();
      if (last) return last;
    } catch (e) {
      last = e;
    }
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    await new Promise((r) => setTimeout(r, every));
  }
}

/** refused runs a command that is to end by itself with an error; gives its exit code and what it wrote. */
export async function refused(args, options = {}) {
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let text = "";
  child.stdout.on("data", (d) => (text += d));
  child.stderr.on("data", (d) => (text += d));
  const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
  const [code, signal] = await once(child, "exit");
  clearTimeout(late);
  return { code, signal, text };
}

/** during checks again and again for some milliseconds that something stays true. */
export async function during(what, ms, check, every = 250) {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    const last = await check();
    if (!last) throw new Error(`ended ${end - Date.now()} ms too early: ${what}; last: ${JSON.stringify(last)}`);
    await new Promise((r) => setTimeout(r, every));
  }
}

/** A running demo or serve, with the links of everybody. */
export class Server {
  /** wrap is a command that runs the server, e.g. in an own mount namespace. udpPort fixes the media port, so that a restart keeps it; extra are more flags. */
  static async start({ command = "demo", data, port, udpPort, extra = [], wrap } = {}) {
    const s = new Server();
    s.command = command;
    s.data = data ?? mkdtempSync(join(tmpdir(), "nghitruong-e2e-"));
    s.port = port ?? (await freePort());
    s.udpPort = udpPort;
    s.extra = extra;
    s.wrap = wrap;
    await s.launch();
    return s;
  }

  async launch() {
    const links = join(this.data, `links-${process.pid}.json`);
    rmSync(links, { force: true });
    const args = [this.command, "--listen", `localhost:${this.port}`, "--data", this.data, "--udp-port", String(this.udpPort ?? 0), ...this.extra];
    if (this.command === "demo") args.push("--links", links);
    this.log = "";
    const [command, ...first] = [...(this.wrap ?? []), binary];
    this.child = spawn(command, [...first, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NGHITRUONG_MEDIA_TCP_PORT: "0" } });
    this.exited = once(this.child, "exit");
    this.child.stdout.on("data", (d) => (this.log += d));
    this.child.stderr.on("data", (d) => (this.log += d));
    this.base = `http://localhost:${this.port}`;
    await until(`server ready; log:\n${this.log}`, async () => {
      if (this.child.exitCode !== null) throw new Error(`server ended with ${this.child.exitCode}:\n${this.log}`);
      if (this.command === "demo" && !existsSync(links)) return false;
      const r = await fetch(`${this.base}/readyz`);
      return r.ok;
    }, 30_000);
    if (this.command === "demo") this.links = JSON.parse(readFileSync(links, "utf8"));
  }

  /** people of a role, in the order of the list */
  people(role) {
    return this.links.people.filter((p) => p.role === role);
  }

  async metric(name, labels = "") {
    const text = await (await fetch(`${this.base}/metrics`)).text();
    let sum = 0;
    for (const line of text.split("\n")) {
      if (line.startsWith("#") || !line.startsWith(name)) continue;
      if (labels && !line.includes(labels)) continue;
      sum += Number(line.slice(line.lastIndexOf(" ") + 1));
    }
    return sum;
  }

  async kill(signal = "SIGKILL") {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    await this.exited;
  }

  async restart(signal = "SIGKILL") {
    await this.kill(signal);
    await this.launch();
  }

  async close() {
    await this.kill("SIGTERM");
    rmSync(this.data, { recursive: true, force: true });
  }
}
