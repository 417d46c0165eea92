/** Calls of the HTTP API (docs/PROTOCOL.md). */

/** ApiError is a refusal or a failure; kind "network" means that no answer came. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    readonly code: string,
    readonly data: Record<string, unknown> = {},
  ) {
    super(`${kind}: ${code}`);
  }
}

/** api calls one operation; body undefined = no body. The answer is the JSON document, undefined when empty. */
export async function api<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
  let res: Response;
  try {
    res = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, "network", "unreachable");
  }
  const text = await res.text();
  let doc: unknown;
  try {
    doc = text ? JSON.parse(text) : undefined;
  } catch {
    doc = undefined;
  }
  if (res.ok) return doc as T;
  const e = (doc ?? {}) as { kind?: string; code?: string; data?: Record<string, unknown> };
  throw new ApiError(res.status, e.kind ?? "internal", e.code ?? `http_${res.status}`, e.data);
}
