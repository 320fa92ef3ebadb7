/**
 * A dry run: the pages of a sample of profiles, composed by serving under the published rules and under a document that is
 * not published, and what of them is another. The same reading and the same chance stand under both pages of a profile, so
 * nothing differs but the rules. Nobody is shown these pages, and nothing is logged of them.
 */
import type { ComposedPages, ComposePages, DryRunReport } from "@thewatcher/contracts/api/control";
import type { ProfileId } from "@thewatcher/contracts/ids";
import type { RuleSet } from "@thewatcher/contracts/rules";
import type { Clock } from "@thewatcher/kit/clock";
import type { Database } from "@thewatcher/stores/database/port";
import { sql } from "kysely";
import { compareExposure } from "./exposure.ts";
import { readPublished } from "./rule-sets.ts";

/** Two pages of 2 to 4 ms each: 40 to 80 ms of the second that serving has for an answer, and viewers come in between. */
const PROFILES_AT_ONCE = 10;
/** Of requests to serving at a time: it goes on serving viewers. */
const REQUESTS_AT_ONCE = 2;
/** Nobody waits longer in front of a screen; what was composed until then is told. */
export const DRY_RUN_MS_MAX = 30_000;

export type ComposePagesCall = (request: ComposePages) => Promise<ComposedPages>;

export interface DryRunDeps {
  readonly database: Pick<Database, "kysely">;
  readonly composePages: ComposePagesCall;
  readonly clock: Clock;
}

export async function dryRun(
  { database, composePages, clock }: DryRunDeps,
  request: { readonly ruleSet: RuleSet; readonly profiles: number; readonly seed: number },
): Promise<DryRunReport> {
  const { ruleSet, profiles: profilesAsked, seed } = request;
  const startedMs = clock.monotonicMs();
  const elapsedMs = () => clock.monotonicMs() - startedMs;
  const [published, profileIds] = await Promise.all([
    readPublished(database),
    sampleProfiles(database, profilesAsked, seed),
  ]);
  const ruleSets = [published.document, ruleSet as unknown as Record<string, unknown>];
  const comparison = compareExposure(ruleSet);
  let next = 0;
  let cutShort = false;
  const work = async (): Promise<void> => {
    while (next < profileIds.length && !cutShort) {
      const some = profileIds.slice(next, next + PROFILES_AT_ONCE);
      next += some.length;
      comparison.add(await composePages({ profileIds: some, ruleSets, seed }));
      cutShort = next < profileIds.length && elapsedMs() >= DRY_RUN_MS_MAX;
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, work));
  return {
    published: published.version,
    seed,
    profilesAsked,
    cutShort,
    ...comparison.report(),
    durationMs: elapsedMs(),
  };
}

/** The first `count` profiles by a hash of seed and id: the same ones, in whatever order they came into the table. */
export async function sampleProfiles(
  { kysely }: Pick<Database, "kysely">,
  count: number,
  seed: number,
): Promise<ProfileId[]> {
  const rows = await kysely
    .selectFrom("profiles")
    .select("profile_id")
    .orderBy(sql`md5(${`${seed}:`} || profile_id)`)
    .orderBy("profile_id")
    .limit(count)
    .execute();
  return rows.map(({ profile_id }) => profile_id as ProfileId);
}
