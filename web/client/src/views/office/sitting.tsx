/** TK2: one sitting. A draft is composed here; a published one has its links and, in the end, its results. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { timeText } from "../../core/format";
import { common } from "../../i18n/common";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { Skeleton } from "../../ui/card";
import { Chip } from "../../ui/chip";
import { AlertDialog } from "../../ui/dialog";
import { toast } from "../../ui/toast";
import { Agenda } from "./agenda";
import { enterAsClerk } from "./api";
import { Conflict } from "./conflict";
import { type DraftStore, openDraft } from "./draft";
import { Fault } from "./fault";
import { Title } from "./frame";
import { unkeptLinks } from "./fresh";
import { General } from "./general";
import { Invite } from "./invite";
import { Paste } from "./paste";
import { People } from "./people";
import { Cards, Poster } from "./print";
import { PublishButton } from "./publish";
import { Results } from "./results";
import { home, type Route, sittingPath, type Tab, To, tabs } from "./route";
import { Rules } from "./rules";
import { Streams } from "./streams";
import { stateText, stateTone, whenText } from "./text";

export type SittingRoute = Extract<Route, { id: string }>;

export function SittingPage(p: { route: SittingRoute }) {
  const store = useSignal<DraftStore | null>(null);
  const error = useSignal<unknown>(null);
  const load = async () => {
    error.value = null;
    try {
      store.value = await openDraft(p.route.id);
    } catch (e) {
      error.value = e;
    }
  };
  useEffect(() => {
    void load();
    // The state moves on in the meeting; coming back to this page reads it again.
    const look = () => {
      const s = store.value;
      if (document.visibilityState === "visible" && s && !s.editable.value) s.refresh().catch((e) => (error.value = e));
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  const s = store.value;
  if (!s) {
    return error.value ? (
      <Fault error={error.value} onRetry={load} />
    ) : (
      <Skeleton label={common("loading_page")} rows={5} />
    );
  }
  if (p.route.at === "paste") return <Paste store={s} />;
  if (p.route.at === "cards") return <Cards store={s} />;
  if (p.route.at === "poster") return <Poster store={s} />;
  return (
    <>
      <Fault error={error.value} onRetry={load} />
      <Composer store={s} tab={p.route.tab} />
    </>
  );
}

function Composer(p: { store: DraftStore; tab: Tab }) {
  const s = p.store;
  const draft = s.editable.value;
  useEffect(() => {
    const keys = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && e.key === "s" && !e.isComposing) {
        e.preventDefault();
        void s.save();
      }
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, [s]);
  return (
    <div class="stack">
      <To to={home} class="of-back">
        {t("back_to_list")}
      </To>
      <div class="of-title">
        <div class="grow">
          <Title>{s.doc.value.title || t("untitled")}</Title>
          <p class="row muted">
            <Chip tone={stateTone(s.state.value)} testid="state">
              {stateText(s.state.value)}
            </Chip>
            <span>{whenText(s.doc.value.planned_at)}</span>
            {draft && <Saved store={s} />}
          </p>
        </div>
        {draft ? <PublishButton store={s} /> : <DeskButton store={s} />}
      </div>
      {s.status.value.at === "failed" && (
        <Fault error={s.status.value.error} onRetry={() => s.save()} testid="save-fault" />
      )}
      {s.status.value.at === "conflict" && <Conflict store={s} theirs={s.status.value.theirs} />}
      {!draft && p.tab !== "gui-moi" && p.tab !== "nguon-hinh" && p.tab !== "ket-qua" && (
        <p class="of-note">{t("locked")}</p>
      )}
      <TabBar store={s} tab={p.tab} />
      <Panel store={s} tab={p.tab} />
    </div>
  );
}

function TabBar(p: { store: DraftStore; tab: Tab }) {
  const shown = tabs.filter((x) => (x !== "ket-qua" && x !== "nguon-hinh") || !p.store.editable.value);
  return (
    <nav class="of-tabs" aria-label={t("tabs")}>
      {shown.map((x) => (
        <To key={x} to={sittingPath(p.store.id, x)} current={x === p.tab} testid={`tab-${x}`}>
          {t(`tab_${x}`)}
        </To>
      ))}
    </nav>
  );
}

function Panel(p: { store: DraftStore; tab: Tab }) {
  const s = p.store;
  if (p.tab === "gui-moi") return <Invite store={s} />;
  if (p.tab === "nguon-hinh") return <Streams store={s} />;
  if (p.tab === "ket-qua") return <Results store={s} />;
  if (p.tab === "chuong-trinh") return <Agenda store={s} />;
  return (
    <fieldset class="of-panel" disabled={!s.editable.value} data-testid={`panel-${p.tab}`}>
      <legend class="sr">{t(`tab_${p.tab}`)}</legend>
      {p.tab === "chung" && <General store={s} />}
      {p.tab === "thanh-phan" && <People store={s} />}
      {p.tab === "bieu-quyet" && <Rules store={s} />}
    </fieldset>
  );
}

/** Saved says in words whether the server has what is typed. */
function Saved(p: { store: DraftStore }) {
  const s = p.store.status.value;
  const text =
    s.at === "same"
      ? s.saved
        ? t("saved_at", { time: timeText(s.saved) })
        : t("saved")
      : s.at === "saving"
        ? t("saving")
        : t("not_saved_yet");
  return (
    <span data-testid="saved" data-status={s.at}>
      {text}
    </span>
  );
}

/** DeskButton makes this device the sitting's clerk. Links that nobody has copied or printed keep this page open. */
function DeskButton(p: { store: DraftStore }) {
  const busy = useSignal(false);
  const asking = useSignal(false);
  const error = useSignal<unknown>(null);
  const closed = p.store.state.value === "closed";
  const enter = async (tab: Window | null) => {
    busy.value = true;
    error.value = null;
    try {
      const { door } = await enterAsClerk(p.store.id);
      const to = `/h/${encodeURIComponent(door)}`;
      if (tab) tab.location.href = to;
      else location.assign(to);
    } catch (e) {
      tab?.close();
      error.value = e;
    } finally {
      busy.value = false;
      asking.value = false;
    }
  };
  return (
    <div class="stack of-act">
      <Button
        kind={closed ? "quiet" : "primary"}
        main
        busy={busy.value}
        testid="enter-desk"
        onClick={() => {
          if (unkeptLinks()) asking.value = true;
          else void enter(null);
        }}
      >
        {t("enter_desk")}
      </Button>
      <Fault error={error.value} onRetry={() => enter(null)} />
      {asking.value && (
        <AlertDialog
          title={t("links_unkept")}
          yes={t("enter_desk_new_tab")}
          no={t("stay")}
          busy={busy.value}
          onNo={() => (asking.value = false)}
          onYes={() => {
            const tab = open("", "_blank");
            if (tab) toast(t("desk_in_new_tab"));
            void enter(tab);
          }}
          testid="unkept"
        >
          <p>{t("links_unkept_note")}</p>
        </AlertDialog>
      )}
    </div>
  );
}
