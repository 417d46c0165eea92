import { area } from "./i18n";
import vi from "./vi/lines.json";

/** lines gives the texts of vi/lines.json and en/lines.json. */
export const lines = area(vi, () => import("./en/lines.json"));
