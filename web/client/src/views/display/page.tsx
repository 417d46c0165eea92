/**
 * The hall display: exchanges the link's token for the device's right, follows the sitting, draws the scene. Read only:
 * no button, no cursor; keys choose scenes, F full screen, Q the QR, S sound, Escape back to automatic.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { now } from "../../core/clock";
import { audioContext } from "../../core/levels";
import type { Session } from "../../core/session";
import { display } from "../../i18n/display";
import { useBells } from "../chair/sounds";
import { fullScreen } from "../hall/screen";
import { type DisplayState, newestNotice, type Scene, scene, sceneOfKey } from "./model";
import { stagePicture } from "./picture";
import { Following } from "./session";
import { Wall, type WallNet, WallText } from "./wall";

const NOTE_MS = 4000;

/** DisplayPage is the whole page of /man-hinh. */
export function DisplayPage() {
  const way = useMemo(() => new Following(), []);
  useEffect(() => {
    way.start();
    return () => way.stop();
  }, [way]);
  const session = way.session.value;
  if (way.phase.value === "bad") return <WallText testid="display-bad">{display("bad_token")}</WallText>;
  if (!session?.views.agenda.value) {
    return <WallText>{display(way.unreachable.value ? "no_server" : "opening")}</WallText>;
  }
  return <DisplayFace session={session} door={way.open.value ? way.door.value : ""} />;
}

/** DisplayFace follows one sitting; door is the public door's code, "" when citizens may not enter. */
export function DisplayFace({ session, door }: { session: Session; door: string }) {
  const [manual, setManual] = useState<Scene | "">("");
  const [qr, setQr] = useState(true);
  const [sound, setSound] = useState(false);
  const heard = useRef(sound);
  heard.current = sound;
  const audible = useCallback(() => heard.current, []);
  useBells(session, audible);
  const [note, say] = useNote();
  useKeys((key) => {
    const chosen = sceneOfKey(key);
    if (chosen || key === "Escape") {
      setManual(chosen);
      say(chosen ? display("manual") : "");
    } else if (key === "q") {
      setQr(!qr);
    } else if (key === "s") {
      audioContext();
      hear(session, !sound);
      setSound(!sound);
      say(display(sound ? "sound_off" : "sound_on"));
    } else if (key === "f") {
      fullScreen();
    }
  });
  const v = session.views;
  const at = now.value;
  const state: DisplayState = {
    agenda: v.agenda.value,
    floor: v.floor.value,
    ballot: v.ballot.value,
    rollcall: v.rollcall.value,
    queue: v.queue.value,
    recording: v.recording.value,
    notice: newestNotice(v.messages.value),
  };
  return (
    <Wall
      scene={scene(state, at, manual)}
      state={state}
      now={at}
      qr={qr ? door : ""}
      net={netOf(session)}
      note={note}
      video={stagePicture(session)}
    />
  );
}

function netOf(session: Session): WallNet {
  const lost = session.lost.value;
  if (lost === "long") return "long";
  return lost === "socket" ? "lost" : "ok";
}

/** hear plays the sitting's sound on this wall, or silences it: usually the hall's own machine plays it. */
function hear(session: Session, on: boolean) {
  if (on) session.unlock();
  for (const el of document.querySelectorAll<HTMLAudioElement>("audio[data-slot]")) el.muted = !on;
}

/** useKeys listens on the whole page; chords belong to the browser. */
function useKeys(pressed: (key: string) => void) {
  const latest = useRef(pressed);
  latest.current = pressed;
  useEffect(() => {
    const down = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing) return;
      latest.current(e.key.length === 1 ? e.key.toLowerCase() : e.key);
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, []);
}

/** useNote shows a short sentence in the corner for four seconds: what a key did. */
function useNote(): [string, (text: string) => void] {
  const [note, setNote] = useState("");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return [
    note,
    (text) => {
      clearTimeout(timer.current);
      setNote(text);
      timer.current = setTimeout(() => setNote(""), NOTE_MS);
    },
  ];
}
