import { area } from "./i18n";
import vi from "./vi/display.json";

/** display gives the texts of vi/display.json and en/display.json. */
export const display = area(vi, () => import("./en/display.json"));
