/** Surfaces and whole-area states. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";

/** Card is a quiet surface for a group of things. */
export function Card(p: { children: ComponentChildren; title?: string; testid?: string }) {
  return (
    <section class="card stack" data-testid={p.testid}>
      {p.title && <h2>{p.title}</h2>}
      {p.children}
    </section>
  );
}

/**
 * Sheet is a light card that lives in the layout's own slot (right column, or above the bar on a phone); it never
 * floats over the stage. It is a region with a heading, not a modal, and takes no focus from somebody who types.
 */
export function Sheet(p: {
  title: ComponentChildren;
  children: ComponentChildren;
  /** Beside the title: a clock, a close button. */
  aside?: ComponentChildren;
  testid?: string;
  kind?: string;
  tone?: "light" | "dark";
}) {
  const id = useId();
  return (
    <section class="sheet" data-tone={p.tone ?? "light"} data-kind={p.kind} aria-labelledby={id} data-testid={p.testid}>
      <div class="sheet-head">
        <h2 id={id} tabIndex={-1}>
          {p.title}
        </h2>
        {p.aside}
      </div>
      {p.children}
    </section>
  );
}

/** EmptyState says the next step, never only "nothing here". */
export function EmptyState(p: { children: ComponentChildren; action?: ComponentChildren; testid?: string }) {
  return (
    <div class="state muted" data-testid={p.testid}>
      <p>{p.children}</p>
      {p.action}
    </div>
  );
}

/** ErrorState says what happened and always offers a way out. */
export function ErrorState(p: {
  title: string;
  children?: ComponentChildren;
  action: ComponentChildren;
  code?: string;
  testid?: string;
}) {
  return (
    <div class="state" role="alert" data-testid={p.testid}>
      <h1>{p.title}</h1>
      {p.children}
      <div class="row">{p.action}</div>
      {p.code && <p class="muted num">{p.code}</p>}
    </div>
  );
}

/** Skeleton shows bars in place of what loads, after 300 ms so that a fast page does not flicker. */
export function Skeleton(p: { rows?: number; label: string }) {
  const [shown, show] = useState(false);
  useEffect(() => {
    const id = setTimeout(() => show(true), 300);
    return () => clearTimeout(id);
  }, []);
  return (
    <div class="stack" role="status" aria-busy="true">
      <span class={shown ? "muted" : "sr"}>{p.label}</span>
      {shown && Array.from({ length: p.rows ?? 3 }, (_, i) => <div key={i} class="skeleton" />)}
    </div>
  );
}
