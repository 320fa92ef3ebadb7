/** What every recommendation store refuses, in the same words. A refusal here is a bug of the caller. */
import { assert } from "@thewatcher/kit/assert";
import { LIST_ITEMS_MAX, PROFILES_PER_CALL_MAX, type RecommendationListEntry, type StatePosition } from "./port.ts";

export function checkProfileCount(call: string, count: number): void {
  assert(
    count <= PROFILES_PER_CALL_MAX,
    `recommendation store: ${call} takes at most ${PROFILES_PER_CALL_MAX} profiles a call, got ${count}`,
  );
}

export function checkPosition({ partition, nextOffset }: StatePosition): void {
  assert(Number.isSafeInteger(partition) && partition >= 0, `recommendation store: no partition ${partition}`);
  assert(Number.isSafeInteger(nextOffset) && nextOffset >= 0, `recommendation store: no offset ${nextOffset}`);
}

export function checkLists(lists: readonly RecommendationListEntry[]): void {
  checkProfileCount("putLists", lists.length);
  for (const list of lists) checkList(list);
}

function checkList({ profileId, titleIds, scores }: RecommendationListEntry): void {
  const where = `recommendation store: the list of ${profileId}`;
  assert(
    titleIds.length <= LIST_ITEMS_MAX,
    `${where} has ${titleIds.length} items; at most ${LIST_ITEMS_MAX} are kept`,
  );
  assert(titleIds.length === scores.length, `${where} has ${titleIds.length} titles and ${scores.length} scores`);
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    // A message is made only where it is needed: a publication checks a million scores.
    if (!Number.isFinite(score)) assert(false, `${where} has the score ${score} at ${i}; a finite number is accepted`);
    if (i > 0 && score > scores[i - 1]!) {
      assert(false, `${where} has a score that rises at ${i}: best first is accepted`);
    }
  }
}

export function unknownGeneration(generation: string): Error {
  return new Error(`recommendation store: generation ${generation} doesn't exist`);
}

export function existingGeneration(generation: string): Error {
  return new Error(`recommendation store: generation ${generation} exists already`);
}

export function activeGeneration(generation: string, refused: string): Error {
  return new Error(`recommendation store: generation ${generation} is the active one and can't be ${refused}`);
}
