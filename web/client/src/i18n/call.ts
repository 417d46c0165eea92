import { area } from "./i18n";
import vi from "./vi/call.json";

/** call gives the texts of vi/call.json and en/call.json. */
export const call = area(vi, () => import("./en/call.json"));
