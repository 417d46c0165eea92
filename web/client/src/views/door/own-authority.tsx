/** OwnAuthority: where the server made its own certificates, one sentence says so and how to trust them. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** ownAuthority asks whether the server offers the certificate of an own authority; never on plain http. */
export async function ownAuthority(protocol = location.protocol): Promise<boolean> {
  if (protocol !== "https:") return false;
  try {
    return (await fetch("/ca.crt", { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

/** OwnAuthority draws nothing elsewhere, and loads its words only where they are needed. */
export function OwnAuthority() {
  const [Trust, set] = useState<ComponentType | null>(null);
  useEffect(() => {
    let here = true;
    void ownAuthority().then(async (own) => {
      if (!own) return;
      const { TrustNote } = await import("./trust");
      if (here) set(() => TrustNote);
    });
    return () => {
      here = false;
    };
  }, []);
  return Trust ? <Trust /> : null;
}
