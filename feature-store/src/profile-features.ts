/**
 * Features of a profile out of its live state: the state holds the registers already (contracts/src/profile-state.ts), so
 * this is the declarations' arithmetic over them. The warehouse says the same of the same events (feature-sql.ts), but for
 * two things. The state keeps the 300 titles that were touched last: of more in a window, those. And it takes a sign of
 * a clock that runs ahead at once, where the warehouse waits up to five minutes for `occurredAt`.
 */
import type { ProfileState, TitleState } from "@thewatcher/contracts/profile-state";
import { assert } from "@thewatcher/kit/assert";
import { featureValue, HOUR_MS, hourOf, type SignName } from "./definitions.ts";
import { PROFILE_PLAN } from "./ranking-features.ts";

interface Standing {
  readonly at: number;
  readonly value: number;
}
const since = (at: number | undefined): Standing | undefined => (at === undefined ? undefined : { at, value: 1 });
const switched = (register: { readonly at: number; readonly on: boolean } | undefined): Standing | undefined =>
  register && { at: register.at, value: register.on ? 1 : 0 };

/** Signs that a live state remembers. */
const REGISTERS: { readonly [Name in SignName]?: (title: TitleState) => Standing | undefined } = {
  clicked: ({ clickedAt }) => since(clickedAt),
  played: ({ playedAt }) => since(playedAt),
  rated: ({ rated }) => rated && { at: rated.at, value: rated.stars ?? 0 },
  watchlisted: ({ watchlisted }) => switched(watchlisted),
  notInterested: ({ notInterested }) => switched(notInterested),
};

const { groups, features, places } = PROFILE_PLAN;
const readers = groups.map(({ sign, member, id }) => {
  const read = REGISTERS[sign];
  assert(read && member === "counterpart", "a feature of a profile asks for what a live state remembers", () => id);
  return read;
});
const windowBegin = (window: number | "all", at: number): number =>
  window === "all" ? Number.NEGATIVE_INFINITY : (hourOf(at) - 24 * window + 1) * HOUR_MS;

export const PROFILE_FEATURE_NAMES: readonly string[] = features.map(({ name }) => name);

/** In the order of PROFILE_FEATURE_NAMES; undefined: a profile without a past. */
export function profileFeatureValues(state: Pick<ProfileState, "titles"> | undefined, at: number): Float32Array {
  const begins = groups.map(({ components }) => components.map(({ window }) => windowBegin(window, at)));
  const earliest = Math.min(...begins.flat());
  const sums = groups.map(({ components }) => components.map(() => 0));
  for (const title of state?.titles ?? []) {
    // The newest first.
    if (title.touchedAt < earliest) break;
    for (let g = 0; g < groups.length; g++) {
      const register = readers[g]!(title);
      if (!register || register.value === 0) continue;
      const { components } = groups[g]!;
      for (let c = 0; c < components.length; c++) {
        if (register.at < begins[g]![c]!) continue;
        const { measure } = components[c]!;
        const sum = sums[g]!;
        if (measure === "last") sum[c] = Math.max(sum[c]!, register.at);
        else if (!(title.forgotten?.on && register.at <= title.forgotten.at))
          sum[c] = sum[c]! + (measure === "values" ? register.value : 1);
      }
    }
  }
  return Float32Array.from(features, (feature, f) =>
    featureValue(
      feature,
      places[f]!.map(({ group, component }) => sums[group]![component]!),
      at,
    ),
  );
}
