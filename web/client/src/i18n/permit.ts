import { area } from "./i18n";
import vi from "./vi/permit.json";

/** permit gives the texts of vi/permit.json and en/permit.json. */
export const permit = area(vi, () => import("./en/permit.json"));
