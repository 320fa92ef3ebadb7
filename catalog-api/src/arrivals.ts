/**
 * Finding wishes that have come, and handing them to who tells.
 *
 * Every waiting wish is looked at once an hour, the longest unlooked-at first, in transactions of at most 500 that skip
 * what another process holds. What came is claimed by account, all of it under one claim, so that an account gets one mail
 * of it. A claim lasts ten minutes: whoever died in the middle leaves it to the next, under the same id, by which a mail
 * that was queued already is known. Right before it is handed out each title is looked at again: one that has left
 * meanwhile, or that the profile may not see any more, is told to nobody and waits on.
 */
import { ARRIVAL_CLAIMS_MAX, type ArrivalClaims } from "@thewatcher/contracts/api/arrivals";
import type { CatalogueTitle } from "@thewatcher/contracts/api/catalogue";
import type { TitleId } from "@thewatcher/contracts/ids";
import { nameOf } from "@thewatcher/contracts/title-card";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import { deterministicUuid7 } from "@thewatcher/kit/uuid";
import type { Database } from "@thewatcher/stores/database/port";
import { sql } from "kysely";
import { seen } from "./askers.ts";
import { getCatalogueTitles } from "./documents.ts";
import { createNameIndex, dueWishes, type FindByWords, wordsOf } from "./wishes.ts";

/** Rights open at midnight and editors work by day: nobody waits for the minute. */
const LOOKED_AT_EVERY_MS = 3_600_000;
/** A transaction of some 20 ms. */
const BATCH_MAX = 500;
const POLL_MS = 60_000;
const FAILED_PAUSE_MS = 30_000;
/** Queuing 50 mails takes a second; a gateway that starts anew, not ten minutes. */
const CLAIM_MS = 600_000;
/** Any number that no other advisory lock of this database has. */
const CLAIM_LOCK = 7_061_002;

/** The catalogue as a profile of that age and country is shown it. */
const viewerOf = (row: { readonly country: string; readonly age_mark: number | null }, at: number) => ({
  viewer: { country: row.country, ageLimit: row.age_mark, at },
});

async function titlesById(database: Database, ids: readonly string[]): Promise<Map<string, CatalogueTitle>> {
  const titles = await getCatalogueTitles(database, [...new Set(ids)]);
  return new Map(titles.map((title) => [title.titleId, title]));
}

/** One batch of those that wait; answers how many were looked at. */
export async function lookForArrivals(
  { database, names }: { readonly database: Database; readonly names: () => Promise<FindByWords> },
  now: number,
): Promise<number> {
  const at = new Date(now);
  return database.transaction(async (transaction) => {
    const rows = await transaction
      .selectFrom("wishes")
      .innerJoin("profiles", "profiles.profile_id", "wishes.profile_id")
      .innerJoin("accounts", "accounts.account_id", "profiles.account_id")
      .select(["wishes.profile_id", "wish_key", "title_id", "query", "profiles.age_mark", "accounts.country"])
      .where("arrived_at", "is", null)
      .where((eb) => eb.or([eb("checked_at", "is", null), eb("checked_at", "<=", new Date(now - LOOKED_AT_EVERY_MS))]))
      .orderBy("checked_at", (order) => order.asc().nullsFirst())
      .limit(BATCH_MAX)
      .forUpdate("wishes")
      .skipLocked()
      .execute();
    if (rows.length === 0) return 0;
    const find: FindByWords = rows.some((row) => row.query !== null) ? await names() : () => [];
    const ids = rows.flatMap((row): readonly string[] =>
      row.title_id === null ? find(wordsOf(row.query ?? "")) : [row.title_id],
    );
    const titles = await titlesById(database, ids);
    const cameTo = rows.map((row) => {
      const wish = { key: row.wish_key, titleId: row.title_id, query: row.query };
      return dueWishes([wish], viewerOf(row, now), { find, titles })[0]?.titleId ?? null;
    });
    const [profileIds, keys] = [rows.map((row) => row.profile_id), rows.map((row) => row.wish_key)];
    await sql`
      UPDATE wishes SET
        checked_at = ${at},
        arrived_at = CASE WHEN came.title_id IS NULL THEN NULL ELSE ${at}::timestamptz END,
        arrived_title_id = came.title_id
      FROM unnest(${profileIds}::text[], ${keys}::text[], ${cameTo}::text[]) AS came (profile_id, wish_key, title_id)
      WHERE wishes.profile_id = came.profile_id AND wishes.wish_key = came.wish_key`.execute(transaction);
    return rows.length;
  });
}

/** Of at most 50 accounts what came and was not told; nothing while another process is claiming. */
export async function claimArrivals(database: Database, now: number): Promise<ArrivalClaims> {
  const at = new Date(now);
  return database.transaction(async (transaction) => {
    const lock = await sql<{ held: boolean }>`select pg_try_advisory_xact_lock(${CLAIM_LOCK}) as held`.execute(
      transaction,
    );
    if (!lock.rows[0]?.held) return { claims: [] };
    const free = transaction
      .selectFrom("wishes")
      .innerJoin("profiles", "profiles.profile_id", "wishes.profile_id")
      .innerJoin("accounts", "accounts.account_id", "profiles.account_id")
      .where("arrived_at", "is not", null)
      .where("told_at", "is", null)
      .where((eb) => eb.or([eb("claimed_until", "is", null), eb("claimed_until", "<=", at)]));
    // What was claimed together stays together; what came since is another claim.
    const groups = await free
      .select(["profiles.account_id", "claim_id"])
      .groupBy(["profiles.account_id", "claim_id"])
      .orderBy((eb) => eb.fn.min("arrived_at"))
      .orderBy("profiles.account_id")
      .limit(ARRIVAL_CLAIMS_MAX)
      .execute();
    if (groups.length === 0) return { claims: [] };
    const rows = await free
      .select(["wishes.profile_id", "wish_key", "wished_at", "arrived_title_id", "claim_id"])
      .select(["profiles.account_id", "profiles.age_mark", "accounts.country"])
      .where(
        "profiles.account_id",
        "in",
        groups.map((group) => group.account_id),
      )
      .orderBy("arrived_at")
      .orderBy("wish_key")
      .forUpdate("wishes")
      .execute();
    const titles = await titlesById(
      database,
      rows.flatMap((row) => row.arrived_title_id ?? []),
    );
    const claims: ArrivalClaims["claims"] = [];
    for (const { account_id, claim_id } of groups) {
      const all = rows.filter((row) => row.account_id === account_id && row.claim_id === claim_id);
      const claimId = claim_id ?? deterministicUuid7(JSON.stringify(all), now);
      const told = new Map<TitleId, CatalogueTitle>();
      for (const { profile_id, wish_key, arrived_title_id, ...row } of all) {
        const title = titles.get(arrived_title_id ?? "");
        const isSeen = title !== undefined && seen(viewerOf(row, now), title) !== undefined;
        if (isSeen) told.set(title.titleId, title);
        await transaction
          .updateTable("wishes")
          .set(
            isSeen
              ? { claim_id: claimId, claimed_until: new Date(now + CLAIM_MS) }
              : { arrived_at: null, arrived_title_id: null, claim_id: null, claimed_until: null },
          )
          .where("profile_id", "=", profile_id)
          .where("wish_key", "=", wish_key)
          .execute();
      }
      if (told.size === 0) continue;
      claims.push({
        claimId,
        accountId: account_id as ArrivalClaims["claims"][number]["accountId"],
        titles: [...told.values()].map((title) => ({
          titleId: title.titleId,
          names: { ru: nameOf(title, "ru"), be: nameOf(title, "be"), en: nameOf(title, "en") },
        })),
      });
    }
    return { claims };
  });
}

export async function markTold(database: Database, claimIds: readonly string[], now: number): Promise<void> {
  await database.kysely
    .updateTable("wishes")
    .set({ told_at: new Date(now) })
    .where(sql<boolean>`claim_id = any(${[...claimIds]}::text[])`)
    .where("arrived_at", "is not", null)
    .where("told_at", "is", null)
    .execute();
}

/** Looks for arrivals until it is told to end. */
export function createArrivalWatch({
  database,
  clock,
  log,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}) {
  const names = createNameIndex(database);
  return {
    async watch(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        let pauseMs = POLL_MS;
        try {
          if ((await lookForArrivals({ database, names }, clock.now())) === BATCH_MAX) continue;
        } catch (err) {
          log.error({ err }, "wishes could not be looked at; they wait");
          pauseMs = FAILED_PAUSE_MS;
        }
        // Woken only to end.
        await clock.sleep(pauseMs, signal).catch(() => {});
      }
    },
  };
}
