/** What the network does, in words. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { common } from "../i18n/common";
import { Button } from "./button";
import { Chip } from "./chip";
import { announce } from "./live";

export type NetLevel = "good" | "fair" | "weak" | "tcp" | "unreachable" | "checking";

/** NetBadge says how good the network is ("Mạng tốt"). */
export function NetBadge(p: { level: NetLevel; phone?: string }) {
  const tone =
    p.level === "good"
      ? "success"
      : p.level === "checking"
        ? "plain"
        : p.level === "unreachable"
          ? "danger"
          : "warning";
  const mark = p.level === "good" ? "✓ " : p.level === "checking" ? "" : "▲ ";
  return (
    <Chip tone={tone} testid="net-badge">
      {mark}
      {common(`net_${p.level}`, { phone: p.phone || common("help_phone_none") })}
    </Chip>
  );
}

export type LostKind = "queue" | "media" | "socket" | "long";

/**
 * ReconnectBanner is the strip under the header. kind queue: sound and picture wait for their turn, ahead go first; media: only sound and picture are lost, acts still work;
 * socket: acts are locked ("Đang chờ mạng"); long: more than 60 s.
 */
export function ReconnectBanner(p: {
  kind: LostKind;
  ahead?: number;
  onRetry: () => void;
  children?: ComponentChildren;
}) {
  const words = common(`lost_${p.kind}`, { n: p.ahead ?? 0 });
  const calm = p.kind === "media" || p.kind === "queue";
  // The number falls twice a second; only that one waits is announced.
  useEffect(() => announce(words, calm ? "polite" : "assertive", "net"), [p.kind]);
  return (
    <div
      class={p.kind === "long" ? "strip strip-danger" : "strip"}
      data-tone="light"
      data-testid="banner"
      data-kind={p.kind}
    >
      <span>{words}</span>
      <span class="row">
        {p.children}
        {p.kind !== "queue" && (
          <Button onClick={p.onRetry} testid="banner-retry">
            {p.kind === "long" ? common("rejoin") : common("retry_now")}
          </Button>
        )}
      </span>
    </div>
  );
}
