// An installation made through the public calls only: first administrator, sitting, list of people, links.
import assert from "node:assert/strict";
import { Server, until } from "./server.mjs";
import { act } from "./socket.mjs";

/** Caller keeps one device's cookie, as a browser does. */
export class Caller {
  constructor(base) {
    this.base = base;
    this.cookie = "";
  }

  /** call answers {status, body}; body is JSON where there is one, else text. */
  async call(method, path, body, headers = {}) {
    const r = await fetch(this.base + path, {
      method,
      headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...(this.cookie ? { Cookie: this.cookie } : {}), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    for (const c of r.headers.getSetCookie()) this.cookie = c.split(";")[0];
    const text = await r.text();
    return { status: r.status, body: /json/.test(r.headers.get("content-type") ?? "") ? JSON.parse(text) : text };
  }

  /** ok is call for what must succeed; it gives the body. */
  async ok(method, path, body) {
    const r = await this.call(method, path, body);
    assert.ok(r.status < 300, `${method} ${path}: ${r.status} ${JSON.stringify(r.body)}`);
    return r.body;
  }
}

export const account = { name: "van-phong", password: "mat-khau-thu-nghiem" };

/** signIn makes a page's device the office's. */
export async function signIn(page, base) {
  await page.goto(base);
  const status = await page.evaluate((a) => fetch("/api/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(a) }).then((r) => r.status), account);
  assert.ok(status < 300, `login: ${status}`);
}

/** firstLink waits for the one-time link that an empty serve prints. */
export async function firstLink(server) {
  return until("first link printed", async () => server.log.match(/http\S+\/cai-dat#\S+/)?.[0]);
}

/** setUp names the council and signs its first account in. */
export async function setUp(server) {
  const office = new Caller(server.base);
  const token = (await firstLink(server)).split("#")[1];
  await office.ok("POST", "/api/first", { token, council: { name: "HĐND xã Đông Cuông", unit: "", khoa: "2026–2031", term_from: "2026-04-01", term_to: "2031-03-31" }, admin: account });
  await office.ok("POST", "/api/login", account);
  return office;
}

/** people of a sitting of the given number of deputies, with one chair, one clerk and one hall. */
export function seats(n) {
  const list = [];
  for (let i = 1; i <= n; i++) {
    const no = String(i).padStart(2, "0");
    list.push({ id: "", name: `Đại biểu số ${no} – Tổ ${(i % 5) + 1}`, label: `ĐB ${no}`, group: `Tổ ${(i % 5) + 1}`, seat: i, roles: i === 1 ? ["chair", "deputy"] : ["deputy"] });
  }
  list.push({ id: "", name: "Thư ký kỳ họp", label: "Thư ký", roles: ["clerk"] });
  list.push({ id: "", name: "Điểm cầu Đông Cuông", label: "Đông Cuông", roles: ["hall"] });
  list.push({ id: "", name: "Màn hình hội trường", label: "Màn hình", roles: ["display"] });
  return list;
}

/** publish makes a sitting and gives {id, door, links}; change edits the draft's document before it is published. */
export async function publish(office, { template = "ky-hop-thuong-le", deputies = 6, change = (doc) => doc } = {}) {
  const made = await office.ok("POST", "/api/office/sittings", { template, planned_at: new Date(Date.now() + 600_000).toISOString() });
  const doc = change({ ...made.doc, title: "Kỳ họp thứ Ba", public: true, hamlets: ["Thôn 1", "Thôn 2", "Thôn 3"], people: seats(deputies), rules: { ...made.doc.rules, elected: deputies, in_office: deputies } });
  const saved = await office.ok("PUT", `/api/office/sittings/${made.id}`, { version: made.version, doc });
  const out = await office.ok("POST", `/api/office/sittings/${made.id}/publish`, { version: saved.version });
  const links = (role) => out.links.filter((l) => l.roles.includes(role));
  return { id: made.id, door: out.door, links: out.links, of: links };
}

/** A serve on an empty folder with its office signed in. */
export async function serve(options = {}) {
  const server = await Server.start({ command: "serve", ...options });
  return { server, office: await setUp(server) };
}

/** present notes deputies as present from the chair's page until the given number is there. */
export async function present(chair, n) {
  const rows = await until("the roll-call's list", () => chair.page.evaluate(() => window.__views.rollcall?.rows));
  let there = rows.filter((r) => r.state === "present").length;
  for (const r of rows) {
    if (there >= n) break;
    if (r.state !== "unknown") continue;
    const answer = await act(chair.page, { type: "rollcall.set", person: r.person, state: "present" });
    assert.equal(answer.type, "ok", JSON.stringify(answer));
    there++;
  }
  await until("quorum", async () => /Đủ điều kiện/.test((await chair.id("quorum").allInnerTexts()).join(" ")));
}
