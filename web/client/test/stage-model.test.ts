import { describe, expect, it } from "vitest";
import { fitsStage } from "../src/views/meeting/model";
import { floor, holder } from "./steer-views";

const listed = (id: string) => id.startsWith("p") || id.startsWith("h");

describe("fitsStage", () => {
  const citizen = holder({ label: "Cử tri thôn 3", kind: "citizen" });
  const { person: _, ...nameless } = citizen;
  const cases: [string, Parameters<typeof fitsStage>[0], string, boolean][] = [
    ["nothing arrives", floor(holder()), "", true],
    ["the speaker's own picture", floor(holder()), "p14", true],
    ["another's picture while the speaker has none", floor(holder()), "h1", false],
    ["the hall's camera for somebody in it", floor(holder({ source: "h1" })), "h1", true],
    ["the speaker's own device in a hall", floor(holder({ source: "h1" })), "p14", true],
    ["nobody has the floor: whoever is loudest", floor(null), "h1", true],
    ["a citizen's picture, whose id only the steering audience knows", floor(nameless), "c9", true],
    ["a listed person's picture while a citizen has the floor", floor(nameless), "p2", false],
    ["the chair's pin", { ...floor(holder()), pin: "p3" }, "p3", true],
    ["the speaker while another is pinned", { ...floor(holder()), pin: "p3" }, "p14", false],
    ["before the views", null, "p2", true],
  ];
  it.each(cases)("%s", (_name, f, who, fits) => expect(fitsStage(f, who, listed)).toBe(fits));
});
