/** Features of a profile: the live state that the fold keeps says what the slow oracle says of the same events. */
import type { StoredEvent } from "@thewatcher/contracts/events";
import { profileFeatureValues } from "@thewatcher/feature-store/profile-features";
import { PROFILE_FEATURES } from "@thewatcher/feature-store/ranking-features";
import { askOracle } from "@thewatcher/feature-store/testing/oracle";
import { eventStream, PROFILES, recordOf, STREAM_END } from "@thewatcher/feature-store/testing/streams";
import { foldProfile } from "@thewatcher/ingestion/profile-state";
import fc from "fast-check";
import { expect, test } from "vitest";

test("features out of the live state are the oracle's, at any later time", () => {
  const laterMs = fc.constantFrom(0, 1, 3_600_000, 86_400_000 * 3, 86_400_000 * 27);
  let informative = 0;
  fc.assert(
    fc.property(eventStream({ min: 40, max: 120 }), laterMs, (events, passedMs) => {
      // The state is of now: it knows of no event that is yet to be seen. Nor does it tell times that are made up.
      const at = STREAM_END + passedMs;
      const seen = events.filter(
        ({ occurredAt, knownAt, timeQuality }) => Math.max(occurredAt, knownAt) <= at && timeQuality === "observed",
      );
      for (const profileId of PROFILES) {
        const folding = foldProfile(profileId as never, undefined);
        for (const event of seen) {
          if (event.profileId !== profileId) continue;
          folding.apply(JSON.parse(new TextDecoder().decode(recordOf(event, 0).value)) as StoredEvent);
        }
        const question = { titleId: "", profileId, country: "BY", at };
        const expected = PROFILE_FEATURES.map((feature) => Math.fround(askOracle(feature, question, seen)));
        if (expected[1]! > 0) informative++;
        expect([...profileFeatureValues(folding.state(), at)], profileId).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  );
  expect(informative).toBeGreaterThan(50);
});
