/** What became of dead letters that were replayed: remembered in the database, one row an attempt. */
import type { Database } from "@thewatcher/stores/database/port";

export interface LetterReplay {
  readonly outcome: "accepted" | "refused";
  readonly eventId: string | undefined;
  /** Of a refusal: the new cause. */
  readonly cause: string | undefined;
  readonly detail: string | undefined;
  /** The rules that mended it, as they were given. */
  readonly rules: readonly string[];
  readonly replayedAt: number;
}

interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** Parameters of one statement. */
const PLACES_PER_QUERY = 1_000;

/** By id, in the order of the attempts. */
export async function replaysOf(
  database: Database,
  places: readonly Place[],
): Promise<ReadonlyMap<string, readonly LetterReplay[]>> {
  const found = new Map<string, LetterReplay[]>();
  const offsetsOf = new Map<number, number[]>();
  for (const { partition, offset } of places) offsetsOf.set(partition, [...(offsetsOf.get(partition) ?? []), offset]);
  for (const [partition, offsets] of offsetsOf) {
    for (let start = 0; start < offsets.length; start += PLACES_PER_QUERY) {
      const part = offsets.slice(start, start + PLACES_PER_QUERY).map(String);
      const rows = await database.kysely
        .selectFrom("dead_letter_replays")
        .selectAll()
        .where("log_partition", "=", partition)
        .where("log_offset", "in", part)
        .orderBy("sequence")
        .execute();
      for (const row of rows) {
        const id = `${partition}:${row.log_offset}`;
        const replay: LetterReplay = {
          outcome: row.outcome,
          eventId: row.event_id ?? undefined,
          cause: row.cause ?? undefined,
          detail: row.detail ?? undefined,
          rules: row.rules,
          replayedAt: row.replayed_at.getTime(),
        };
        found.set(id, [...(found.get(id) ?? []), replay]);
      }
    }
  }
  return found;
}

export async function rememberReplays(database: Database, replays: readonly (Place & LetterReplay)[]): Promise<void> {
  if (replays.length === 0) return;
  await database.kysely
    .insertInto("dead_letter_replays")
    .values(
      replays.map((replay) => ({
        log_partition: replay.partition,
        log_offset: String(replay.offset),
        outcome: replay.outcome,
        event_id: replay.eventId ?? null,
        cause: replay.cause ?? null,
        detail: replay.detail ?? null,
        rules: [...replay.rules],
        replayed_at: new Date(replay.replayedAt),
      })),
    )
    .execute();
}
