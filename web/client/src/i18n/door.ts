import { area } from "./i18n";
import vi from "./vi/door.json";

/** door gives the texts of vi/door.json and en/door.json. */
export const door = area(vi, () => import("./en/door.json"));
