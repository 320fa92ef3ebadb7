import { listRow } from "@thewatcher/engine/model";
import { joinShards } from "@thewatcher/engine/shards";
import { createRng } from "@thewatcher/kit/rng";
import { expect, test } from "vitest";
import { type EngineJob, runEngineJob } from "./engine-job.ts";

const USERS = 60;
const ITEMS = 40;

/** Two tastes: even users watch even titles, odd users odd ones, and a tenth of anything. */
function job(overrides: Partial<EngineJob> = {}): EngineJob {
  const rng = createRng(3);
  const rows: { user: number; item: number }[] = [];
  for (let user = 0; user < USERS; user++) {
    for (let item = 0; item < ITEMS; item++) {
      if (rng.next() < (item % 2 === user % 2 ? 0.5 : 0.05)) rows.push({ user, item });
    }
  }
  return {
    model: "ease",
    parameters: {},
    seed: 1,
    evaluate: false,
    choose: true,
    userCount: USERS,
    itemCount: ITEMS,
    userIndices: Uint32Array.from(rows, ({ user }) => user),
    itemIndices: Uint32Array.from(rows, ({ item }) => item),
    weights: new Float32Array(rows.length).fill(1),
    occurredAt: Float64Array.from(rows, (_, index) => index * 1_000),
    timeQuality: "observed",
    countries: Array.from({ length: USERS }, (_, user) => (user % 3 === 0 ? "BY" : "")),
    hiddenUsers: Uint32Array.of(0, 1),
    hiddenItems: Uint32Array.of(2, 3),
    ...overrides,
  };
}
const control = { monotonicMs: () => 0 };

test("the lists of all shards together are those of one run, bit for bit", async () => {
  const whole = await runEngineJob(job(), control);
  for (const count of [2, 7]) {
    const parts = [];
    for (let index = 0; index < count; index++)
      parts.push((await runEngineJob(job({ shard: { index, count } }), control)).lists);
    expect(joinShards(parts)).toEqual(whole.lists);
  }
});

test("nobody gets what they refused, or what they watched", async () => {
  const given = job();
  const { lists } = await runEngineJob(given, control);
  const pairs = new Set(Array.from(given.userIndices, (user, row) => `${user}/${given.itemIndices[row]}`));
  for (const [user, item] of [
    [0, 2],
    [1, 3],
  ]) {
    pairs.add(`${user}/${item}`);
  }
  for (let user = 0; user < USERS; user++) {
    const row = listRow(lists, user);
    expect(row.length).toBeGreaterThan(0);
    for (const { itemIndex } of row) expect(pairs.has(`${user}/${itemIndex}`)).toBe(false);
  }
});

test("what the caller set is not chosen again, and an evaluation stands beside Popular and Random", async () => {
  const parameters = { halfLifeInteractions: 11 };
  const outcome = await runEngineJob(job({ parameters, evaluate: true }), control);
  expect(outcome.parameters.halfLifeInteractions).toBe(11);
  expect(outcome.halfLifeInteractions).toBe(11);
  expect(outcome.evaluation?.popular.name).toBe("popularity");
  expect(outcome.evaluation?.random.name).toBe("random");
  expect(outcome.popularity.map(({ country }) => country).sort()).toEqual(["*", "BY"]);
});

test("titles have vectors, and profiles of two tastes fall into two segments, each with its own popular titles", async () => {
  // 120 profiles: 50 a segment are needed.
  const doubled = job();
  const twice = <Column extends Uint32Array | Float32Array | Float64Array>(column: Column, add: number): Column => {
    const out = column.slice() as Column;
    for (let row = 0; row < out.length; row++) out[row]! += add;
    return out;
  };
  const { vectors, segments, popularity } = await runEngineJob(
    {
      ...doubled,
      userCount: 2 * USERS,
      userIndices: Uint32Array.of(...doubled.userIndices, ...twice(doubled.userIndices, USERS)),
      itemIndices: Uint32Array.of(...doubled.itemIndices, ...doubled.itemIndices),
      weights: new Float32Array(2 * doubled.weights.length).fill(1),
      occurredAt: Float64Array.of(...doubled.occurredAt, ...doubled.occurredAt),
      countries: Array.from({ length: 2 * USERS }, () => "BY"),
    },
    control,
  );
  expect(vectors.values).toHaveLength(ITEMS * vectors.dimension);
  expect(segments?.popularity).toHaveLength(2);
  const parities = segments?.popularity.map(
    ({ itemIndices }) => new Set([...itemIndices.subarray(0, 10)].map((item) => item % 2)),
  );
  expect(parities).toEqual(expect.arrayContaining([new Set([0]), new Set([1])]));
  // Everybody's holds both.
  expect(new Set([...(popularity[0]?.itemIndices.subarray(0, 10) ?? [])].map((item) => item % 2)).size).toBe(2);
  expect((await runEngineJob(job(), control)).segments).toBeUndefined();
});
