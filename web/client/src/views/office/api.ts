/** The office's calls (docs/PROTOCOL.md, Office) with the shapes they answer. Every call ends here, so that a lost sign-in is seen once. */
import { signal } from "@preact/signals";
import { ApiError, api } from "../../core/http";
import type { Published, Role, SittingState } from "../../core/protocol";

export type State = SittingState | "draft";
export type AccountRole = "clerk" | "admin" | "installer";

export interface Account {
  id: string;
  name: string;
  role: AccountRole;
  council: { id: string; name: string };
}

export interface Me {
  account: Account | null;
  persons: { sitting: string; door: string; person: string; name: string; roles: Role[] }[];
}

/** Brief is a row of the list of sittings; planned_at is RFC 3339. */
export interface Brief {
  id: string;
  door: string;
  title: string;
  kind_name: string;
  state: State;
  planned_at: string;
  version: number;
}

/** Draft is a sitting's document; who saves names the version that was read. */
export interface Draft {
  id: string;
  version: number;
  door: string;
  state: State;
  doc: Published;
}

export interface Template {
  id: string;
  kind_name: string;
  title: string;
  citations: string[];
}

/** Row is one pasted line as the server understood it. */
export interface Row {
  line: number;
  name: string;
  office: string;
  group: string;
  unit: string;
  /** 0 = none. */
  seat: number;
  roles: Role[];
  problem?: "duplicate" | "empty" | "too_long" | "bad_seat";
}

export interface LinkDevice {
  id: string;
  name: string;
  seen_at: string;
}

/** PersonLink is the state of somebody's link; it holds no secret. */
export interface PersonLink {
  person: string;
  name: string;
  office?: string;
  group?: string;
  seat?: number;
  roles: Role[];
  state: "none" | "new" | "used" | "locked" | "revoked";
  devices: LinkDevice[];
}

/** NewLink is a link at the only moment when it can be shown; qr is an SVG of the link without the code. */
export interface NewLink extends PersonLink {
  url: string;
  code?: string;
  qr: string;
}

/** StreamState is what the server sees of a source that an encoder feeds or fed. */
export interface StreamState {
  connected: boolean;
  /** Came anew from another network: waits for the clerk. */
  held: boolean;
  on_air: boolean;
  codec: string;
  /** 0 = unknown. */
  w: number;
  h: number;
  fps: number;
  /** Between keyframes; 0 = none came. */
  keyframe_ms: number;
  warnings: ("keyframes" | "keyframes_long" | "profile")[];
  /** Why the last encoder left; empty while one is there. */
  ended: "" | "left" | "replaced" | "failed" | "b_frames" | "profile" | "conf_close";
}

/** Stream is an encoder (whip) or player (whep) of a sitting; source is a hall, or empty for the stage. */
export interface Stream {
  kind: "whip" | "whep";
  source: string;
  name: string;
  has_key: boolean;
  url: string;
  state: StreamState | null;
}

/** NewStream is a key at the only moment when it can be shown; qr is an SVG of address and token. */
export interface NewStream {
  kind: "whip" | "whep";
  source: string;
  url: string;
  token: string;
  qr: string;
}

export interface AccountRow {
  id: string;
  name: string;
  role: AccountRole;
}

export interface Council {
  id: string;
  name: string;
  unit?: string;
  khoa?: string;
  term_from?: string;
  term_to?: string;
}

export interface NewCouncil {
  name: string;
  unit: string;
  khoa: string;
  /** YYYY or YYYY-MM-DD, or empty. */
  term_from: string;
  term_to: string;
}

export interface Unit {
  id: string;
  name: string;
  level: string;
  parent?: string;
  valid_to?: string;
}

/** signedOut is true while a call was refused because nobody is signed in: the page asks again without losing what was typed. */
export const signedOut = signal(false);

async function call<T>(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<T> {
  try {
    return await api<T>(method, path, body);
  } catch (e) {
    if (e instanceof ApiError && e.status === 401) signedOut.value = true;
    throw e;
  }
}

const one = (id: string) => `/api/office/sittings/${encodeURIComponent(id)}`;
const list = <T>(v: T[] | null | undefined): T[] => v ?? [];

/** whole gives a document its empty lists, which Go may leave out. */
function whole(d: Draft): Draft {
  const doc = d.doc;
  return {
    ...d,
    doc: {
      ...doc,
      agenda: list(doc.agenda),
      people: list(doc.people),
      votes: list(doc.votes),
      hamlets: list(doc.hamlets),
      rules: { ...doc.rules, turn_seconds: doc.rules.turn_seconds ?? {} },
    },
  };
}

const withDevices = <L extends PersonLink>(all: L[]): L[] => list(all).map((l) => ({ ...l, devices: list(l.devices) }));

export const readMe = () => api<Me>("GET", "/api/me");
export const firstNeeded = () => api<{ needed: boolean }>("GET", "/api/first");
export const setUp = (token: string, council: NewCouncil, admin: { name: string; password: string }) =>
  api<object>("POST", "/api/first", { token, council, admin });
export const signIn = (name: string, password: string) => api<object>("POST", "/api/login", { name, password });
export const signOut = () => api<object>("POST", "/api/logout");

export const templates = () => call<Template[]>("GET", "/api/office/templates");
export const units = () => call<Unit[]>("GET", "/api/office/units");
export const sittings = async () => list(await call<Brief[]>("GET", "/api/office/sittings"));
export const createSitting = async (n: { template?: string; from?: string; title?: string; planned_at: string }) =>
  whole(await call<Draft>("POST", "/api/office/sittings", n));
export const readDraft = async (id: string) => whole(await call<Draft>("GET", one(id)));
export const saveDraft = async (id: string, version: number, doc: Published) =>
  whole(await call<Draft>("PUT", one(id), { version, doc }));
export const previewPeople = async (id: string, text: string) => {
  const p = await call<{ rows: Row[]; duplicates: number }>("POST", `${one(id)}/people/preview`, { text });
  return { ...p, rows: list(p.rows) };
};
export const publish = async (id: string, version: number) => {
  const p = await call<{ door: string; links: NewLink[] }>("POST", `${one(id)}/publish`, { version });
  return { ...p, links: withDevices(p.links) };
};
export const enterAsClerk = (id: string) => call<{ door: string }>("POST", `${one(id)}/enter`);
export const links = async (id: string) => withDevices(await call<PersonLink[]>("GET", `${one(id)}/links`));
export const renewLinks = async (id: string, persons: string[]) =>
  withDevices(await call<NewLink[]>("POST", `${one(id)}/links/renew`, { persons }));
export const revokeLink = (id: string, person: string) => call<object>("POST", `${one(id)}/links/revoke`, { person });
export const revokeDevice = (id: string, device: string) =>
  call<object>("POST", `${one(id)}/devices/revoke`, { device });

export const streams = async (id: string) => list(await call<Stream[]>("GET", `${one(id)}/streams`));
export const renewStream = (id: string, kind: string, source: string) =>
  call<NewStream>("POST", `${one(id)}/streams/renew`, { kind, source });
export const revokeStream = (id: string, kind: string, source: string) =>
  call<object>("POST", `${one(id)}/streams/revoke`, { kind, source });
export const readmitStream = (id: string, source: string) =>
  call<object>("POST", `${one(id)}/streams/readmit`, { source });

export const accounts = async () => list(await call<AccountRow[]>("GET", "/api/office/accounts"));
export const addAccount = (a: { name: string; password: string; role: "clerk" | "admin" }) =>
  call<AccountRow>("POST", "/api/office/accounts", a);
export const councils = async () => list(await call<Council[]>("GET", "/api/office/councils"));
export const addCouncil = (council: NewCouncil, admin: { name: string; password: string }) =>
  call<Council>("POST", "/api/office/councils", { council, admin });

/** download fetches a result as a file, so that a refusal is a sentence and not a broken page. */
export async function download(id: string, file: string): Promise<Blob> {
  let res: Response;
  try {
    res = await fetch(`${one(id)}/${file}`, { credentials: "same-origin" });
  } catch {
    throw new ApiError(0, "network", "unreachable");
  }
  if (res.ok) return res.blob();
  if (res.status === 401) signedOut.value = true;
  const p = (await res.json().catch(() => ({}))) as { kind?: string; code?: string; data?: Record<string, unknown> };
  throw new ApiError(res.status, p.kind ?? "internal", p.code ?? `http_${res.status}`, p.data);
}
