/** Why an act was not done, in words. */
import { codeOf } from "../../core/session";
import { chair } from "../../i18n/chair";
import { errorText } from "../../i18n/error-text";

/** reason gives the sentence of a refusal; what never reached the server waits for the network. */
export function reason(e: unknown): string {
  const { code, data } = codeOf(e);
  return reasonOf(code, data);
}

/** reasonOf is reason for a code the views tell (why_not); the quorum's own sentence carries its numbers. */
export function reasonOf(code: string, data: Record<string, unknown> = {}): string {
  if (code === "network") return chair("why_offline");
  if (code === "no_quorum" && typeof data.need === "number") {
    return chair("why_no_quorum", { present: Number(data.present), total: Number(data.total), need: data.need });
  }
  if (code === "not_open") return chair("why_not_open");
  if (code === "paused") return chair("why_paused");
  if (code === "ballot_open") return chair("why_ballot_open");
  return errorText(code, data);
}
