import { area } from "./i18n";
import vi from "./vi/hall.json";

/** hall gives the texts of vi/hall.json and en/hall.json. */
export const hall = area(vi, () => import("./en/hall.json"));
