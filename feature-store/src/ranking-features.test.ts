import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Aggregate, featureValue, isAggregate, planFeatures, type RankingFeature } from "./definitions.ts";
import { profileFeatureValues } from "./profile-features.ts";
import { PROFILE_FEATURES, RANKING_FEATURES, TITLE_FEATURES, TITLE_PLAN } from "./ranking-features.ts";

const DAY_MS = 86_400_000;
const PAGE = fileURLToPath(new URL("../../docs/features.md", import.meta.url));

const aggregateText = (aggregate: Aggregate): string => {
  switch (aggregate.kind) {
    case "distinct":
      return `distinct, ${aggregate.of}${aggregate.atMost === undefined ? "" : `, at most ${aggregate.atMost}`}`;
    case "share":
      return `share, ${aggregate.of} among ${aggregate.among}; prior ${aggregate.prior.share} × ${aggregate.prior.strength}`;
    case "mean":
      return `mean, ${aggregate.of}; prior ${aggregate.prior.mean} × ${aggregate.prior.strength}`;
    default:
      return `${aggregate.kind.replace("_", " ")}, ${aggregate.of}`;
  }
};
const windowText = (feature: RankingFeature): string => {
  if (feature.window === "now") return "now";
  const of = feature.window === "all" ? "all" : `${feature.window} d`;
  return isAggregate(feature) && feature.dimension ? `${of}, by ${feature.dimension}` : of;
};
const freshText = ({ freshnessMs }: RankingFeature) =>
  freshnessMs === 0 ? "the request" : `${freshnessMs / 60_000} min`;

function tableOf(features: readonly RankingFeature[]): string {
  const rows = features.map((feature) => {
    const computed = isAggregate(feature) ? aggregateText(feature.aggregate) : "a function at serving";
    const cells = [
      `\`${feature.name}\``,
      feature.entity,
      windowText(feature),
      computed,
      feature.source.join(", "),
      feature.owner,
      freshText(feature),
      feature.describe,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const head = ["feature", "of", "window", "computed", "from", "owner", "stale after", "what it says"];
  return [`| ${head.join(" | ")} |`, `|${" --- |".repeat(head.length)}`, ...rows].join("\n");
}

test("the page has the registry's features, each once and as declared (-u writes it)", async () => {
  const page = readFileSync(PAGE, "utf8");
  const table = `<!-- features: begin -->\n${tableOf(RANKING_FEATURES)}\n<!-- features: end -->`;
  const own = page.replace(/<!-- features: begin -->[\s\S]*<!-- features: end -->/, () => table);
  await expect(own).toMatchFileSnapshot(PAGE);
});

test("names are unique identifiers, and each feature says who answers for it and what it is", () => {
  const names = RANKING_FEATURES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, owner, describe, source, freshnessMs } of RANKING_FEATURES) {
    expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/);
    expect([name, owner === "", source.length === 0, freshnessMs < 0]).toEqual([name, false, false, false]);
    expect(describe, name).toMatch(/^[A-Z0-9].*\.$/);
  }
});

test("a new cinema's features are their priors: nothing is known of anybody", () => {
  const at = Date.parse("2026-10-01T00:00:00Z");
  const values = Object.fromEntries(
    [...TITLE_FEATURES, ...PROFILE_FEATURES].map((feature) => [feature.name, featureValue(feature, [], at)]),
  );
  expect(values).toMatchObject({
    titleViewers7d: 0,
    // (0 + 50 · 0.05) / (0 + 50), (0 + 10 · 3.5) / (0 + 10)
    titleClickShare28d: 0.05,
    titleMeanStars: 3.5,
    titleDaysSincePlay28d: 28,
    profileDaysSincePlay28d: 28,
  });
  expect([...profileFeatureValues(undefined, at)]).toEqual(
    PROFILE_FEATURES.map(({ name }) => Math.fround(values[name]!)),
  );
});

test("values, with the arithmetic spelled out", () => {
  const at = Date.parse("2026-10-08T12:30:00Z");
  const one = (name: string) => TITLE_FEATURES.find((feature) => feature.name === name)!;
  // 30 clicked of 400 that were shown it; the prior is 5 of 100, with the weight of 50.
  expect(featureValue(one("titleClickShare28d"), [30, 400], at)).toBe((30 + 50 * 0.05) / (400 + 50));
  // Ratings 5, 4 and 5: sum 14.
  expect(featureValue(one("titleMeanStars"), [14, 3], at)).toBe((14 + 10 * 3.5) / (3 + 10));
  // Played at 09:59 two days before: 51 clock hours.
  expect(featureValue(one("titleDaysSincePlay28d"), [at - 2 * DAY_MS - 9_060_000], at)).toBe(51 / 24);
});

test("features that ask for the same registers share them: one query, one table", () => {
  const played = TITLE_PLAN.groups.filter(({ sign, key }) => sign === "played" && key === "title");
  expect(played).toHaveLength(1);
  expect(played[0]!.components).toEqual([
    { measure: "members", window: 1 },
    { measure: "members", window: 7 },
    { measure: "members", window: 28 },
    { measure: "last", window: 28 },
  ]);
});

test("days since something that can be undone are refused: a maximum can't be taken back", () => {
  const feature = TITLE_FEATURES.find(({ name }) => name === "titleDaysSincePlay28d")!;
  expect(() => planFeatures([{ ...feature, aggregate: { kind: "days_since", of: "rated" } }])).toThrow("days since");
  expect(() => planFeatures([{ ...feature, window: "all" }])).toThrow("days since");
});
