/** Wishes that came are told by mail: when a wish was last looked at, who is telling it, and what the mail says. */
import { type Kysely, sql } from "kysely";

const STATEMENTS = [
  `ALTER TABLE wishes
    ADD COLUMN checked_at timestamptz,
    ADD COLUMN told_at timestamptz,
    ADD COLUMN claim_id text COLLATE "C",
    ADD COLUMN claimed_until timestamptz,
    ADD CHECK (told_at IS NULL OR arrived_at IS NOT NULL),
    ADD CHECK (claim_id IS NULL OR arrived_at IS NOT NULL)`,
  // What came before there were mails was seen on the list.
  "UPDATE wishes SET told_at = arrived_at WHERE arrived_at IS NOT NULL",
  "DROP INDEX wishes_waiting",
  "CREATE INDEX wishes_waiting ON wishes (checked_at NULLS FIRST) WHERE arrived_at IS NULL",
  "CREATE INDEX wishes_untold ON wishes (arrived_at) WHERE arrived_at IS NOT NULL AND told_at IS NULL",
  "CREATE INDEX wishes_claim ON wishes (claim_id) WHERE claim_id IS NOT NULL",
  `ALTER TABLE mails
    ADD COLUMN titles text[],
    ADD COLUMN claim_id text COLLATE "C"`,
  "CREATE UNIQUE INDEX mails_claim ON mails (claim_id)",
  "ALTER TABLE mails DROP CONSTRAINT mails_kind_check",
  `ALTER TABLE mails ADD CONSTRAINT mails_kind_check
    CHECK (kind IN ('sign_up', 'reset', 'email_change', 'email_changed', 'password_changed', 'arrivals'))`,
] as const;

export const arrivals = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
