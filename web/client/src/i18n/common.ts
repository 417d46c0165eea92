import { area } from "./i18n";
import vi from "./vi/common.json";

/** common gives the texts of vi/common.json and en/common.json. */
export const common = area(vi, () => import("./en/common.json"));
