/**
 * Inline SVG icons, drawn from lucide's paths. Each is imported by its own file, so a page carries only what it draws.
 * An icon is decoration (aria-hidden): a word always stands beside it.
 */
import { createElement } from "preact";

export type IconNode = [string, Record<string, string | number>][];

/** Icon draws one lucide icon: 26 px, or 20 px when small. */
export function Icon({ of, small }: { of: IconNode; small?: boolean }) {
  return (
    <svg class={small ? "icon icon-small" : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {of.map(([tag, attrs]) => createElement(tag, attrs))}
    </svg>
  );
}

export { default as IconDown } from "lucide/dist/esm/icons/arrow-down.mjs";
export { default as IconUp } from "lucide/dist/esm/icons/arrow-up.mjs";
export { default as IconBell } from "lucide/dist/esm/icons/bell.mjs";
export { default as IconCalendar } from "lucide/dist/esm/icons/calendar.mjs";
export { default as IconCheck } from "lucide/dist/esm/icons/check.mjs";
export { default as IconHelp } from "lucide/dist/esm/icons/circle-question-mark.mjs";
export { default as IconCopy } from "lucide/dist/esm/icons/copy.mjs";
export { default as IconDownload } from "lucide/dist/esm/icons/download.mjs";
export { default as IconMore } from "lucide/dist/esm/icons/ellipsis.mjs";
export { default as IconFile } from "lucide/dist/esm/icons/file-text.mjs";
export { default as IconHand } from "lucide/dist/esm/icons/hand.mjs";
export { default as IconList } from "lucide/dist/esm/icons/list-checks.mjs";
export { default as IconBook } from "lucide/dist/esm/icons/list-ordered.mjs";
export { default as IconLeave } from "lucide/dist/esm/icons/log-out.mjs";
export { default as IconMessage } from "lucide/dist/esm/icons/message-square.mjs";
export { default as IconMic } from "lucide/dist/esm/icons/mic.mjs";
export { default as IconMicOff } from "lucide/dist/esm/icons/mic-off.mjs";
export { default as IconMinus } from "lucide/dist/esm/icons/minus.mjs";
export { default as IconScreen } from "lucide/dist/esm/icons/monitor-up.mjs";
export { default as IconPause } from "lucide/dist/esm/icons/pause.mjs";
export { default as IconEdit } from "lucide/dist/esm/icons/pencil.mjs";
export { default as IconPhone } from "lucide/dist/esm/icons/phone.mjs";
export { default as IconPin } from "lucide/dist/esm/icons/pin.mjs";
export { default as IconPlus } from "lucide/dist/esm/icons/plus.mjs";
export { default as IconPrint } from "lucide/dist/esm/icons/printer.mjs";
export { default as IconSettings } from "lucide/dist/esm/icons/settings-2.mjs";
export { default as IconVote } from "lucide/dist/esm/icons/square-check-big.mjs";
export { default as IconNext } from "lucide/dist/esm/icons/step-forward.mjs";
export { default as IconTimer } from "lucide/dist/esm/icons/timer.mjs";
export { default as IconTrash } from "lucide/dist/esm/icons/trash.mjs";
export { default as IconPeople } from "lucide/dist/esm/icons/users.mjs";
export { default as IconCamera } from "lucide/dist/esm/icons/video.mjs";
export { default as IconCameraOff } from "lucide/dist/esm/icons/video-off.mjs";
export { default as IconSound } from "lucide/dist/esm/icons/volume-2.mjs";
export { default as IconMuteAll } from "lucide/dist/esm/icons/volume-x.mjs";
export { default as IconClose } from "lucide/dist/esm/icons/x.mjs";
