import { area } from "./i18n";
import vi from "./vi/trust.json";

/** trust gives the texts of vi/trust.json and en/trust.json. */
export const trust = area(vi, () => import("./en/trust.json"));
