/** What a profile holds now: its watchlist and its ratings, the latest first. */
import type { TitleCard } from "@thewatcher/contracts/api/catalogue";
import type { ProfileId } from "@thewatcher/contracts/ids";
import type { Database } from "@thewatcher/stores/database/port";
import { sql } from "kysely";
import { type Asker, cardFor } from "./askers.ts";
import { getCatalogueTitles } from "./documents.ts";

export interface HeldPreference {
  readonly titleId: string;
  /** undefined: still held, but not to be seen by the asker now. */
  readonly title: TitleCard | undefined;
  readonly value: number | null;
  readonly statedAt: string;
}

export async function listPreferences(
  database: Database,
  asker: Asker,
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
    .select(["held.title_id", "held.value", "held.stated_at"])
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
  const titles = await getCatalogueTitles(
    database,
    rows.map((row) => row.title_id),
  );
  const byId = new Map<string, (typeof titles)[number]>(titles.map((title) => [title.titleId, title]));
  return rows.map((row) => {
    const title = byId.get(row.title_id);
    return {
      titleId: row.title_id,
      title: title && cardFor(asker, title),
      value: row.value,
      statedAt: row.stated_at.toISOString(),
    };
  });
}
