import type { ProfileId } from "@thewatcher/contracts/ids";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import type { ServedProfile } from "@thewatcher/serving-api/request";
import { describe, expect, test } from "vitest";
import { createProfileDirectory } from "./profile-directory.ts";

const ids = (...names: string[]): ProfileId[] => names as ProfileId[];
const [anna, boris, nobody] = ids("p-anna", "p-boris", "p-nobody") as [ProfileId, ProfileId, ProfileId];

function setup() {
  const clock = createSimulatedClock(1_000_000);
  const table = new Map<ProfileId, ServedProfile>([
    [anna, { country: "BY", ageMark: null }],
    [boris, { country: "DE", ageMark: 12 }],
  ]);
  const queries: (readonly ProfileId[])[] = [];
  const state = { isAway: false, isHanging: false };
  const { find, preload, changed } = createProfileDirectory({
    clock,
    async readSome(countMax) {
      if (state.isAway) throw new Error("away");
      return new Map([...table].slice(0, countMax));
    },
    async read(profileIds) {
      queries.push(profileIds);
      if (state.isHanging) await new Promise(() => undefined);
      if (state.isAway) throw new Error("away");
      return new Map([...table].filter(([profileId]) => profileIds.includes(profileId)));
    },
  });
  return { clock, table, queries, state, profileOf: find, preload, changed };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the profile directory", () => {
  test("reads those who are asked for together by one query, each once", async () => {
    const { queries, profileOf } = setup();
    const answers = await Promise.all([anna, boris, anna, nobody].map(profileOf));
    expect(answers).toEqual([
      { country: "BY", ageMark: null },
      { country: "DE", ageMark: 12 },
      { country: "BY", ageMark: null },
      undefined,
    ]);
    expect(queries).toEqual([[anna, boris, nobody]]);
  });

  test("answers from memory for half a minute", async () => {
    const { clock, queries, profileOf } = setup();
    await profileOf(anna);
    await clock.advance(29_999);
    await profileOf(anna);
    expect(queries).toHaveLength(1);
  });

  test("what a profile just said of itself is not answered from memory, nor from a reading that was under way", async () => {
    const { table, state, profileOf, changed } = setup();
    await profileOf(anna);
    table.set(anna, { country: "BY", ageMark: null, profiling: false });
    changed(anna);
    expect(await profileOf(anna)).toMatchObject({ profiling: false });
    changed(anna);
    const before = profileOf(anna);
    table.set(anna, { country: "BY", ageMark: null, profiling: true });
    changed(anna);
    await before;
    expect(await profileOf(anna)).toMatchObject({ profiling: true });
    expect(state.isAway).toBe(false);
  });

  test("from half a minute on answers at once and reads again behind it", async () => {
    const { clock, table, queries, profileOf } = setup();
    await profileOf(anna);
    table.set(anna, { country: "BY", ageMark: 6 });
    await clock.advance(30_000);
    expect(await profileOf(anna)).toEqual({ country: "BY", ageMark: null });
    await turn();
    await turn();
    expect(queries).toHaveLength(2);
    expect(await profileOf(anna)).toEqual({ country: "BY", ageMark: 6 });
  });

  test("a minute old, an answer is not given any more: a change shows within a minute", async () => {
    const { clock, table, profileOf } = setup();
    await profileOf(anna);
    table.set(anna, { country: "BY", ageMark: 6 });
    await clock.advance(60_000);
    expect(await profileOf(anna)).toEqual({ country: "BY", ageMark: 6 });
    table.delete(anna);
    await clock.advance(60_000);
    expect(await profileOf(anna)).toBeUndefined();
  });

  test("a database that is late: what is remembered, after 50 ms", async () => {
    const { clock, state, profileOf } = setup();
    await profileOf(anna);
    await clock.advance(60_000);
    state.isHanging = true;
    const answer = profileOf(anna);
    await clock.advance(50);
    expect(await answer).toEqual({ country: "BY", ageMark: null });
  });

  test("those read ahead are answered without a query, and a database that is away then is no failure", async () => {
    const { queries, state, profileOf, preload } = setup();
    await preload();
    expect(await profileOf(anna)).toEqual({ country: "BY", ageMark: null });
    expect(queries).toEqual([]);
    state.isAway = true;
    await preload();
    expect(await profileOf(boris)).toEqual({ country: "DE", ageMark: 12 });
  });

  test("remembers nobody who is not there", async () => {
    const { table, profileOf } = setup();
    expect(await profileOf(nobody)).toBeUndefined();
    table.set(nobody, { country: "LT", ageMark: null });
    expect(await profileOf(nobody)).toEqual({ country: "LT", ageMark: null });
  });

  test("a database that is away fails the question, not what is remembered, and is asked again", async () => {
    const { clock, state, profileOf } = setup();
    await profileOf(anna);
    state.isAway = true;
    await expect(profileOf(boris)).rejects.toThrow("away");
    await clock.advance(45_000);
    expect(await profileOf(anna)).toEqual({ country: "BY", ageMark: null });
    await turn();
    await turn();
    expect(await profileOf(anna)).toEqual({ country: "BY", ageMark: null });
    await clock.advance(45_000);
    expect(await profileOf(anna)).toEqual({ country: "BY", ageMark: null });
    state.isAway = false;
    expect(await profileOf(boris)).toEqual({ country: "DE", ageMark: 12 });
  });
});
