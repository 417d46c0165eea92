/** Where the office page is. Every place has an address, so that Back, reload and a bookmark work. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

export const tabs = ["chung", "chuong-trinh", "thanh-phan", "bieu-quyet", "gui-moi", "nguon-hinh", "ket-qua"] as const;
export type Tab = (typeof tabs)[number];

export type Route =
  | { at: "list" }
  | { at: "new" }
  | { at: "sitting"; id: string; tab: Tab }
  | { at: "paste"; id: string }
  | { at: "cards"; id: string }
  | { at: "poster"; id: string }
  | { at: "accounts" }
  | { at: "councils" }
  | { at: "unknown" };

/** routeOf reads an address; pure, for tests. */
export function routeOf(path: string): Route {
  const [root, area, id, leaf] = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (root !== "van-phong") return { at: "unknown" };
  if (!area) return { at: "list" };
  if (area === "tao") return { at: "new" };
  if (area === "tai-khoan") return { at: "accounts" };
  if (area === "hoi-dong") return { at: "councils" };
  if (area !== "hop" || !id) return { at: "unknown" };
  if (leaf === "nhap-danh-sach") return { at: "paste", id };
  if (leaf === "in-the") return { at: "cards", id };
  if (leaf === "in-ap-phich") return { at: "poster", id };
  const tab = tabs.find((t) => t === (leaf ?? "chung"));
  return tab ? { at: "sitting", id, tab } : { at: "unknown" };
}

const here = () => (typeof location === "undefined" ? "/van-phong" : location.pathname);

/** path is the address shown. */
export const path = signal(here());
if (typeof addEventListener === "function") addEventListener("popstate", () => (path.value = here()));

export const home = "/van-phong";
export const sittingPath = (id: string, leaf: Tab | "nhap-danh-sach" | "in-the" | "in-ap-phich" = "chung") =>
  `/van-phong/hop/${encodeURIComponent(id)}/${leaf}`;

/** go shows another place of the office. */
export function go(to: string): void {
  if (to !== path.value) history.pushState(null, "", to);
  path.value = to;
  scrollTo(0, 0);
}

/** To is a link inside the office; a click with a modifier opens a new tab as everywhere. */
export function To(p: { to: string; children: ComponentChildren; class?: string; current?: boolean; testid?: string }) {
  return (
    <a
      href={p.to}
      class={p.class}
      aria-current={p.current ? "page" : undefined}
      data-testid={p.testid}
      onClick={(e) => {
        if (e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || e.button !== 0) return;
        e.preventDefault();
        go(p.to);
      }}
    >
      {p.children}
    </a>
  );
}
