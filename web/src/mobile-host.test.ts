import { ZONES } from "@thewatcher/contracts/zones";
import { expect, test } from "vitest";
import { mobileHostOf } from "./mobile-host.ts";

test("each of our desktop hosts offers its sibling for phones where the table of zones has one, and nothing else does", () => {
  for (const [name, { shell }] of Object.entries(ZONES)) {
    const sibling = `m.${name}`;
    expect(mobileHostOf(name)).toBe(shell === "desktop" && Object.hasOwn(ZONES, sibling) ? sibling : null);
  }
  for (const name of ["127.0.0.1", "localhost", "thewatcher.ru.example", "constructor"])
    expect(mobileHostOf(name)).toBeNull();
});
