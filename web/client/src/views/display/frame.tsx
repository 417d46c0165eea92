/** What every scene of the hall display shares: the red line, who meets, the title, the corner QR. Sizes are in display.css. */
import type { ComponentChildren } from "preact";
import { display } from "../../i18n/display";
import { recording } from "../../i18n/recording";
import type { DisplayState } from "./model";

/** A scene's view of the world: the state, the server's time in Unix milliseconds, the door's QR. */
export interface SceneProps {
  state: DisplayState;
  now: number;
  /** The public door's code; "" when citizens may not enter or the QR was switched off. */
  qr: string;
  /** The stage's live picture for the speaker's scene; null without one. */
  video?: ComponentChildren;
}

/** Frame is one scene: head line, title, body, foot. */
export function Frame(p: {
  state: DisplayState;
  /** Third part of the head line: "Kết quả biểu quyết". */
  about?: string | undefined;
  /** Stands instead of the head line. */
  line?: string | undefined;
  title?: string;
  children: ComponentChildren;
  foot?: ComponentChildren;
  aside?: ComponentChildren;
}) {
  const head = p.state.agenda?.sitting;
  const line = p.line ?? [head?.council_name, head?.title, p.about].filter(Boolean).join(" · ");
  return (
    <>
      <header class="d-head">
        <div>
          <p class="d-line">
            <Recorded state={p.state} />
            {line}
          </p>
          {p.title && <h1 class="d-title">{p.title}</h1>}
        </div>
        {p.aside}
      </header>
      <div class="d-body">{p.children}</div>
      <footer class="d-foot">{p.foot}</footer>
    </>
  );
}

/** Recorded: "● Ghi" while the sitting is recorded, first in the head line, so that nothing pushes it out. */
export function Recorded({ state }: { state: DisplayState }) {
  if (state.recording?.state !== "on") return null;
  return (
    <span class="d-rec" role="img" aria-label={recording("label")} data-testid="display-recording">
      ● {recording("chip")}{" "}
    </span>
  );
}

/** Qr is the public door as a picture that phones read; it holds no secret. */
export function Qr(p: { door: string; big?: boolean }) {
  if (!p.door) return null;
  return (
    <figure class={p.big ? "d-qr d-qr-big" : "d-qr"} data-testid="display-qr">
      <img src={`/api/doors/${encodeURIComponent(p.door)}/qr.svg`} alt={display("scan")} />
      <figcaption>
        {display("scan")}
        <span class="num">{p.door}</span>
      </figcaption>
    </figure>
  );
}
