import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DecisionRecord } from "@thewatcher/contracts/decisions";
import { decisions } from "@thewatcher/contracts/topics/decisions";
import { createSimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { pack } from "@thewatcher/kit/packed";
import { uuid7 } from "@thewatcher/kit/uuid";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAggregate } from "./definitions.ts";
import { measureServedParity } from "./measure-parity.ts";
import { RANKING_FEATURES } from "./ranking-features.ts";
import type { FeatureEvent } from "./signs.ts";
import { askOracle } from "./testing/oracle.ts";
import { insertStream } from "./testing/streams.ts";

const HOUR_MS = 3_600_000;
/** What is older than 30 days would be forgotten while the test looks. */
const AT = systemClock.now() - HOUR_MS;
const TITLES = ["film-0", "film-1", "film-2"];
const NAMES = ["titleViewers7d", "titleViewersInCountry7d", "titleMeanStars", "profilePlayed7d", "blendedScore"];
let folder: string;
let warehouse: Warehouse;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-served-parity-"));
  warehouse = await openChdbWarehouse({ path: folder, clock: systemClock });
  await warehouse.migrate();
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true, force: true });
});

const events: readonly FeatureEvent[] = Array.from({ length: 60 }, (_, i) => ({
  type: i % 3 === 0 ? "rate" : "play_start",
  eventId: `019ab000-0000-7000-8000-${i.toString(16).padStart(12, "0")}`,
  profileId: `p-${1_000 + (i % 7)}`,
  titleId: TITLES[i % 2]!,
  country: i % 5 === 0 ? "RU" : "BY",
  occurredAt: AT - (60 - i) * HOUR_MS,
  knownAt: AT - (60 - i) * HOUR_MS,
  timeQuality: "observed",
  stars: 1 + (i % 5),
  watchedSeconds: 0,
  durationSeconds: 0,
}));

/** A page of three titles with the features that the oracle gives them, as known `knownMs` before, changed by `wrong`. */
function decisionOf(
  at: number,
  options: { knownMs?: number; wrong?: number; degradations?: DecisionRecord["degradations"] },
) {
  const profileId = "p-1001";
  const { country } = decisions.example;
  const columns = NAMES.map((name) => {
    const feature = RANKING_FEATURES.filter(isAggregate).find((other) => other.name === name);
    const values = TITLES.map((titleId) =>
      feature ? askOracle(feature, { titleId, profileId, country, at: at - (options.knownMs ?? 0) }, events) : 7,
    );
    return pack(Float32Array.from(values, (value) => value + (options.wrong ?? 0)));
  });
  const [row] = decisions.example.rows;
  return DecisionRecord.parse({
    ...decisions.example,
    decisionId: uuid7(at),
    profileId,
    occurredAt: new Date(at).toISOString(),
    titleIds: TITLES,
    numbers: pack(Float64Array.of(0.5, 0.25)),
    candidates: {
      titles: pack(Int32Array.of(0, 1, 2)),
      sources: pack(Uint32Array.of(1, 1, 1)),
      sourceScores: null,
      scores: "$n1:AAAA",
    },
    features: { names: NAMES, candidates: pack(Int32Array.of(0, 1, 2)), columns },
    rows: [{ ...row!, slots: { titles: "$i0:3", scores: "$n1:AAAA", sources: "$i1:AAAA", reasons: "$i1:AAAA" } }],
    degradations: options.degradations ?? [],
  });
}

let offset = 0;
async function log(record: DecisionRecord): Promise<void> {
  const value = Buffer.from(JSON.stringify(record));
  const batch = { topic: "decisions", partition: 0, records: [{ offset: offset++, key: "p-1001", value }] };
  expect(await warehouse.insertDecisions(batch)).toEqual({ inserted: 1, undecodable: [] });
}
const clock = createSimulatedClock(AT + HOUR_MS);
const look = async () => {
  const report = await measureServedParity({ warehouse, clock }, { sinceMs: 24 * HOUR_MS });
  if (report.kind !== "measured") return report;
  return report.features
    .filter(({ compared }) => compared > 0)
    .map(({ name, compared, mismatched }) => [name, compared, mismatched]);
};

test("what was logged with decisions is held against the rows as of then", async () => {
  expect(await look()).toEqual({ kind: "undecidable", reason: "no decision was logged with features" });
  await insertStream(warehouse, events);
  await log(decisionOf(AT, {}));
  // An event of this very moment was still on its way.
  await log(decisionOf(events[50]!.occurredAt + 900, { knownMs: 1_000 }));
  expect(await look()).toEqual([
    ["titleViewers7d", 6, 0],
    ["titleViewersInCountry7d", 6, 0],
    ["titleMeanStars", 6, 0],
    ["profilePlayed7d", 6, 0],
  ]);

  // A page that said what it was without, and one that served something else.
  const degradations = [{ part: "title_features", cause: "stale", detail: "" }];
  await log(decisionOf(AT - HOUR_MS, { wrong: 3, degradations }));
  await log(decisionOf(AT - 2 * HOUR_MS, { wrong: 3 }));
  expect(await look()).toEqual([
    ["titleViewers7d", 9, 3],
    ["titleViewersInCountry7d", 9, 3],
    ["titleMeanStars", 9, 3],
    ["profilePlayed7d", 9, 3],
  ]);
}, 120_000);
