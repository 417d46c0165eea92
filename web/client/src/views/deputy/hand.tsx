/** The hand: one tap asks to speak; for 6 s three chips change the kind; then the button shows the place and takes it down. */
import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { TurnKind } from "../../core/protocol";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { common } from "../../i18n/common";
import { Button, IconLabelButton } from "../../ui/button";
import { Select } from "../../ui/field";
import { IconHand } from "../../ui/icons";
import { useAct } from "../meeting/act";

const CHIPS_MS = 6000;
const KINDS: readonly TurnKind[] = ["speak", "question", "debate"];

/** asked is whom the own question names, a person id; "" = nobody. */
const asked: Signal<string> = signal("");

/** choosing is true while the chips stand. */
export const choosing: Signal<boolean> = signal(false);

/** HandButton is in the bar at every width. */
export function HandButton(p: { session: Session; chips?: boolean }) {
  const { session } = p;
  const act = useAct(session);
  const place = session.views.self.value?.place ?? 0;
  const speaking = session.views.self.value?.floor?.state === "speaking";
  const toggle = async () => {
    if (place > 0) {
      choosing.value = false;
      await act.run({ type: "queue.withdraw" });
    } else if (await act.run({ type: "queue.raise", ...(p.chips === false ? {} : { kind: "speak" as const }) })) {
      asked.value = "";
      choosing.value = p.chips !== false;
    }
  };
  return (
    <IconLabelButton
      icon={IconHand}
      tone={place > 0 ? "floor" : "plain"}
      pressed={place > 0}
      disabled={act.busy.value || !session.open.value || speaking}
      short={place > 0 ? call("hand_up", { n: place }) : call("hand_short")}
      testid="hand"
      onClick={() => void toggle()}
    >
      {place > 0 ? call("hand_up", { n: place }) : call("hand")}
    </IconLabelButton>
  );
}

/** HandChips are three buttons of 48 px in the dock for 6 s after the hand went up. */
export function HandChips(p: { session: Session }) {
  const { session } = p;
  const act = useAct(session);
  const kind = session.views.self.value?.kind ?? "speak";
  const shown = choosing.value && (session.views.self.value?.place ?? 0) > 0;
  useEffect(() => {
    // Who asks a question has time to name somebody.
    if (!shown || kind === "question") return;
    const id = setTimeout(() => {
      choosing.value = false;
    }, CHIPS_MS);
    return () => clearTimeout(id);
  }, [shown, kind]);
  if (!shown) return null;
  const name = async (who: string) => {
    asked.value = who;
    await act.run({ type: "queue.raise", kind: "question", ...(who ? { asked_who: who } : {}) });
  };
  return (
    <div class="row hand-kinds" role="group" aria-label={call("hand_kind")} data-testid="hand-kinds">
      {KINDS.map((k) => (
        <button
          key={k}
          type="button"
          class={k === kind ? "chip chip-info" : "chip"}
          aria-pressed={k === kind}
          data-testid={`kind-${k}`}
          onClick={() => {
            asked.value = "";
            void act.run({ type: "queue.raise", kind: k });
          }}
        >
          {common(`kind_${k as "speak" | "question" | "debate"}`)}
        </button>
      ))}
      {kind === "question" && (
        <>
          <Select
            label={call("asked_who")}
            value={asked.value}
            options={askable(session)}
            onChange={(who) => void name(who)}
            testid="asked-who"
          />
          <Button onClick={() => (choosing.value = false)} testid="asked-done">
            {common("close")}
          </Button>
        </>
      )}
    </div>
  );
}

/** askable lists who can be questioned: everybody on the list but devices, the clerk and oneself; guests first. */
export function askable(session: Session): { value: string; label: string }[] {
  const me = session.views.self.value?.person;
  const people = (session.views.people.value?.people ?? []).filter(
    (p) => p.id !== me && p.roles.some((r) => r === "chair" || r === "deputy" || r === "guest"),
  );
  const rank = (p: (typeof people)[number]) => (p.roles.includes("guest") ? 0 : 1);
  return [
    { value: "", label: call("asked_nobody") },
    ...people.sort((a, b) => rank(a) - rank(b)).map((p) => ({ value: p.id, label: p.name || p.label })),
  ];
}
