/** What every entry does first: texts, text size, styles, then its page. */
import { type ComponentChild, render } from "preact";
import "../styles/base.css";
import "../styles/ui.css";
import { restoreLang } from "../i18n/i18n";
import { applyTextSize } from "../ui/settings";

/** boot draws a page into the shell. Signed-in pages and displays use Noto Sans, citizens the system's font. */
export function boot(page: ComponentChild, font: "system" | "noto"): void {
  document.documentElement.dataset.font = font;
  restoreLang();
  applyTextSize();
  const root = document.getElementById("app");
  if (root) render(page, root);
}
