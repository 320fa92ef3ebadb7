import { UserError } from "@thewatcher/kit/user-error";
import { expect, test } from "vitest";
import { instantOption } from "./instant-option.ts";

test.each([
  ["2026-11-23", Date.UTC(2026, 10, 23)],
  ["1996-02-29", Date.UTC(1996, 1, 29)],
  ["1969-12-31", -86_400_000],
  ["2026-11-23T10:00Z", Date.UTC(2026, 10, 23, 10)],
  ["2026-11-23T10:00:00.250+03:00", Date.UTC(2026, 10, 23, 7) + 250],
])("%s is an instant", (given, at) => {
  expect(instantOption(given, "--from")).toBe(at);
});

test.each(["", "today", "23.11.2026", "2026-11-23T10:00:00", "2026-02-30", "2026-13-01", "2026-11-23T25:00Z"])(
  "%j is refused with what is accepted",
  (given) => {
    expect(() => instantOption(given, "--from")).toThrow(UserError);
    expect(() => instantOption(given, "--from")).toThrow(/^--from ".*": a day or an instant is accepted, such as/);
  },
);
