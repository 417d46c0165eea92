import { area } from "./i18n";
import vi from "./vi/chair.json";

/** chair gives the texts of vi/chair.json and en/chair.json. */
export const chair = area(vi, () => import("./en/chair.json"));
