/** A meeting as an iCalendar file (RFC 5545), made in the page: nothing is asked of the server. */

export interface Meeting {
  /** Stable: the same meeting added twice is one entry. */
  uid: string;
  title: string;
  /** Unix milliseconds of the beginning. */
  at: number;
  place?: string;
  /** Public address of the door, without any secret. */
  url: string;
}

const LINE_OCTETS = 75;

/** stamp writes Unix milliseconds as a UTC date-time (RFC 5545, 3.3.5): "20261123T010000Z". */
export function stamp(ms: number): string {
  return `${new Date(ms).toISOString().replace(/[-:]/gu, "").slice(0, 15)}Z`;
}

/** escaped makes a TEXT value (RFC 5545, 3.3.11). */
function escaped(text: string): string {
  return text.replace(/[\\;,]/gu, "\\$&").replace(/\r\n|\r|\n/gu, "\\n");
}

/** folded breaks a line at 75 octets, never inside a character (RFC 5545, 3.1). */
export function folded(line: string): string {
  const bytes = new TextEncoder();
  let out = "";
  let used = 0;
  for (const c of line) {
    const n = bytes.encode(c).length;
    if (used + n > LINE_OCTETS) {
      out += "\r\n ";
      used = 1;
    }
    out += c;
    used += n;
  }
  return out;
}

/** calendarOf writes the file; now is the moment of writing in Unix milliseconds. */
export function calendarOf(m: Meeting, now: number): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Nghi Truong//Meeting//VI",
    "BEGIN:VEVENT",
    `UID:${escaped(m.uid)}`,
    `DTSTAMP:${stamp(now)}`,
    `DTSTART:${stamp(m.at)}`,
    `SUMMARY:${escaped(m.title)}`,
    ...(m.place ? [`LOCATION:${escaped(m.place)}`] : []),
    `URL:${m.url}`,
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return `${lines.map(folded).join("\r\n")}\r\n`;
}
