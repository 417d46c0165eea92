import { timeText } from "../core/format";
import { errors } from "./errors";
import vi from "./vi/errors.json";

/** errorText gives the sentence of a stable error code; an unknown code gets the general one with the code itself. */
export function errorText(code: string, data: Record<string, unknown> = {}): string {
  const params: Record<string, string | number> = { code };
  for (const [k, v] of Object.entries(data)) {
    if (k.endsWith("_at") && typeof v === "number") params[k] = timeText(v);
    else if (typeof v === "number" || typeof v === "string") params[k] = v;
  }
  return errors(code in vi ? (code as keyof typeof vi) : "other", params);
}
