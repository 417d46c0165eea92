/** Buttons. Every button carries a word; the main act of a screen is the only primary one. */
import type { ComponentChildren, JSX, Ref } from "preact";
import { Icon, type IconNode } from "./icons";

export type ButtonKind = "primary" | "quiet" | "danger" | "floor";

export interface ButtonProps {
  children: ComponentChildren;
  kind?: ButtonKind;
  icon?: IconNode;
  /** 60 px high, for the main act. */
  main?: boolean;
  /** As wide as its container. */
  wide?: boolean;
  disabled?: boolean;
  busy?: boolean;
  pressed?: boolean;
  type?: "button" | "submit";
  /** data-testid. */
  testid?: string;
  label?: string;
  describedBy?: string;
  class?: string;
  buttonRef?: Ref<HTMLButtonElement>;
  onClick?: (e: JSX.TargetedMouseEvent<HTMLButtonElement>) => void;
}

/** Button is at least 48 px high; kind floor (yellow) belongs to giving, ending or holding the floor only. */
export function Button(p: ButtonProps) {
  const kind = p.kind && p.kind !== "quiet" ? ` btn-${p.kind}` : "";
  const cls = `btn${kind}${p.main ? " btn-main" : ""}${p.wide ? " btn-wide" : ""}${p.class ? ` ${p.class}` : ""}`;
  return (
    <button
      ref={p.buttonRef ?? null}
      type={p.type ?? "button"}
      class={cls}
      disabled={p.disabled || p.busy}
      aria-busy={p.busy || undefined}
      aria-pressed={p.pressed}
      aria-label={p.label}
      aria-describedby={p.describedBy}
      data-testid={p.testid}
      onClick={p.onClick}
    >
      {p.icon && <Icon of={p.icon} small={!p.main} />}
      <span>{p.children}</span>
    </button>
  );
}

/** LinkButton looks like a button and goes somewhere. */
export function LinkButton(p: {
  href: string;
  children: ComponentChildren;
  kind?: ButtonKind;
  wide?: boolean;
  main?: boolean;
  testid?: string;
  download?: boolean;
}) {
  const kind = p.kind && p.kind !== "quiet" ? ` btn-${p.kind}` : "";
  return (
    <a
      class={`btn${kind}${p.main ? " btn-main" : ""}${p.wide ? " btn-wide" : ""}`}
      href={p.href}
      download={p.download}
      data-testid={p.testid}
    >
      {p.children}
    </a>
  );
}

export interface IconLabelButtonProps {
  icon: IconNode;
  children: ComponentChildren;
  /** Shown instead of children below 600 px ("Giơ tay" for "Xin phát biểu"). */
  short?: string;
  tone?: "plain" | "on" | "floor" | "danger" | "action";
  pressed?: boolean;
  expanded?: boolean;
  disabled?: boolean;
  title?: string;
  testid?: string;
  onClick?: () => void;
}

/** IconLabelButton is a button of the control bar: icon above its word. */
export function IconLabelButton(p: IconLabelButtonProps) {
  const tone = p.tone && p.tone !== "plain" ? ` ilb-${p.tone}` : "";
  return (
    <button
      type="button"
      class={`ilb${tone}`}
      aria-pressed={p.pressed}
      aria-expanded={p.expanded}
      disabled={p.disabled}
      title={p.title}
      data-testid={p.testid}
      onClick={p.onClick}
    >
      <Icon of={p.icon} />
      {p.short ? (
        <span>
          <span class="only-wide">{p.children}</span>
          <span class="only-narrow">{p.short}</span>
        </span>
      ) : (
        <span>{p.children}</span>
      )}
    </button>
  );
}
