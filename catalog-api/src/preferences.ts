/** What a profile holds now: its watchlist and its ratings, the latest first. */
import type { TitleCard } from "@thewatcher/contracts/api/catalogue";
import type { ProfileId } from "@thewatcher/contracts/ids";
import type { Database } from "@thewatcher/stores/database/port";
import { sql } from "kysely";
import { cardColumns, cardOf } from "./titles.ts";

export interface HeldPreference {
  readonly title: TitleCard;
  readonly value: number | null;
  readonly statedAt: string;
}

export async function listPreferences(
  database: Database,
  query: {
    readonly profileId: ProfileId;
    readonly kind: "watchlist" | "rate";
    /** Only what comes after this one in the list. */
    readonly before: { readonly statedAt: string; readonly titleId: string } | undefined;
    readonly limit: number;
  },
): Promise<HeldPreference[]> {
  const { before } = query;
  const rows = await database.kysely
    .selectFrom("stated_preferences as held")
    .innerJoin("titles", "titles.title_id", "held.title_id")
    .select([...cardColumns, "held.value", "held.stated_at"])
    .where("held.profile_id", "=", query.profileId)
    .where("held.kind", "=", query.kind)
    .where("held.undone", "=", false)
    .$if(before !== undefined, (page) =>
      page.where(
        sql<boolean>`(held.stated_at, held.title_id) < (${before?.statedAt}::timestamptz, ${before?.titleId}::text)`,
      ),
    )
    .orderBy("held.stated_at", "desc")
    .orderBy("held.title_id", "desc")
    .limit(query.limit)
    .execute();
  return rows.map((row) => ({ title: cardOf(row), value: row.value, statedAt: row.stated_at.toISOString() }));
}
