/** What the meeting says aloud by itself: item, speaker, own place, votes, lost network. */
import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { now } from "../../core/clock";
import { chime } from "../../core/levels";
import type { Session } from "../../core/session";
import { call } from "../../i18n/call";
import { recording } from "../../i18n/recording";
import { announce } from "../../ui/live";
import { toast } from "../../ui/toast";
import { itemOf, standing } from "./model";
import { playNotice } from "./recording";

/** changed calls back with the new value each time it differs from the last; the first value is silent. */
function changed<T>(read: () => T, then: (now: T, before: T) => void): () => void {
  let first = true;
  let last: T;
  return effect(() => {
    const v = read();
    if (first) {
      first = false;
      last = v;
      return;
    }
    if (v === last) return;
    const before = last;
    last = v;
    then(v, before);
  });
}

/** heardRecording tells of every change of the recording, and to who comes while it runs: people who are recorded know it. */
function heardRecording(session: Session): () => void {
  let last = "none";
  return effect(() => {
    const view = session.views.recording.value;
    const state = view?.state ?? "none";
    if (!view || state === last) return;
    const before = last;
    last = state;
    if (state === "on") {
      announce(recording("said_on"), "assertive", "recording");
      toast(recording("said_on"));
      void playNotice();
    } else if (before === "on" || before === "paused") {
      announce(recording(state === "paused" ? "said_paused" : "said_stopped"), "polite", "recording");
    }
  });
}

const RISING = [660, 880] as const;
const ONE = [740] as const;
const LAST_MS = 10_000;

/** useAnnouncements speaks while the page is mounted. */
export function useAnnouncements(session: Session): void {
  useEffect(() => {
    const { views } = session;
    const stops = [
      changed(
        () => itemOf(views.agenda.value)?.title ?? "",
        (title) => title && announce(call("say_item", { title }), "polite", "item"),
      ),
      changed(
        () => {
          const h = views.floor.value?.holder;
          return h?.state === "speaking" ? h.label : "";
        },
        (who) => who && announce(call("say_speaks", { who }), "polite", "floor"),
      ),
      changed(
        () => views.self.value?.place ?? 0,
        (n) => n > 0 && announce(call("say_place", { n }), "polite", "place"),
      ),
      changed(
        () => (views.ballot.value?.ballot?.state === "open" ? views.ballot.value.ballot.id : ""),
        (id) => {
          if (!id) return;
          announce(
            call("say_vote_open", { question: views.ballot.value?.ballot?.question ?? "" }),
            "assertive",
            "vote",
          );
          if (standing(views.self.value) === "may") {
            chime(RISING);
            navigator.vibrate?.(200);
          }
        },
      ),
      changed(
        () => views.ballot.value?.ballot?.reminded_at ?? 0,
        (at) => {
          if (at && standing(views.self.value) === "may" && !views.self.value?.choice) {
            announce(call("say_vote_remind"), "assertive", "vote");
            chime(ONE);
          }
        },
      ),
      changed(
        () => {
          const b = views.ballot.value?.ballot;
          return b?.state === "open" && b.ends_at > 0 && b.ends_at - now.value <= LAST_MS ? b.id : "";
        },
        (id) => {
          // The words are the countdown's; here only the note for those who have not pressed.
          if (id && standing(views.self.value) === "may" && !views.self.value?.choice) chime(ONE);
        },
      ),
      changed(
        () => views.self.value?.choice_at ?? 0,
        (at) => at > 0 && announce(call("say_vote_received"), "polite", "receipt"),
      ),
      changed(
        () => views.self.value?.mic ?? false,
        (open) => {
          if (!open && session.own.on.mic.peek() && session.gateWhy.peek() === "chair")
            announce(call("say_muted"), "assertive", "gate");
        },
      ),
      heardRecording(session),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [session]);
}
