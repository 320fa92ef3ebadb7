/** What every recommendation store promises, as tests: run by each adapter's test file, embedded or real. */
import type { Generation, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { PROFILE_STATE_TITLES_MAX, type ProfileState, type TitleState } from "@thewatcher/contracts/profile-state";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  LIST_ITEMS_MAX,
  PROFILES_PER_CALL_MAX,
  type RecommendationListEntry,
  type RecommendationStore,
  type StatePosition,
} from "./port.ts";

export interface RecommendationsHarness {
  readonly port: RecommendationStore;
  /** Closes the port and opens what it left again. Absent where closing means nothing to what is stored. */
  readonly reopen?: () => Promise<RecommendationStore>;
  readonly dispose: () => Promise<void>;
}

const generation = (n: number) => `g${String(1_700_000_000_000 + n)}-${n.toString(16).padStart(4, "0")}` as Generation;
const profile = (n: number | string) => `ml:${n}` as ProfileId;
const title = (n: number | string) => `film:${n}` as TitleId;

/** A list whose titles tell `mark`. */
function list(profileId: ProfileId, mark: number, count = 5): RecommendationListEntry {
  return {
    profileId,
    titleIds: Array.from({ length: count }, (_, i) => title(`${mark}-${i}`)),
    scores: Float32Array.from({ length: count }, (_, i) => 1 - i / 1_000),
  };
}

const titleState: fc.Arbitrary<TitleState> = fc.record(
  {
    titleId: fc.integer({ min: 0, max: 1e6 }).map(title),
    touchedAt: fc.integer({ min: 0, max: 4e12 }),
    clickedAt: fc.integer({ min: 0, max: 4e12 }),
    playedAt: fc.integer({ min: 0, max: 4e12 }),
    watchedSeconds: fc.double({ min: 0, max: 1e5, noNaN: true }).map(Math.abs),
    positionSeconds: fc.integer({ min: 0, max: 1e5 }),
    durationSeconds: fc.integer({ min: 0, max: 1e5 }),
    partId: fc.string({ unit: "grapheme", maxLength: 20 }),
    rated: fc.record({ at: fc.integer({ min: 0 }), stars: fc.option(fc.integer({ min: 1, max: 5 })) }),
    watchlisted: fc.record({ at: fc.integer({ min: 0 }), on: fc.boolean() }),
    continueHidden: fc.record({ at: fc.integer({ min: 0 }), on: fc.boolean() }),
    forgotten: fc.record({ at: fc.integer({ min: 0 }), on: fc.boolean() }),
    notInterested: fc.record({ at: fc.integer({ min: 0 }), on: fc.boolean() }),
    watched: fc.record({ at: fc.integer({ min: 0 }), on: fc.boolean() }),
  },
  { requiredKeys: ["titleId", "touchedAt"], noNullPrototype: true },
);

export function recommendationsContract(adapter: { open(): Promise<RecommendationsHarness> }): void {
  let harness: RecommendationsHarness;
  let store: RecommendationStore;

  beforeEach(async () => {
    harness = await adapter.open();
    store = harness.port;
  });
  afterEach(async () => {
    await harness.dispose();
  });

  describe("generations", () => {
    test("a fresh store has none: no active one, no lists, no error", async () => {
      expect(await store.generations()).toEqual([]);
      expect(await store.active()).toBeUndefined();
      expect(await store.getLists([profile(1), profile(2)])).toEqual([undefined, undefined]);
    });

    test("one is written, activated, read, and replaced by the next; the older one comes back by rollback", async () => {
      for (const n of [1, 2]) {
        await store.begin(generation(n), { run: `run ${n}`, "as-of": "вчера" });
        await store.putLists(generation(n), [list(profile(1), n), list(profile(2), n)]);
        expect((await store.getLists([profile(1)]))[0]?.generation).toBe(n === 1 ? undefined : generation(1));
        expect(await store.activate(generation(n))).toBe(n === 1 ? undefined : generation(1));
        expect(await store.getLists([profile(2), profile(1)])).toEqual([
          { ...list(profile(2), n), generation: generation(n) },
          { ...list(profile(1), n), generation: generation(n) },
        ]);
      }
      expect(await store.generations()).toEqual([
        { generation: generation(2), listCount: 2, active: true, note: { run: "run 2", "as-of": "вчера" } },
        { generation: generation(1), listCount: 2, active: false, note: { run: "run 1", "as-of": "вчера" } },
      ]);
      expect(await store.activate(generation(1))).toBe(generation(2));
      expect((await store.getLists([profile(1)]))[0]?.generation).toBe(generation(1));
    });

    test("newest first, whatever the order they were begun in", async () => {
      for (const n of [20, 3, 100]) await store.begin(generation(n), {});
      expect((await store.generations()).map((g) => g.generation)).toEqual([100, 20, 3].map(generation));
    });

    test("beginning one that exists, writing or activating or reading one that doesn't, is an error that names it", async () => {
      await store.begin(generation(1), {});
      await expect(store.begin(generation(1), {})).rejects.toThrow(`${generation(1)} exists already`);
      const unknown = `${generation(9)} doesn't exist`;
      await expect(store.putLists(generation(9), [])).rejects.toThrow(unknown);
      await expect(store.activate(generation(9))).rejects.toThrow(unknown);
      await expect(store.drop(generation(9))).rejects.toThrow(unknown);
      await expect(store.getLists([profile(1)], generation(9))).rejects.toThrow(unknown);
      expect(await store.active()).toBeUndefined();
    });

    test("the active one is neither written nor dropped", async () => {
      await store.begin(generation(1), {});
      await store.putLists(generation(1), [list(profile(1), 1)]);
      await store.activate(generation(1));
      await expect(store.putLists(generation(1), [list(profile(1), 2)])).rejects.toThrow(/is the active one/);
      await expect(store.drop(generation(1))).rejects.toThrow(/is the active one/);
      expect(await store.getLists([profile(1)])).toEqual([{ ...list(profile(1), 1), generation: generation(1) }]);
    });

    test("a dropped one is gone with its lists, its neighbours stay, and its name can be begun anew", async () => {
      for (const n of [1, 2, 3]) {
        await store.begin(generation(n), {});
        for (let part = 0; part < 3; part++) {
          await store.putLists(
            generation(n),
            Array.from({ length: 1_500 }, (_, i) => list(profile(part * 1_500 + i), n, 1)),
          );
        }
      }
      await store.activate(generation(1));
      await store.drop(generation(2));
      expect((await store.generations()).map((g) => [g.generation, g.listCount])).toEqual([
        [generation(3), 4_500],
        [generation(1), 4_500],
      ]);
      await expect(store.getLists([profile(1)], generation(2))).rejects.toThrow(/doesn't exist/);
      for (const n of [1, 3]) {
        expect((await store.getLists([profile(4_499)], generation(n)))[0]?.titleIds).toEqual([title(`${n}-0`)]);
      }
      await store.begin(generation(2), {});
      expect(await store.getLists([profile(1)], generation(2))).toEqual([undefined]);
    });
  });

  describe("lists", () => {
    beforeEach(async () => {
      await store.begin(generation(1), {});
    });

    test("come in the order asked, undefined where there is none, twice where asked twice", async () => {
      await store.putLists(generation(1), [list(profile("a"), 1), list(profile("b"), 2)]);
      const asked = [profile("b"), profile("none"), profile("a"), profile("b")];
      const found = await store.getLists(asked, generation(1));
      expect(found.map((l) => l?.profileId)).toEqual([profile("b"), undefined, profile("a"), profile("b")]);
      expect(await store.getLists([], generation(1))).toEqual([]);
    });

    test("any list comes back bit for bit", async () => {
      const entry = fc
        .array(
          fc.tuple(
            fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9:._-]{0,63}$/),
            fc.float({ noNaN: true, noDefaultInfinity: true }),
          ),
          {
            maxLength: LIST_ITEMS_MAX,
          },
        )
        .map((items): RecommendationListEntry => {
          const scores = Float32Array.from(items, ([, score]) => score).sort((a, b) => b - a);
          return { profileId: profile("any"), titleIds: items.map(([id]) => id as TitleId), scores };
        });
      await fc.assert(
        fc.asyncProperty(entry, async (any) => {
          await store.putLists(generation(1), [any]);
          const [found] = await store.getLists([any.profileId], generation(1));
          expect(found!.titleIds).toEqual(any.titleIds);
          expect([...found!.scores]).toEqual([...any.scores]);
        }),
        { numRuns: 40 },
      );
    });

    test("the same again changes nothing; another one replaces; each profile counts once", async () => {
      const first = [list(profile(1), 1), list(profile(2), 1)];
      await store.putLists(generation(1), first);
      await store.putLists(generation(1), first);
      await store.putLists(generation(1), [list(profile(2), 7, 1), list(profile(3), 1, 0), list(profile(3), 1, 0)]);
      expect((await store.generations())[0]!.listCount).toBe(3);
      const found = await store.getLists([profile(1), profile(2), profile(3)], generation(1));
      expect(found.map((l) => l?.titleIds)).toEqual([list(profile(1), 1).titleIds, [title("7-0")], []]);
    });

    test("a call with the most profiles and a list with the most items are accepted, one more is refused", async () => {
      const many = Array.from({ length: PROFILES_PER_CALL_MAX }, (_, i) => list(profile(i), 1, 1));
      await store.putLists(generation(1), many);
      const ids = many.map((l) => l.profileId);
      expect((await store.getLists(ids, generation(1))).every((l) => l?.titleIds.length === 1)).toBe(true);
      await expect(store.putLists(generation(1), [...many, list(profile("x"), 1)])).rejects.toThrow(/at most 5000/);
      await expect(store.getLists([...ids, profile("x")], generation(1))).rejects.toThrow(/at most 5000/);
      await expect(store.getStates([...ids, profile("x")])).rejects.toThrow(/at most 5000/);
      await store.putLists(generation(1), [list(profile("long"), 1, LIST_ITEMS_MAX)]);
      await expect(store.putLists(generation(1), [list(profile("long"), 2, LIST_ITEMS_MAX + 1)])).rejects.toThrow(
        /list of ml:long has 501 items; at most 500/,
      );
    });

    test("the largest call there is, 5,000 lists of 500 titles, is written and read whole", async () => {
      const titleIds = Array.from({ length: LIST_ITEMS_MAX }, (_, i) => title(i));
      const scores = Float32Array.from(titleIds, (_, i) => -i);
      const ids = Array.from({ length: PROFILES_PER_CALL_MAX }, (_, i) => profile(i));
      await store.putLists(
        generation(1),
        ids.map((profileId) => ({ profileId, titleIds, scores })),
      );
      expect((await store.generations())[0]!.listCount).toBe(PROFILES_PER_CALL_MAX);
      const found = await store.getLists(ids, generation(1));
      expect(found.every((l, i) => l?.profileId === ids[i] && l?.titleIds.length === LIST_ITEMS_MAX)).toBe(true);
      expect(found.at(-1)).toEqual({ profileId: ids.at(-1), generation: generation(1), titleIds, scores });
    }, 60_000);

    test("ids and notes in any script are kept apart and come back as they were", async () => {
      const ids = ["Ж🎬", "Ж", "ж", "é", "e\u0301", "日本", "a b", "a:b"].map(profile);
      await store.begin(generation(2), { кто: "тренер 🎬", "": "" });
      await store.putLists(
        generation(2),
        ids.map((profileId, i) => list(profileId, i)),
      );
      const found = await store.getLists(ids, generation(2));
      expect(found.map((l) => [l?.profileId, l?.titleIds[0]])).toEqual(ids.map((id, i) => [id, title(`${i}-0`)]));
      const [info] = await store.generations();
      expect(info).toMatchObject({ listCount: ids.length, note: { кто: "тренер 🎬", "": "" } });
      const states = ids.map((profileId) => ({ version: 1 as const, profileId, titles: [] }));
      const updates = states.map((state) => ({ state, replaces: undefined }));
      expect(await store.putStates({ states: updates })).toEqual({ conflicts: [] });
      expect(await store.getStates(ids)).toEqual(states);
    });

    test("scores that rise, aren't numbers, or are more or fewer than the titles are refused, nothing of the call is kept", async () => {
      const good = list(profile(1), 1);
      const bad = (scores: number[]) => [good, { ...list(profile(2), 1, 3), scores: Float32Array.from(scores) }];
      await expect(store.putLists(generation(1), bad([1, 2, 0]))).rejects.toThrow(/ml:2 has a score that rises at 1/);
      await expect(store.putLists(generation(1), bad([1, Number.NaN, 0]))).rejects.toThrow(/score NaN at 1/);
      await expect(store.putLists(generation(1), bad([1, 0]))).rejects.toThrow(/3 titles and 2 scores/);
      await store.putLists(generation(1), []);
      expect(await store.getLists([profile(1), profile(2)], generation(1))).toEqual([undefined, undefined]);
    });

    test("readers during flips get one generation in each answer, and only ever one that is whole", async () => {
      const ids = Array.from({ length: 40 }, (_, i) => profile(i));
      for (const n of [2, 3, 4]) {
        await store.begin(generation(n), {});
        await store.putLists(
          generation(n),
          ids.map((id) => list(id, n)),
        );
      }
      await store.activate(generation(2));
      let flipping = true;
      const flips = (async () => {
        for (let i = 0; i < 120; i++) await store.activate(generation(2 + (i % 3)));
        flipping = false;
      })();
      const seen = new Set<string>();
      const readers = Array.from({ length: 4 }, async () => {
        while (flipping) {
          const answer = await store.getLists(ids);
          const generations = new Set(answer.map((l) => l?.generation));
          expect(generations.size).toBe(1);
          const n = Number.parseInt(answer[0]!.generation.slice(-4), 16);
          for (const [i, found] of answer.entries()) expect(found!.titleIds).toEqual(list(ids[i]!, n).titleIds);
          seen.add(answer[0]!.generation);
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      await Promise.all([flips, ...readers]);
      expect(seen.size).toBe(3);
    });

    test("writers side by side lose nothing of each other", async () => {
      await Promise.all(
        Array.from({ length: 20 }, (_, w) =>
          store.putLists(
            generation(1),
            Array.from({ length: 30 }, (_, i) => list(profile(`${w}-${i}`), w)),
          ),
        ),
      );
      expect((await store.generations())[0]!.listCount).toBe(600);
    });
  });

  describe("profile states", () => {
    const state = (n: number | string, titles: readonly TitleState[] = []): ProfileState => ({
      version: 1,
      profileId: profile(n),
      titles,
    });
    const clicked = [{ titleId: title(1), touchedAt: 5, clickedAt: 5 }];
    const at = (partition: number, nextOffset: number, topic = "events") => ({ topic, partition, nextOffset });
    const revisionOf = async (n: number | string) => (await store.getStateUnless(profile(n), undefined))?.revision;

    /** Over whatever stands. */
    async function put(states: readonly ProfileState[], position?: StatePosition): Promise<void> {
      const before = await store.getRevisedStates(states.map(({ profileId }) => profileId));
      const updates = states.map((each, i) => ({ state: each, replaces: before[i]?.revision }));
      const { conflicts } = await store.putStates({ states: updates, ...(position ? { position } : {}) });
      expect(conflicts).toEqual([]);
    }

    test("one that somebody knows by its revision is kept back until it changes; the same content has the same revision", async () => {
      expect(await store.getStateUnless(profile(1), undefined)).toBeUndefined();
      await put([state(1), state(2)]);
      const first = await store.getStateUnless(profile(1), undefined);
      expect(first).toEqual({ revision: expect.any(String), state: state(1) });
      const { revision } = first!;
      expect(await store.getStateUnless(profile(1), revision)).toEqual({ revision, state: undefined });
      expect((await store.getStateUnless(profile(2), revision))?.state).toEqual(state(2));
      await put([state(1, clicked)]);
      const second = await store.getStateUnless(profile(1), revision);
      expect(second).toEqual({ revision: expect.any(String), state: state(1, clicked) });
      expect(second!.revision).not.toBe(revision);
      await put([state(1)]);
      expect(await store.getStateUnless(profile(1), revision)).toEqual({ revision, state: undefined });
    });

    test("revised ones come with the revision that names them alone, in the order asked", async () => {
      await put([state(1), state(2, clicked)]);
      expect(await store.getRevisedStates([profile(2), profile("none"), profile(1)])).toEqual([
        { revision: await revisionOf(2), state: state(2, clicked) },
        undefined,
        { revision: await revisionOf(1), state: state(1) },
      ]);
      expect(await store.getRevisedStates([])).toEqual([]);
    });

    test("any states come back as they were, in the order asked", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(titleState, { maxLength: PROFILE_STATE_TITLES_MAX }), async (titles) => {
          await put([state("a", titles), state("b")]);
          const found = await store.getStates([profile("b"), profile("none"), profile("a")]);
          expect(found).toEqual([state("b"), undefined, state("a", titles)]);
        }),
        { numRuns: 40 },
      );
    });

    test("one is written only over what it was made from; the others are named, and what stands stays", async () => {
      await put([state(1), state(2)]);
      const [one, two] = await Promise.all([revisionOf(1), revisionOf(2)]);
      await put([state(2, clicked)]);
      const outcome = await store.putStates({
        states: [
          { state: state(1, clicked), replaces: one },
          { state: state(2), replaces: two },
          { state: state(3), replaces: one },
          { state: state(4), replaces: undefined },
          { state: state("4b"), replaces: "no revision at all" },
        ],
      });
      expect(outcome).toEqual({ conflicts: [profile(2), profile(3), profile("4b")] });
      expect(await store.getStates([1, 2, 3, 4].map(profile))).toEqual([
        state(1, clicked),
        state(2, clicked),
        undefined,
        state(4),
      ]);
      const again = await store.putStates({ states: [{ state: state(4, clicked), replaces: undefined }] });
      expect(again).toEqual({ conflicts: [profile(4)] });
      expect(await store.getStates([profile(4)])).toEqual([state(4)]);
    });

    test("a profile twice in one update: the second was not made from the first", async () => {
      const twice = [state(1), state(1, clicked)].map((each) => ({ state: each, replaces: undefined }));
      expect(await store.putStates({ states: twice })).toEqual({ conflicts: [profile(1)] });
      expect(await store.getStates([profile(1)])).toEqual([state(1)]);
    });

    test("writers of one profile side by side: each gets its turn, none is lost", async () => {
      const writers = 8;
      const each = 5;
      let conflicted = 0;
      await Promise.all(
        Array.from({ length: writers }, async (_, writer) => {
          for (let i = 0; i < each; i++) {
            for (let written = false; !written; ) {
              const [before] = await store.getRevisedStates([profile("shared")]);
              const mine = { titleId: title(writer * each + i), touchedAt: 1 };
              const next = state("shared", [...(before?.state.titles ?? []), mine]);
              const { conflicts } = await store.putStates({ states: [{ state: next, replaces: before?.revision }] });
              written = conflicts.length === 0;
              if (!written) conflicted++;
            }
          }
        }),
      );
      const [found] = await store.getStates([profile("shared")]);
      expect(new Set(found!.titles.map(({ titleId }) => titleId)).size).toBe(writers * each);
      expect(found!.titles).toHaveLength(writers * each);
      expect(conflicted).toBeGreaterThan(0);
    });

    test("a position travels with its states, for each partition; 0 or nothing where it never did", async () => {
      expect((await store.statePositions("events")).every((p) => p.nextOffset === 0)).toBe(true);
      await put([state(1)], at(1, 10));
      await put([], at(0, 5));
      await put([], at(0, 99, "events.more"));
      await put([state(1)], at(1, 12));
      await put([state(2)]);
      expect((await store.statePositions("events")).filter((p) => p.nextOffset > 0)).toEqual([
        { partition: 0, nextOffset: 5 },
        { partition: 1, nextOffset: 12 },
      ]);
      expect(await store.getStates([profile(1), profile(2)])).toEqual([state(1), state(2)]);
    });

    test("a position never falls, and stays where a state was in conflict", async () => {
      await put([state(1)], at(2, 10));
      await put([state(2)], at(2, 7));
      expect(await store.statePositions("events")).toContainEqual({ partition: 2, nextOffset: 10 });
      const states = [{ state: state(1, clicked), replaces: undefined }];
      expect((await store.putStates({ states, position: at(2, 20) })).conflicts).toEqual([profile(1)]);
      expect(await store.statePositions("events")).toContainEqual({ partition: 2, nextOffset: 10 });
      await put([state(1, clicked)], at(2, 20));
      expect(await store.statePositions("events")).toContainEqual({ partition: 2, nextOffset: 20 });
    });

    test("an offset beyond 2^32 comes back whole", async () => {
      const nextOffset = 2 ** 52 + 1;
      await put([], at(0, nextOffset));
      expect(await store.statePositions("events")).toContainEqual({ partition: 0, nextOffset });
    });

    test("an update with a position that can't be writes none of its states", async () => {
      const states = [{ state: state(1), replaces: undefined }];
      await expect(store.putStates({ states, position: at(0, -1) })).rejects.toThrow(/no offset -1/);
      expect(await store.getStates([profile(1)])).toEqual([undefined]);
    });

    test("a position waits for every part of an update that is large", async () => {
      // Full states of 2,000 profiles: over 10 MB.
      const titles = Array.from({ length: PROFILE_STATE_TITLES_MAX }, (_, i) => ({ titleId: title(i), touchedAt: i }));
      const many = Array.from({ length: 2_000 }, (_, i) => state(i, titles));
      await put([state(0)]);
      const updates = many.map((each) => ({ state: each, replaces: undefined }));
      const position = at(0, 2_000);
      expect(await store.putStates({ states: updates, position })).toEqual({ conflicts: [profile(0)] });
      expect((await store.statePositions("events")).filter((p) => p.nextOffset > 0)).toEqual([]);
      await put([many[0]!], position);
      expect(await store.getStates(many.map(({ profileId }) => profileId))).toEqual(many);
      expect(await store.statePositions("events")).toContainEqual({ partition: 0, nextOffset: 2_000 });
    }, 60_000);

    test("an empty update is no error, and a call with one profile too many is", async () => {
      expect(await store.putStates({ states: [] })).toEqual({ conflicts: [] });
      const many = Array.from({ length: PROFILES_PER_CALL_MAX + 1 }, (_, i) => ({
        state: state(i),
        replaces: undefined,
      }));
      await expect(store.putStates({ states: many })).rejects.toThrow(/at most 5000/);
      expect(await store.getStates([profile(0)])).toEqual([undefined]);
    });
  });

  test("opened again, has its generations, its active one, lists, states and positions", async () => {
    if (!harness.reopen) return;
    for (const n of [1, 2]) {
      await store.begin(generation(n), { run: "r" });
      await store.putLists(generation(n), [list(profile(1), n)]);
    }
    await store.activate(generation(1));
    const states = [{ version: 1 as const, profileId: profile(1), titles: [{ titleId: title(1), touchedAt: 5 }] }];
    await store.putStates({
      states: states.map((state) => ({ state, replaces: undefined })),
      position: { topic: "events", partition: 3, nextOffset: 7 },
    });
    const before = await store.generations();
    store = await harness.reopen();
    expect(await store.generations()).toEqual(before);
    expect(await store.active()).toBe(generation(1));
    expect(await store.getLists([profile(1)])).toEqual([{ ...list(profile(1), 1), generation: generation(1) }]);
    expect(await store.getStates([profile(1)])).toEqual(states);
    expect(await store.statePositions("events")).toContainEqual({ partition: 3, nextOffset: 7 });
  });

  test("a closed one refuses every call with one clear line", async () => {
    await store.close();
    await store.close();
    await expect(store.getLists([profile(1)])).rejects.toThrow(/is closed/);
    await expect(store.begin(generation(1), {})).rejects.toThrow(/is closed/);
    await expect(store.putStates({ states: [] })).rejects.toThrow(/is closed/);
    await expect(store.describe()).rejects.toThrow(/is closed/);
  });
}
