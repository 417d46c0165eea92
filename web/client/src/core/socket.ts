/** readyState of an open WebSocket (WHATWG HTML). */
export const OPEN = 1;

/** detach closes a socket of which nothing shall be heard any more. */
export function detach(ws: WebSocket): void {
  ws.onopen = ws.onmessage = ws.onclose = null;
  if (ws.readyState <= OPEN) ws.close();
}
