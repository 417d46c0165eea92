import { area } from "./i18n";
import vi from "./vi/office.json";

/** office gives the texts of vi/office.json and en/office.json. */
export const office = area(vi, () => import("./en/office.json"));
