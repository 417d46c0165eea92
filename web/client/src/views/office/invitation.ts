/** The texts that a clerk sends. A code never stands in the same message as its link. */
import type { Published } from "../../core/protocol";
import { office as t } from "../../i18n/office";
import type { NewLink } from "./api";
import type { DraftStore } from "./draft";
import { freshLinks } from "./fresh";
import { spaced, whenText } from "./text";

/** doorURL is the sitting's public address: as the server writes it in links, else by the address of this page. */
export function doorURL(store: DraftStore): string {
  const one = Object.values(freshLinks(store.id)).find((l) => l.url.includes(`/h/${store.door}#`));
  return one ? (one.url.split("#")[0] ?? "") : `${location.origin}/h/${store.door}`;
}

const lines = (...all: (string | false | undefined)[]) => all.filter(Boolean).join("\n");

/** publicInvitation goes into a neighbourhood's chat: name, time, public address, no code. */
export const publicInvitation = (d: Published, url: string) =>
  lines(
    t("inv_head", { title: d.title, council: d.council_name }),
    t("inv_when", { when: whenText(d.planned_at) }),
    !!d.place && t("inv_place", { place: d.place }),
    url,
    t("inv_tap"),
    !!d.help_phone && t("inv_help", { phone: d.help_phone }),
  );

/** personalInvitation goes to one person: the link without its code. */
export const personalInvitation = (d: Published, l: NewLink) =>
  lines(
    t("inv_dear", { name: l.name }),
    t("inv_head", { title: d.title, council: d.council_name }),
    t("inv_when", { when: whenText(d.planned_at) }),
    !!d.place && t("inv_place", { place: d.place }),
    l.url,
    t(l.code ? "inv_own_code" : "inv_own"),
    !!d.help_phone && t("inv_help", { phone: d.help_phone }),
  );

/** codeMessage goes by another way than the link. */
export const codeMessage = (d: Published, l: NewLink) =>
  t("inv_code", { name: l.name, title: d.title, code: spaced(l.code ?? "") });
