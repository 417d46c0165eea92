/**
 * The page's live regions. announce() queues a sentence; at most one is spoken per 2 s, assertive ones first, and a
 * sentence with the same key replaces the one that still waits ("Thứ 3" after "Thứ 4").
 */
import { signal } from "@preact/signals";

export type Urgency = "polite" | "assertive";

interface Waiting {
  text: string;
  urgency: Urgency;
  key: string;
}

const GAP_MS = 2000;
const LIMIT = 6;

const spoken = { polite: signal(""), assertive: signal("") };
let queue: Waiting[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function speak() {
  const i = queue.findIndex((w) => w.urgency === "assertive");
  const next = queue.splice(Math.max(i, 0), 1)[0];
  if (!next) {
    timer = undefined;
    return;
  }
  const region = spoken[next.urgency];
  // The same words twice are only read again when the text changes: a no-break space makes it different.
  region.value = region.value === next.text ? `${next.text}\u00a0` : next.text;
  timer = setTimeout(speak, GAP_MS);
}

/** announce says text to screen readers. */
export function announce(text: string, urgency: Urgency = "polite", key = text): void {
  if (!text) return;
  queue = queue.filter((w) => w.key !== key);
  queue.push({ text, urgency, key });
  if (queue.length > LIMIT) {
    const drop = queue.findIndex((w) => w.urgency === "polite");
    queue.splice(Math.max(drop, 0), 1);
  }
  if (timer === undefined) speak();
}

/** LiveRegion stands once on every page. */
export function LiveRegion() {
  return (
    <>
      <div class="sr" role="status" aria-live="polite" data-testid="live-polite">
        {spoken.polite}
      </div>
      <div class="sr" role="alert" aria-live="assertive" data-testid="live-assertive">
        {spoken.assertive}
      </div>
    </>
  );
}
