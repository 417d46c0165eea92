/** Small labels: states, tags, numbers. */
import type { ComponentChildren } from "preact";

export type ChipTone = "plain" | "success" | "danger" | "warning" | "info" | "rec" | "tag";

/** Chip shows a state in words; give onClick and it is a 48 px button. */
export function Chip(p: {
  children: ComponentChildren;
  tone?: ChipTone;
  testid?: string;
  onClick?: () => void;
  label?: string;
}) {
  const cls = p.tone && p.tone !== "plain" ? `chip chip-${p.tone}` : "chip";
  if (p.onClick) {
    return (
      <button type="button" class={cls} data-testid={p.testid} onClick={p.onClick} aria-label={p.label}>
        {p.children}
      </button>
    );
  }
  return (
    <span class={cls} data-testid={p.testid}>
      {p.children}
    </span>
  );
}

/** Segments is a row of exclusive choices, each with its word. */
export function Segments<V extends string>(p: {
  label: string;
  value: V;
  options: readonly { value: V; label: string; testid?: string }[];
  onChange: (v: V) => void;
}) {
  return (
    <fieldset class="segments">
      <legend class="sr">{p.label}</legend>
      {p.options.map((o) => (
        <button
          key={o.value}
          type="button"
          aria-pressed={o.value === p.value}
          data-testid={o.testid}
          onClick={() => p.onChange(o.value)}
        >
          {o.label}
        </button>
      ))}
    </fieldset>
  );
}
