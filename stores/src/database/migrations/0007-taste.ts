/**
 * What a viewer says of the service's picture of them: a watch that is to be forgotten stands beside the other statements
 * of a title; corrections of the taste and "no profiling" are of the profile as a whole, and have a table of their own.
 */
import { type Kysely, sql } from "kysely";

const STATEMENTS = [
  "ALTER TABLE stated_preferences DROP CONSTRAINT stated_preferences_kind_check",
  `ALTER TABLE stated_preferences ADD CONSTRAINT stated_preferences_kind_check
    CHECK (kind IN ('rate', 'watchlist', 'not_interested', 'watched', 'continue_hidden', 'forget'))`,
  `CREATE TABLE profile_preferences (
    profile_id text COLLATE "C" NOT NULL REFERENCES profiles ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('taste_edit', 'no_profiling')),
    value jsonb,
    undone boolean NOT NULL DEFAULT false,
    stated_at timestamptz NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (profile_id, kind),
    CHECK ((value IS NOT NULL) = (kind = 'taste_edit' AND NOT undone))
  )`,
] as const;

export const taste = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
