/** The own microphone, camera and screen as buttons of the bar. */
import { canShareScreen } from "../../core/devices";
import type { Line } from "../../core/pub";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { Button, IconLabelButton } from "../../ui/button";
import { IconCamera, IconCameraOff, IconMic, IconMicOff, IconScreen } from "../../ui/icons";
import { announce } from "../../ui/live";
import { toast } from "../../ui/toast";

/** gateOpen says whether the server lets this line of mine through. */
export function gateOpen(session: Session, line: Line): boolean {
  const self = session.views.self.value;
  return self ? self[line] : false;
}

/** switchLine turns a line on or off and says so; a closed gate is explained instead of asking for a device. */
export async function switchLine(session: Session, line: Line): Promise<void> {
  const on = session.own.on[line].value;
  if (session.atHall.value && line !== "screen") {
    toast(call("hall_sound"));
    return;
  }
  if (!on && !gateOpen(session, line)) {
    toast(call(line === "mic" ? "mic_closed" : line === "cam" ? "cam_closed" : "screen_closed"));
    return;
  }
  const ok = await session.own.switch(line, !on);
  if (ok) announce(call(`said_${line}_${on ? "off" : "on"}` as "said_mic_on"), "polite", line);
}

/** MicButton: off, on, or on but closed by the chair. */
export function MicButton(p: { session: Session }) {
  const { session } = p;
  const on = session.own.on.mic.value;
  const heard = on && gateOpen(session, "mic");
  return (
    <IconLabelButton
      icon={heard ? IconMic : IconMicOff}
      tone={heard ? "on" : "plain"}
      pressed={on}
      disabled={session.own.busy.mic.value}
      testid="mic"
      onClick={() => void switchLine(session, "mic")}
    >
      {on && !heard ? call("mic_held") : on ? call("mic_off") : call("mic_on")}
    </IconLabelButton>
  );
}

/** CamButton switches the own picture. */
export function CamButton(p: { session: Session }) {
  const { session } = p;
  const on = session.own.on.cam.value;
  return (
    <IconLabelButton
      icon={on ? IconCamera : IconCameraOff}
      tone={on ? "on" : "plain"}
      pressed={on}
      disabled={session.own.busy.cam.value}
      testid="cam"
      onClick={() => void switchLine(session, "cam")}
    >
      {on ? call("cam_off") : call("cam_on")}
    </IconLabelButton>
  );
}

/** ShareButton shares the screen where the browser can; elsewhere it is absent. */
export function ShareButton(p: { session: Session; wide?: boolean }) {
  const { session } = p;
  if (!canShareScreen()) return null;
  const on = session.own.on.screen.value;
  return (
    <Button
      icon={IconScreen}
      wide={p.wide ?? false}
      pressed={on}
      busy={session.own.busy.screen.value}
      testid="share"
      onClick={() => void switchLine(session, "screen")}
    >
      {on ? call("share_off") : call("share_on")}
    </Button>
  );
}

/** typing says that a key belongs to a text field or to an input method; no shortcut listens then. */
export const typing = (e: KeyboardEvent): boolean => {
  const t = e.target as HTMLElement | null;
  return e.isComposing || !!t?.closest?.("input, textarea, select, [contenteditable]");
};
