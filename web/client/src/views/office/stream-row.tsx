/** StreamRow is one encoder or player: its state, its address, and its key while it can be shown. */
import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { Chip } from "../../ui/chip";
import { IconCopy } from "../../ui/icons";
import type { NewStream, Stream } from "./api";
import { copied } from "./copied";
import { pictureText, standingOf, streamKey, streamName, troubles } from "./stream-text";

const tones = { none: "plain", key: "info", waiting: "info", on: "success", held: "warning", off: "warning" } as const;

export function StreamRow(p: {
  stream: Stream;
  fresh: NewStream | undefined;
  busy: boolean;
  onIssue: () => void;
  onRevoke: () => void;
  onReadmit: () => void;
}) {
  const s = p.stream;
  const standing = standingOf(s);
  const state = s.state;
  return (
    <li class="card stack" data-testid="stream" data-stream={streamKey(s)} data-state={standing}>
      <div class="of-link-head">
        <span class="grow">
          <strong>{streamName(s)}</strong>
          {state?.connected && <span class="muted">{pictureText(state)}</span>}
        </span>
        <Chip tone={tones[standing]}>{t(`stream_state_${standing}`)}</Chip>
      </div>
      {standing === "held" && (
        <>
          <p>{t("stream_held_note")}</p>
          <div class="row">
            <Button kind="primary" busy={p.busy} onClick={p.onReadmit} testid="readmit">
              {t("stream_readmit")}
            </Button>
          </div>
        </>
      )}
      {standing === "on" && state && !state.on_air && <p class="muted">{t("stream_closed_gate")}</p>}
      {state && troubles(state).map((text) => <p key={text}>{text}</p>)}
      {p.fresh && <Fresh stream={s} fresh={p.fresh} />}
      <div class="row">
        <Button disabled={p.busy} onClick={p.onIssue} testid="issue-stream">
          {t(s.has_key ? "stream_renew" : "stream_issue")}
        </Button>
        {s.has_key && (
          <Button disabled={p.busy} onClick={p.onRevoke} testid="revoke-stream">
            {t("revoke")}
          </Button>
        )}
      </div>
      {s.kind === "whip" && s.has_key && (
        <details class="of-more">
          <summary>{t("stream_obs")}</summary>
          <ol>
            <li>{t("stream_obs_1")}</li>
            <li>{t("stream_obs_2")}</li>
            <li>{t("stream_obs_3")}</li>
            <li>{t("stream_obs_4")}</li>
          </ol>
        </details>
      )}
    </li>
  );
}

/** Fresh shows a key that was just made: the server keeps only its hash. */
function Fresh(p: { stream: Stream; fresh: NewStream }) {
  const { url, token, qr } = p.fresh;
  return (
    <div class="stack" data-testid="fresh-stream">
      <p class="of-note">{t("stream_once")}</p>
      <div class="of-stream-key">
        <div class="stack grow">
          <div>
            <span class="muted">{t("stream_address")}</span>
            <p class="of-url" data-testid="stream-url">
              {url}
            </p>
          </div>
          <div>
            <span class="muted">{t("stream_token")}</span>
            <p class="of-url" data-testid="stream-token">
              {token}
            </p>
          </div>
          <div class="row">
            <Button icon={IconCopy} onClick={() => void copied(url, t("stream_address"))} testid="copy-stream-url">
              {t("stream_copy_address")}
            </Button>
            <Button icon={IconCopy} onClick={() => void copied(token, t("stream_token"))} testid="copy-stream-token">
              {t("stream_copy_token")}
            </Button>
          </div>
        </div>
        <img
          class="of-stream-qr"
          alt={t("stream_qr")}
          src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(qr)}`}
        />
      </div>
    </div>
  );
}
