import { area } from "./i18n";
import vi from "./vi/desk.json";

/** desk gives the texts of vi/desk.json and en/desk.json. */
export const desk = area(vi, () => import("./en/desk.json"));
