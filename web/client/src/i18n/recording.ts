import { area } from "./i18n";
import vi from "./vi/recording.json";

/** recording gives the texts of vi/recording.json and en/recording.json. */
export const recording = area(vi, () => import("./en/recording.json"));
