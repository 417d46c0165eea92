/** "Thêm vào lịch": before the beginning, one tap gives the device's calendar the meeting. */
import { calendarOf } from "../../core/calendar";
import { serverNow } from "../../core/clock";
import { common } from "../../i18n/common";
import { Button } from "../../ui/button";
import { IconCalendar } from "../../ui/icons";
import type { DoorInfo } from "./info";

/** AddToCalendar downloads an .ics file whose address is the public door: no secret leaves the page. */
export function AddToCalendar(p: { door: string; title: string; at: number; place?: string | undefined }) {
  const save = () => {
    const text = calendarOf(
      {
        uid: `${p.door}@${location.hostname}`,
        title: p.title,
        at: p.at,
        url: `${location.origin}/h/${p.door}`,
        ...(p.place ? { place: p.place } : {}),
      },
      serverNow(),
    );
    const href = URL.createObjectURL(new Blob([text], { type: "text/calendar;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = href;
    link.download = `${p.door}.ics`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  };
  return (
    <Button icon={IconCalendar} onClick={save} testid="add-to-calendar">
      {common("add_to_calendar")}
    </Button>
  );
}

/** DoorCalendar is the button at the door, under the way in; absent once the meeting has begun or should have. */
export function DoorCalendar({ info }: { info: DoorInfo }) {
  const at = Date.parse(info.planned_at);
  if (info.state !== "published" || !(at > serverNow())) return null;
  return (
    <p>
      <AddToCalendar door={info.door} title={`${info.title} – ${info.council_name}`} at={at} place={info.place} />
    </p>
  );
}
