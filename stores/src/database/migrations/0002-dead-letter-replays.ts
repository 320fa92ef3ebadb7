/** What became of dead letters that were replayed: one row an attempt, by the letter's place in its topic. */
import { type Kysely, sql } from "kysely";

const STATEMENTS = [
  `CREATE TABLE dead_letter_replays (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    log_partition integer NOT NULL CHECK (log_partition >= 0),
    log_offset bigint NOT NULL CHECK (log_offset >= 0),
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'refused')),
    event_id text COLLATE "C",
    cause text,
    detail text,
    rules text[] NOT NULL,
    replayed_at timestamptz NOT NULL,
    CHECK ((outcome = 'accepted') = (event_id IS NOT NULL)),
    CHECK ((outcome = 'refused') = (cause IS NOT NULL))
  )`,
  "CREATE INDEX dead_letter_replays_place ON dead_letter_replays (log_partition, log_offset)",
] as const;

export const deadLetterReplays = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
