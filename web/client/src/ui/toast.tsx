/** Short notices under the header: at most two, at least 6 s, with a history that can be read later. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { serverNow } from "../core/clock";
import { announce, type Urgency } from "./live";

export interface Toast {
  id: number;
  text: string;
  at: number;
  /** A button inside the notice: "Hoàn tác". */
  action?: { label: string; run: () => void; testid?: string } | undefined;
}

const SHOWN = 2;
const KEPT = 50;
let nextId = 1;

const shown = signal<Toast[]>([]);
/** toastLog holds the newest 50 notices, newest first. */
export const toastLog = signal<Toast[]>([]);

export interface ToastOptions {
  urgency?: Urgency;
  /** Milliseconds on screen; at least 6,000 unless the notice carries an undo with its own time. */
  ms?: number;
  action?: Toast["action"];
  key?: string;
}

/** toast shows and announces a notice; it returns a function that takes it away. */
export function toast(text: string, o: ToastOptions = {}): () => void {
  const one: Toast = { id: nextId++, text, at: serverNow(), action: o.action };
  shown.value = [...shown.value.slice(-(SHOWN - 1)), one];
  toastLog.value = [one, ...toastLog.value].slice(0, KEPT);
  announce(text, o.urgency ?? "polite", o.key);
  const gone = () => {
    shown.value = shown.value.filter((t) => t.id !== one.id);
  };
  setTimeout(gone, o.action ? (o.ms ?? 10_000) : Math.max(6000, o.ms ?? 0));
  return gone;
}

/** Toasts is the slot under the header. */
export function Toasts(p: { children?: ComponentChildren }) {
  return (
    <div class="toasts" data-testid="toasts">
      {p.children}
      {shown.value.map((t) => (
        <div class="toast" key={t.id}>
          <span>{t.text}</span>
          {t.action && (
            <button
              type="button"
              class="btn"
              data-testid={t.action.testid}
              onClick={() => {
                shown.value = shown.value.filter((x) => x.id !== t.id);
                t.action?.run();
              }}
            >
              {t.action.label}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
