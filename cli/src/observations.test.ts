import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allTopics } from "@thewatcher/contracts/topics";
import { publishTitleFeatures } from "@thewatcher/feature-store/publish-title-features";
import { systemClock } from "@thewatcher/kit/clock";
import { openLmdbEventLog } from "@thewatcher/stores/event-log/lmdb";
import { openFolderObjects } from "@thewatcher/stores/objects/folder";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import { Registry } from "prom-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createObservations, type ObservationDeps } from "./observations.ts";

let folder: string;
let stores: Pick<ObservationDeps, "warehouse" | "objects" | "eventLog">;
const closing: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-observations-"));
  const warehouse = await openChdbWarehouse({ path: join(folder, "warehouse"), clock: systemClock });
  const objects = await openFolderObjects({ path: join(folder, "objects") });
  const eventLog = await openLmdbEventLog({ path: join(folder, "log"), clock: systemClock });
  closing.push(
    () => warehouse.close(),
    () => objects.close(),
    () => eventLog.close(),
  );
  await warehouse.migrate();
  for (const topic of allTopics) await eventLog.ensureTopic(topic);
  stores = { warehouse, objects, eventLog };
});
afterAll(async () => {
  for (const close of closing) await close();
  await rm(folder, { recursive: true, force: true });
});

const created = () => {
  const registry = new Registry();
  const arrivals = () => [{ titleId: "film-1", addedAt: systemClock.now() - 60 * 3_600_000 }];
  return { registry, ...createObservations(registry, { ...stores, clock: systemClock, arrivals }) };
};

test("a cinema that nobody has visited is looked at without a failure, and says no figure", async () => {
  const { looks, registry } = created();
  for (const { look } of looks) await look();
  const text = await registry.metrics();
  expect(text).toMatch(/^thewatcher_decision_join_ratio nan$/im);
  expect(text).toMatch(/^thewatcher_decision_join_events 0$/m);
  expect(text).toMatch(/^thewatcher_top_ten_overlap_median nan$/im);
  expect(text).toMatch(/^thewatcher_top_ten_coverage_ratio nan$/im);
  expect(text).toMatch(/^thewatcher_top_ten_profiles 0$/m);
  // It arrived before there was a log of decisions: nothing was promised.
  expect(text).toMatch(/^thewatcher_new_titles_below_goal 0$/m);
  expect(text).toMatch(/^thewatcher_feature_table_age_seconds nan$/im);
});

test("with a table published, features are held against the warehouse and have an age", async () => {
  await publishTitleFeatures({ ...stores, clock: systemClock });
  const { looks, registry, looked, failed } = created();
  for (const { name, look } of looks.filter((one) => ["feature_parity", "feature_freshness"].includes(one.name))) {
    await look();
    looked(name, 20);
  }
  failed("join_rate");
  const text = await registry.metrics();
  expect(text).toMatch(/^thewatcher_feature_table_age_seconds \d/m);
  expect(text).toMatch(/^thewatcher_feature_mismatch_ratio\{feature="\w+",road="fold"\} /m);
  expect(text).toMatch(/^thewatcher_observation_seconds\{look="feature_parity"\} 0\.02$/m);
  expect(text).toMatch(/^thewatcher_observation_failures_total\{look="join_rate"\} 1$/m);
});
