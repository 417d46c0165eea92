/** Modal boxes on the browser's own <dialog>: focus is kept inside and returns by itself. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button, type ButtonKind } from "./button";

export interface DialogProps {
  title: string;
  children?: ComponentChildren;
  /** Called by Escape and by closing acts; absent = cannot be dismissed by Escape. */
  onClose?: (() => void) | undefined;
  /** Role alertdialog: read at once; for what needs an answer. */
  alert?: boolean;
  testid?: string;
  tone?: "light" | "dark";
}

/** Dialog is open while it is mounted. Browsers without showModal (Safari before 15.4) get a plain open box with focus. */
export function Dialog(p: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const box = ref.current;
    if (!box) return;
    if (typeof box.showModal === "function") {
      if (!box.open) box.showModal();
    } else {
      box.setAttribute("open", "");
      box.querySelector<HTMLElement>("button, input, select, textarea")?.focus();
    }
    return () => {
      if (typeof box.close === "function" && box.open) box.close();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class="dlg"
      data-tone={p.tone ?? "light"}
      role={p.alert ? "alertdialog" : undefined}
      aria-labelledby={id}
      data-testid={p.testid}
      onCancel={(e) => {
        e.preventDefault();
        p.onClose?.();
      }}
    >
      <div class="stack">
        <h2 id={id}>{p.title}</h2>
        {p.children}
      </div>
    </dialog>
  );
}

/** AlertDialog confirms what cannot be undone: one yes, one no, the safe one first in focus order. */
export function AlertDialog(p: {
  title: string;
  children?: ComponentChildren;
  yes: string;
  no: string;
  kind?: ButtonKind;
  busy?: boolean;
  onYes: () => void;
  onNo: () => void;
  testid?: string;
}) {
  return (
    <Dialog title={p.title} alert onClose={p.onNo} testid={p.testid}>
      {p.children}
      <div class="row">
        <Button onClick={p.onNo} testid="dialog-no">
          {p.no}
        </Button>
        <Button kind={p.kind ?? "primary"} busy={p.busy} onClick={p.onYes} testid="dialog-yes">
          {p.yes}
        </Button>
      </div>
    </Dialog>
  );
}
