/** Which page a person gets in the meeting, by role. Each face is loaded only when needed. */
import type { ComponentType } from "preact";
import type { Role } from "../core/protocol";
import type { Session } from "../core/session";
import type { DoorInfo } from "./door/info";

/** FaceProps: every face gets a session that has been started, and the way out. */
export interface FaceProps {
  session: Session;
  door: DoorInfo;
  leave: () => void;
}

export type Face = ComponentType<FaceProps>;

/** Files views/<name>/face.tsx with a default export; absent ones fall back to the deputy's. */
const found = import.meta.glob<{ default: Face }>("./*/face.tsx");

/** faceName chooses by the strongest role: who presides, who keeps the desk, the hall's machine, members, technicians, citizens. */
export function faceName(roles: readonly Role[]): "chair" | "desk" | "hall" | "deputy" | "tech" | "citizen" {
  if (roles.includes("chair")) return "chair";
  if (roles.includes("clerk")) return "desk";
  if (roles.includes("hall")) return "hall";
  if (roles.some((r) => r === "deputy" || r === "teller" || r === "guest")) return "deputy";
  if (roles.includes("technician")) return "tech";
  return "citizen";
}

/** loadFace imports it. */
export async function loadFace(roles: readonly Role[]): Promise<Face> {
  const load = found[`./${faceName(roles)}/face.tsx`] ?? found["./deputy/face.tsx"];
  if (!load) throw new Error("faces: none built");
  return (await load()).default;
}
