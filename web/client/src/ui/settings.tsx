/** Settings that this device remembers: text size and language. */
import { signal } from "@preact/signals";
import { common } from "../i18n/common";
import { lang, setLang } from "../i18n/i18n";
import { Segments } from "./chip";

type Size = "normal" | "large" | "xlarge";
const SIZE_KEY = "nt.size";

const stored = (() => {
  try {
    return localStorage.getItem(SIZE_KEY);
  } catch {
    return null;
  }
})();
const size = signal<Size>(stored === "large" || stored === "xlarge" ? stored : "normal");

/** applyTextSize puts the remembered size on the document; each entry calls it once. */
export function applyTextSize(): void {
  document.documentElement.dataset.size = size.value;
}

/** TextSize: Vừa / Lớn / Rất lớn (100, 125, 150 %). */
export function TextSize() {
  return (
    <div class="field">
      <span class="label">{common("text_size")}</span>
      <Segments<Size>
        label={common("text_size")}
        value={size.value}
        options={[
          { value: "normal", label: common("size_normal"), testid: "size-normal" },
          { value: "large", label: common("size_large"), testid: "size-large" },
          { value: "xlarge", label: common("size_xlarge"), testid: "size-xlarge" },
        ]}
        onChange={(v) => {
          size.value = v;
          applyTextSize();
          try {
            localStorage.setItem(SIZE_KEY, v);
          } catch {
            // Private mode keeps the size for this page only.
          }
        }}
      />
    </div>
  );
}

/** LangSwitch: Tiếng Việt / English. */
export function LangSwitch() {
  return (
    <div class="field">
      <span class="label">{common("language")}</span>
      <Segments
        label={common("language")}
        value={lang.value}
        options={[
          { value: "vi", label: "Tiếng Việt", testid: "lang-vi" },
          { value: "en", label: "English", testid: "lang-en" },
        ]}
        onChange={(v) => void setLang(v)}
      />
    </div>
  );
}
