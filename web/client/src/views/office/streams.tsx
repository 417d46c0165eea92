/** Tab Nguồn hình ngoài: encoders that feed a hall's picture, players that show the stage outside, and their keys. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { EmptyState, Skeleton } from "../../ui/card";
import { AlertDialog } from "../../ui/dialog";
import { toast } from "../../ui/toast";
import { type NewStream, readmitStream, renewStream, revokeStream, type Stream, streams } from "./api";
import type { DraftStore } from "./draft";
import { Fault } from "./fault";
import { StreamRow } from "./stream-row";
import { streamKey, streamName } from "./stream-text";

const LOOK_EVERY = 3000;

/** Asking is what must be confirmed, because it cuts a machine off. */
type Asking = { what: "renew" | "revoke"; stream: Stream };

export function Streams(p: { store: DraftStore }) {
  if (p.store.editable.value) return <EmptyState testid="no-streams">{t("streams_unpublished")}</EmptyState>;
  return <List id={p.store.id} />;
}

function List(p: { id: string }) {
  const all = useSignal<Stream[] | null>(null);
  const fresh = useSignal<Record<string, NewStream>>({});
  const error = useSignal<unknown>(null);
  const asking = useSignal<Asking | null>(null);
  const busy = useSignal(false);
  const load = async () => {
    try {
      all.value = await streams(p.id);
      error.value = null;
    } catch (e) {
      error.value = e;
    }
  };
  const act = async (work: () => Promise<unknown>, said: string) => {
    busy.value = true;
    try {
      await work();
      toast(said);
      await load();
    } catch (e) {
      error.value = e;
    } finally {
      busy.value = false;
      asking.value = null;
    }
  };
  const issue = (s: Stream) =>
    act(async () => {
      const made = await renewStream(p.id, s.kind, s.source);
      fresh.value = { ...fresh.value, [streamKey(s)]: made };
    }, t("stream_issued"));
  const revoke = (s: Stream) =>
    act(async () => {
      await revokeStream(p.id, s.kind, s.source);
      const { [streamKey(s)]: _gone, ...rest } = fresh.value;
      fresh.value = rest;
    }, t("stream_revoked"));
  useEffect(() => {
    void load();
    const timer = setInterval(() => document.visibilityState === "visible" && void load(), LOOK_EVERY);
    return () => clearInterval(timer);
  }, []);
  const halls = all.value?.some((s) => s.kind === "whip");
  return (
    <div class="stack" data-testid="panel-nguon-hinh">
      <p class="of-note">{t("streams_note")}</p>
      <Fault error={error.value} onRetry={load} />
      {!all.value && !error.value && <Skeleton label={common("loading_page")} rows={4} />}
      {all.value && !halls && <p class="muted">{t("streams_none")}</p>}
      <ul role="list" class="of-links" data-testid="streams">
        {all.value?.map((s) => (
          <StreamRow
            key={streamKey(s)}
            stream={s}
            fresh={fresh.value[streamKey(s)]}
            busy={busy.value}
            onIssue={() => {
              if (s.has_key) asking.value = { what: "renew", stream: s };
              else void issue(s);
            }}
            onRevoke={() => (asking.value = { what: "revoke", stream: s })}
            onReadmit={() => void act(() => readmitStream(p.id, s.source), t("stream_readmitted"))}
          />
        ))}
      </ul>
      {asking.value && (
        <AlertDialog
          title={t(asking.value.what === "renew" ? "stream_renew_ask" : "stream_revoke_ask", {
            name: streamName(asking.value.stream),
          })}
          yes={t(asking.value.what === "renew" ? "stream_renew" : "revoke")}
          no={common("cancel")}
          kind={asking.value.what === "renew" ? "primary" : "danger"}
          busy={busy.value}
          onYes={() => {
            const a = asking.value;
            if (a) void (a.what === "renew" ? issue(a.stream) : revoke(a.stream));
          }}
          onNo={() => (asking.value = null)}
          testid="ask-stream"
        >
          <p>{t(asking.value.what === "renew" ? "stream_renew_note" : "stream_revoke_note")}</p>
        </AlertDialog>
      )}
    </div>
  );
}
