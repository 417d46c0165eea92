/** The door: who are you here, then one tap, then the meeting. Everything after the tap is loaded in the background. */
import { useSignal } from "@preact/signals";
import { type ComponentType, Fragment } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { inApp } from "../../core/devices";
import { ApiError } from "../../core/http";
import { readHall, writeHall } from "../../core/resume";
import { Session } from "../../core/session";
import { common } from "../../i18n/common";
import { door as t } from "../../i18n/door";
import "../../styles/door.css";
import { Button } from "../../ui/button";
import { ErrorState, Skeleton } from "../../ui/card";
import { LiveRegion } from "../../ui/live";
import { type FaceProps, faceName, loadFace } from "../faces";
import { CitizenJoin } from "./citizen-join";
import { CodeForm } from "./code-form";
import { InMeeting } from "./in-meeting";
import { addressOf, type DoorInfo, doorOf, enter, redeem } from "./info";

/** MemberJoinProps: a member's page before joining; loaded only for members. */
export interface MemberJoinProps {
  info: DoorInfo;
  onJoin: (o: { hall: boolean; mic: MediaStreamTrack | null; cam: MediaStreamTrack | null }) => void;
}

type Step =
  | { at: "loading" }
  | { at: "error"; error: ApiError }
  | { at: "code"; token: string; error: ApiError | null; busy: boolean }
  | { at: "join"; info: DoorInfo; Member: ComponentType<MemberJoinProps> | null }
  | { at: "in"; info: DoorInfo; session: Session; Face: ComponentType<FaceProps> | null };

const inKey = (door: string) => `nt.in.${door}`;

/** DoorPage is the whole entry of /h/{door}. */
export function DoorPage() {
  const step = useSignal<Step>({ at: "loading" });
  const address = useMemo(() => {
    const a = addressOf(location.pathname, location.hash);
    // The secret leaves the address bar at once: it must not be seen, copied or shared on.
    if (location.hash) history.replaceState(null, "", location.pathname);
    return a;
  }, []);

  const load = async () => {
    try {
      const info = await doorOf(address.door);
      document.title = `${info.title} – ${info.council_name}`;
      await arrive(info);
    } catch (e) {
      step.value = { at: "error", error: asApi(e) };
    }
  };

  const arrive = async (info: DoorInfo) => {
    const member = !!info.me && faceName(info.me.roles) !== "citizen";
    document.documentElement.dataset.font = member ? "noto" : "system";
    if (info.me && faceName(info.me.roles) === "hall") {
      join(info);
      return;
    }
    if (info.me && wasIn(info.door)) {
      join(info, { hall: readHall(info.door) });
      return;
    }
    let Member: ComponentType<MemberJoinProps> | null = null;
    if (member) Member = (await import("./member-join")).MemberJoin;
    step.value = { at: "join", info, Member };
    if (info.me || info.public) void loadFace(info.me?.roles ?? ["citizen"]);
  };

  const open = async (token: string, code: string) => {
    try {
      await redeem(address.door, token, code || undefined);
      await load();
    } catch (e) {
      const error = asApi(e);
      if (error.code === "code_required" || error.code === "wrong_code") {
        step.value = { at: "code", token, error: error.code === "wrong_code" ? error : null, busy: false };
      } else step.value = { at: "error", error };
    }
  };

  useEffect(() => {
    if (address.token) void open(address.token, address.code);
    else void load();
  }, []);

  const join = (
    info: DoorInfo,
    o: {
      tapped?: boolean;
      hall?: boolean;
      step?: "audio";
      mic?: MediaStreamTrack | null;
      cam?: MediaStreamTrack | null;
      before?: Promise<unknown>;
    } = {},
  ) => {
    const roles = info.me?.roles ?? ["citizen"];
    const session = new Session({
      door: info.door,
      profile: faceName(roles) === "citizen" ? "audience" : "member",
      atHall: o.hall ?? false,
      checkIn: o.tapped ?? false,
    });
    session.unlock();
    if (o.step) session.media.setWant({ step: o.step });
    step.value = { at: "in", info, session, Face: null };
    void (async () => {
      try {
        await o.before;
        remember(info.door, true);
        writeHall(info.door, o.hall ?? false);
        session.start();
        if (o.mic || o.cam) session.own.use(o.mic ?? null, o.cam ?? null);
        const Face = await loadFace(roles);
        const now = step.value;
        if (now.at === "in" && now.session === session) step.value = { ...now, Face };
      } catch (e) {
        session.leave();
        step.value = { at: "error", error: asApi(e) };
      }
    })();
  };

  const leave = () => {
    const now = step.value;
    if (now.at !== "in") return;
    now.session.leave();
    remember(address.door, false);
    writeHall(address.door, false);
    step.value = { at: "loading" };
    void load();
  };

  return <Fragment>{draw(step.value)}</Fragment>;

  function draw(s: Step) {
    switch (s.at) {
      case "loading":
        return (
          <Frame>
            <Skeleton label={common("loading")} />
          </Frame>
        );
      case "error":
        return (
          <Frame>
            <DoorError error={s.error} onRetry={() => void load()} />
          </Frame>
        );
      case "code":
        return (
          <Frame>
            <CodeForm
              error={s.error}
              busy={s.busy}
              onSend={(code) => {
                step.value = { ...s, busy: true };
                void open(s.token, code);
              }}
            />
          </Frame>
        );
      case "join":
        if (s.Member) return <s.Member info={s.info} onJoin={(o) => join(s.info, { ...o, tapped: true })} />;
        return (
          <Frame>
            <CitizenJoin
              info={s.info}
              app={inApp()}
              onJoin={(name, hamlet, weak) => {
                const fresh = !s.info.me;
                join(s.info, {
                  ...(weak ? { step: "audio" as const } : {}),
                  ...(fresh ? { before: enter(s.info.door, name, hamlet) } : {}),
                });
              }}
            />
          </Frame>
        );
      case "in":
        return <InMeeting info={s.info} session={s.session} Face={s.Face} leave={leave} />;
    }
  }
}

function Frame(p: { children: preact.ComponentChildren }) {
  return (
    <div class="redline">
      <main class="page">{p.children}</main>
      <LiveRegion />
    </div>
  );
}

const LINK_CODES = [
  "link_unknown",
  "link_expired",
  "link_revoked",
  "link_locked",
  "not_found",
  "unreachable",
  "too_many",
] as const;

/** DoorError: what happened, and a way out. */
function DoorError(p: { error: ApiError; onRetry: () => void }) {
  const { error } = p;
  const known = LINK_CODES.find((c) => c === error.code) ?? (error.status === 404 ? "not_found" : undefined);
  return (
    <ErrorState
      title={known ? t(`${known}_title`) : t("busy_title")}
      code={known ? undefined : error.code}
      testid="door-error"
      action={
        <Button kind="primary" onClick={p.onRetry} testid="door-retry">
          {known === "unreachable" ? common("retry_now") : common("retry")}
        </Button>
      }
    >
      <p data-code={error.code}>{known ? t(known) : t("busy")}</p>
    </ErrorState>
  );
}

const asApi = (e: unknown) => (e instanceof ApiError ? e : new ApiError(0, "internal", "page"));

function wasIn(door: string): boolean {
  try {
    return sessionStorage.getItem(inKey(door)) === "1";
  } catch {
    return false;
  }
}

function remember(door: string, inside: boolean) {
  try {
    if (inside) sessionStorage.setItem(inKey(door), "1");
    else sessionStorage.removeItem(inKey(door));
  } catch {
    // A reload asks for one tap again.
  }
}
