import type { ProfileId } from "@thewatcher/contracts/ids";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { createHistories } from "./histories.ts";
import { emptyHistory, readHistory } from "./history.ts";
import { AS_OF, catalogueOf, gradeForTests, PROFILE, randomState, tablesOf } from "./test-world.ts";
import { createTitleView } from "./title-view.ts";

const rng = createRng(7);
const tables = tablesOf(rng, { titleCount: 40, count: 39, halfLifeInteractions: 10 });
const catalogue = catalogueOf(rng, 40);
const view = createTitleView(catalogue, tables);
const other = "p-2" as ProfileId;

function setup(keptMax?: number) {
  const states = new Map<ProfileId, { readonly revision: string; readonly state: ProfileState }>();
  const known: (string | undefined)[] = [];
  let graded = 0;
  const historyOf = createHistories({
    clock: createSimulatedClock(AS_OF),
    recommendations: {
      async getStateUnless(profileId, knownRevision) {
        known.push(knownRevision);
        const found = states.get(profileId);
        return found?.revision === knownRevision && found ? { ...found, state: undefined } : found;
      },
    },
    grade: (title) => {
      graded++;
      return gradeForTests(title);
    },
    ...(keptMax === undefined ? {} : { keptMax }),
  });
  return { states, known, historyOf, graded: () => graded };
}
const first = randomState(createRng(1), 40, 20);
const second = randomState(createRng(2), 40, 20);

describe("a profile's history", () => {
  test("is read once for a state, and anew as soon as that is another one", async () => {
    const { states, historyOf, graded } = setup();
    states.set(PROFILE, { revision: "a", state: first });
    const history = await historyOf(view, PROFILE);
    expect(history).toMatchObject({ ...readHistory(view, first, gradeForTests), revision: "a" });
    const once = graded();
    expect(await historyOf(view, PROFILE)).toBe(history);
    expect(graded()).toBe(once);
    states.set(PROFILE, { revision: "b", state: second });
    expect(await historyOf(view, PROFILE)).toMatchObject(readHistory(view, second, gradeForTests));
  });

  test("without a state is empty, also when there was one", async () => {
    const { states, historyOf } = setup();
    expect(await historyOf(view, PROFILE)).toBe(emptyHistory);
    states.set(PROFILE, { revision: "a", state: first });
    await historyOf(view, PROFILE);
    states.delete(PROFILE);
    expect(await historyOf(view, PROFILE)).toBe(emptyHistory);
  });

  test("is read anew for another view of the titles", async () => {
    const { states, known, historyOf } = setup();
    states.set(PROFILE, { revision: "a", state: first });
    await historyOf(view, PROFILE);
    const later = createTitleView(catalogue, { ...tables, asOf: tables.asOf + 86_400_000 });
    expect(await historyOf(later, PROFILE)).toMatchObject(readHistory(later, first, gradeForTests));
    expect(known).toEqual([undefined, undefined]);
  });

  test("over the bound the one read first is forgotten", async () => {
    const { states, known, historyOf } = setup(1);
    states.set(PROFILE, { revision: "a", state: first });
    states.set(other, { revision: "b", state: second });
    for (const profileId of [PROFILE, other, other, PROFILE]) await historyOf(view, profileId);
    expect(known).toEqual([undefined, undefined, "b", undefined]);
  });
});
