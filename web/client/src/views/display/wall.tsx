/** Wall draws the chosen scene: no button, no cursor; keys are the page's (page.tsx). */
import type { ComponentChildren } from "preact";
import "./display.css";
import "./council.css";
import { display } from "../../i18n/display";
import { RollCall, VoteOpen, VoteResult } from "./council";
import type { SceneProps } from "./frame";
import type { Scene } from "./model";
import { BigQr, Break, Item, Notice, Speaker, Waiting } from "./scenes";

const scenes: Record<Scene, (p: SceneProps) => ComponentChildren> = {
  C0: Waiting,
  C1: Item,
  C2: Speaker,
  C4: VoteOpen,
  C5: VoteResult,
  C6: RollCall,
  C7: BigQr,
  C8: Break,
  C9: Notice,
};

/** How the connection is: lost = a dot in the corner, long = "Đang nối lại" as well (more than 60 s). */
export type WallNet = "ok" | "lost" | "long";

export function Wall(p: SceneProps & { scene: Scene; net: WallNet; note?: string }) {
  const Show = scenes[p.scene];
  return (
    <main class="wall" data-tone="dark" data-testid="scene" data-scene={p.scene} data-net={p.net}>
      <Show state={p.state} now={p.now} qr={p.qr} video={p.video} />
      {(p.net !== "ok" || p.note) && (
        <p class="d-corner" role="status">
          {p.note && <span>{p.note}</span>}
          {p.net === "long" && <span>{display("reconnecting")}</span>}
          {p.net !== "ok" && <i class="d-dot" data-testid="display-lost" />}
        </p>
      )}
    </main>
  );
}

/** WallText is the wall with one sentence: a bad link, the first seconds. */
export function WallText(p: { children: ComponentChildren; testid?: string }) {
  return (
    <main class="wall" data-tone="dark" data-testid={p.testid}>
      <div class="d-body d-center d-stack">
        <p class="d-name" role="status">
          {p.children}
        </p>
      </div>
    </main>
  );
}
