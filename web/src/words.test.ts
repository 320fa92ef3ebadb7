import type { Reason, Row } from "@thewatcher/contracts/api/serving";
import type { TitleId } from "@thewatcher/contracts/ids";
import { beforeAll, describe, expect, test } from "vitest";
import { loadStrings } from "./strings.ts";
import { badgeOf, reasonWords, rowHeading, saysMore, watchedPercent } from "./words.ts";

const seed = (titleId: string) => ({ titleId: titleId as TitleId, contribution: 1 });
const unknown = () => undefined;

describe("words of the page", () => {
  beforeAll(() => loadStrings("en"));

  test("a reason names its seeds where the page knows them, and is general where it doesn't", () => {
    const reason: Reason = { kind: "similar_to_history", seeds: [seed("a"), seed("b"), seed("c")] };
    expect(reasonWords(reason, (id) => ({ a: "Alien", c: "Gattaca" })[id])).toBe("Close to Alien and Gattaca");
    expect(reasonWords(reason, unknown)).toBe("Close to what you watch");
  });

  test("countries are named, not coded", () => {
    expect(reasonWords({ kind: "popular_in_country", country: "BY", rank: 3 }, unknown)).toBe("No. 3 in Belarus");
  });

  test("a row says Top 10 only of the first ten of its country", () => {
    const row = (...ranks: number[]) => ({
      kind: "top_in_country" as const,
      reason: null,
      heading: "x",
      items: ranks.map((rank, position) => ({ position, reason: { kind: "popular_in_country", country: "KZ", rank } })),
    });
    expect(rowHeading(row(1, 3, 10) as unknown as Row)).toBe("Top 10 in Kazakhstan");
    expect(rowHeading(row(1, 3, 11) as unknown as Row)).toBe("Popular in Kazakhstan");
  });

  test("the rest of a started film is told in minutes: 90 min less 60 min is 30 min", () => {
    const started = (positionSeconds: number, durationSeconds: number | null): Reason => ({
      kind: "continue_watching",
      positionSeconds,
      durationSeconds,
    });
    expect(reasonWords(started(3_600, 5_400), unknown)).toBe("30 min left");
    expect(watchedPercent(started(3_600, 5_400))).toBe(67);
    expect(reasonWords(started(3_600, null), unknown)).toBe("You left off here");
    expect(watchedPercent(started(3_600, null))).toBeNull();
    expect(watchedPercent(started(10, 0))).toBeNull();
  });

  test("a card's badge says what presses most: leaving within 14 days, then a cut, then its plans, then that it is a series", () => {
    const now = Date.parse("2026-11-23T12:00:00.000Z");
    const badge = (extra: object) => badgeOf({ titleId: "t", name: "T", genres: [], ...extra } as never, now);
    const cut = { cutMinutes: 12, kind: "series" };
    expect(badge({ leavesAt: "2026-12-07T11:59:00.000Z", ...cut })).toBe("Leaves Dec 7");
    expect(badge({ leavesAt: "2026-12-07T12:00:00.000Z", ...cut })).toBe("Cut by 12 min");
    expect(badge({ kind: "series", plans: ["premium"] })).toBe("Premium");
    expect(badge({ plans: ["standard", "premium"] })).toBe("Standard+");
    expect(badge({ kind: "series" })).toBe("Series");
    expect(badge({})).toBeNull();
  });

  test("a card repeats no reason that its row's heading gives; elsewhere the same reason is news", () => {
    const growing: Reason = { kind: "trending_in_country", country: "BY", rank: 1, growth: 2 };
    const pinned: Reason = { kind: "pinned", ruleId: "festival" };
    expect([saysMore(growing, "trending"), saysMore(growing, "top_picks"), saysMore(growing, undefined)]).toEqual([
      false,
      true,
      true,
    ]);
    expect(saysMore(pinned, "new")).toBe(true);
    expect(reasonWords(pinned, unknown)).toBe("The editors' choice");
    expect(saysMore({ kind: "genre", genre: "Drama" }, undefined)).toBe(false);
  });

  test("a genre's row is named in the viewer's language where a title of it says how", () => {
    const row = (genreNames?: string[]) => ({
      kind: "genre",
      reason: { kind: "genre", genre: "Drama" },
      heading: "Drama",
      items: [{ title: { genres: ["War", "Drama"], genreNames } }],
    });
    expect(rowHeading(row(["Военный", "Драма"]) as unknown as Row)).toBe("Драма");
    expect(rowHeading(row() as unknown as Row)).toBe("Drama");
  });
});
