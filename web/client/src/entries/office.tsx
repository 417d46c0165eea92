import { common } from "../i18n/common";
import { LiveRegion } from "../ui/live";
import { boot } from "./boot";
import "../styles/font.css";

boot(
  <main class="redline">
    <p role="status">{common("loading_page")}</p>
    <LiveRegion />
  </main>,
  "noto",
);
