/**
 * ĐC3, the television of a hall: the stage and the own room, the item, the other halls, the door's QR, and below it what
 * the operator presses. First the check, once a device; after a power cut the page comes back by itself.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import "../../styles/font.css";
import "../../styles/meeting.css";
import "./hall.css";
import { permission } from "../../core/devices";
import type { Session } from "../../core/session";
import type { FaceProps } from "../faces";
import { useAnnouncements } from "../meeting/say";
import { HallCheck, type HallDevices, openDevices } from "./check";
import { readyBefore, rememberReady } from "./memory";
import { HallWall } from "./wall";

/** HallFace checks, then shows the wall. */
export default function HallFace({ session, door }: FaceProps) {
  const [ready, setReady] = useState(false);
  const asking = useSignal(!readyBefore(door.door));
  useAnnouncements(session);
  useReady(session, ready);
  const enter = (d: HallDevices) => {
    session.unlock();
    session.own.use(d.mic, d.cam);
    rememberReady(door.door);
    setReady(true);
  };
  useEffect(() => {
    document.documentElement.dataset.font = "noto";
    if (asking.peek()) return;
    // Only where the permission stands: a hall that was ready before starts its capture first, so sound may play.
    void Promise.all([permission("camera"), permission("microphone")]).then(async (p) => {
      if (p.some((x) => x === "denied" || x === "prompt")) asking.value = true;
      else enter(await openDevices());
    });
  }, []);
  if (ready) return <HallWall session={session} door={door} onCheck={() => setReady(false)} />;
  const self = session.views.self.value;
  return asking.value ? (
    <HallCheck name={self?.label ?? door.me?.label ?? ""} phone={door.help_phone} onReady={enter} />
  ) : (
    <div class="hl-check redline" data-testid="hall-returning" />
  );
}

/** useReady tells the server "Sẵn sàng" after every welcome, and takes it back when the check is opened again. */
function useReady(session: Session, ready: boolean) {
  useEffect(() => {
    const stop = session.link.state.subscribe((s) => {
      if (s === "open") session.link.send({ type: "media.ready", ready });
    });
    return stop;
  }, [session, ready]);
}
