import { area } from "./i18n";
import vi from "./vi/errors.json";

/** errors gives the texts of vi/errors.json and en/errors.json. */
export const errors = area(vi, () => import("./en/errors.json"));
