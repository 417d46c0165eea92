/** LinkRow is one person's link: copied while it can be shown, renewed, revoked, with the devices that came in by it. */

import { dateText, timeText } from "../../core/format";
import type { Published } from "../../core/protocol";
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { Chip } from "../../ui/chip";
import { IconCopy } from "../../ui/icons";
import type { NewLink, PersonLink } from "./api";
import { copied } from "./copied";
import { keep } from "./fresh";
import { codeMessage, personalInvitation } from "./invitation";
import { placeText, rolesText, spaced } from "./text";

const tones = { none: "warning", new: "info", used: "success", locked: "danger", revoked: "plain" } as const;

export function LinkRow(p: {
  link: PersonLink;
  fresh: NewLink | undefined;
  doc: Published;
  busy: boolean;
  onRenew: () => void;
  onRevoke: () => void;
  onDevice: (id: string) => void;
}) {
  const { link: l, fresh } = p;
  const gone = l.state === "revoked" || l.state === "none";
  return (
    <li class="of-link" data-testid="link" data-person={l.person} data-state={l.state}>
      <div class="of-link-head">
        <span class="grow">
          <strong>{l.name}</strong>
          <span class="muted">{[rolesText(l.roles), placeText(l)].filter(Boolean).join(" · ")}</span>
        </span>
        <Chip tone={tones[l.state]}>{t(`link_${l.state}`)}</Chip>
      </div>
      {fresh && (
        <div class="row of-link-acts">
          <Button
            icon={IconCopy}
            label={t("copy_link_of", { name: l.name })}
            testid="copy-link"
            onClick={async () => {
              if (await copied(personalInvitation(p.doc, fresh), t("invitation"))) keep([l.person]);
            }}
          >
            {t("copy_link")}
          </Button>
          {fresh.code && (
            <Button
              icon={IconCopy}
              label={t("copy_code_of", { name: l.name })}
              testid="copy-code"
              onClick={() => void copied(codeMessage(p.doc, fresh), t("code"))}
            >
              {t("copy_code")}
            </Button>
          )}
          {fresh.code && (
            <span class="num of-code" data-testid="code">
              {t("code_is", { code: spaced(fresh.code) })}
            </span>
          )}
        </div>
      )}
      <details class="of-more" open={l.state === "locked"}>
        <summary>{t("devices_n", { n: l.devices.length })}</summary>
        <div class="stack">
          {l.state === "locked" && <p>{t("locked_note")}</p>}
          {fresh && <p class="of-url">{fresh.url}</p>}
          {l.devices.length === 0 && <p class="muted">{t("no_devices")}</p>}
          {l.devices.map((d) => (
            <div key={d.id} class="row spread" data-testid="device">
              <span>
                {d.name || t("some_device")} ·{" "}
                {t("seen", { when: `${timeText(Date.parse(d.seen_at), false)} ${dateText(Date.parse(d.seen_at))}` })}
              </span>
              <Button disabled={p.busy} onClick={() => p.onDevice(d.id)} testid="revoke-device">
                {t("revoke_device")}
              </Button>
            </div>
          ))}
          <div class="row">
            <Button disabled={p.busy} onClick={p.onRenew} testid="renew">
              {t(gone ? "issue" : "renew")}
            </Button>
            {!gone && (
              <Button disabled={p.busy} onClick={p.onRevoke} testid="revoke">
                {t("revoke")}
              </Button>
            )}
          </div>
        </div>
      </details>
    </li>
  );
}
