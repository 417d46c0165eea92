import { area } from "./i18n";
import vi from "./vi/citizen.json";

/** citizen gives the texts of vi/citizen.json and en/citizen.json. */
export const citizen = area(vi, () => import("./en/citizen.json"));
