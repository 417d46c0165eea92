/** Tab Kết quả: attendance, speakers, votes as tables, and the ledger with what is needed to check it. */
import { useSignal } from "@preact/signals";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { IconDownload } from "../../ui/icons";
import { announce } from "../../ui/live";
import { download } from "./api";
import type { DraftStore } from "./draft";
import { Fault } from "./fault";
import { fileStem } from "./text";

const tables = ["attendance", "speakers", "votes"] as const;

/** saveAs hands a file to the browser. */
function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const a = document.createElement("a");
  a.href = url;
  a.download = name;
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function Results(p: { store: DraftStore }) {
  const busy = useSignal("");
  const error = useSignal<unknown>(null);
  const last = useSignal("");
  const closed = p.store.state.value === "closed";
  const get = async (file: string, word: string) => {
    if (busy.value) return;
    busy.value = file;
    last.value = file;
    error.value = null;
    try {
      const ext = file.slice(file.lastIndexOf("."));
      saveAs(await download(p.store.id, file), `${fileStem(p.store.doc.value.title)}-${word}${ext}`);
      announce(t("downloaded"));
    } catch (e) {
      error.value = e;
    } finally {
      busy.value = "";
    }
  };
  const button = (file: string, word: string, text: string) => (
    <Button icon={IconDownload} busy={busy.value === file} onClick={() => void get(file, word)} testid={`get-${file}`}>
      {text}
    </Button>
  );
  return (
    <div class="stack" data-testid="panel-ket-qua">
      {!closed && <p class="of-note">{t("not_closed")}</p>}
      <Fault error={error.value} onRetry={() => void get(last.value, "ket-qua")} />
      {tables.map((name) => (
        <section key={name} class="card of-result" aria-label={t(`result_${name}`)}>
          <div class="grow">
            <h2>{t(`result_${name}`)}</h2>
            <p class="muted">{t(`result_${name}_note`)}</p>
          </div>
          <div class="row">
            {button(`${name}.xlsx`, t(`file_${name}`), t("excel"))}
            {button(`${name}.csv`, t(`file_${name}`), t("csv"))}
          </div>
        </section>
      ))}
      <section class="card of-result" aria-label={t("result_ledger")}>
        <div class="grow">
          <h2>{t("result_ledger")}</h2>
          <p class="muted">{t("result_ledger_note")}</p>
        </div>
        <div class="row">{button("ledger.zip", t("file_ledger"), t("zip"))}</div>
      </section>
    </div>
  );
}
