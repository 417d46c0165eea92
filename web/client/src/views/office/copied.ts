/** Copying with a word about it. */

import { office as t } from "../../i18n/office";
import { toast } from "../../ui/toast";
import { copyText } from "./text";

/** copied puts text on the clipboard and says so, or says how to do it by hand. */
export async function copied(text: string, what: string): Promise<boolean> {
  const done = await copyText(text);
  toast(done ? t("copied", { what }) : t("not_copied"));
  return done;
}
