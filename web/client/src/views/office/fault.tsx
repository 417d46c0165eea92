/** Fault is one refusal or failure in place: the sentence, and the button that leads out of it. */

import { office as t } from "../../i18n/office";
import { Button } from "../../ui/button";
import { signedOut } from "./api";
import { problemOf } from "./problem";
import { go, home, path, sittingPath, tabs } from "./route";

export function Fault(p: { error: unknown; onRetry?: (() => void) | undefined; testid?: string }) {
  if (!p.error) return null;
  const problem = problemOf(p.error);
  const tab = tabs.find((x) => x === problem.way);
  const sitting = /^\/van-phong\/hop\/([^/]+)/u.exec(path.value)?.[1];
  return (
    <div class="of-fault" role="alert" data-testid={p.testid ?? "fault"} data-code={problem.code}>
      <p>{problem.text}</p>
      {problem.way === "retry" && p.onRetry && (
        <Button onClick={p.onRetry} testid="fault-retry">
          {t("try_again")}
        </Button>
      )}
      {problem.way === "reload" && (
        <Button onClick={() => location.reload()} testid="fault-reload">
          {t("read_again")}
        </Button>
      )}
      {problem.way === "login" && (
        <Button onClick={() => (signedOut.value = true)} testid="fault-login">
          {t("sign_in")}
        </Button>
      )}
      {problem.way === "list" && (
        <Button onClick={() => go(home)} testid="fault-list">
          {t("to_list")}
        </Button>
      )}
      {tab && sitting && (
        <Button onClick={() => go(sittingPath(decodeURIComponent(sitting), tab))} testid="fault-field">
          {t("to_field")}
        </Button>
      )}
    </div>
  );
}
