/** Business rules by version, and who did what. A rule set that was published once stays as it is; a trail only grows. */
import { type Kysely, sql } from "kysely";

const STATEMENTS = [
  `CREATE TABLE rule_sets (
    version integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    status text COLLATE "C" NOT NULL CHECK (status IN ('draft', 'published', 'retired')),
    revision integer NOT NULL CHECK (revision >= 1),
    document jsonb NOT NULL,
    note text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    published_at timestamptz,
    published_by text,
    CHECK ((status = 'draft') = (published_at IS NULL) AND (published_at IS NULL) = (published_by IS NULL))
  )`,
  "CREATE UNIQUE INDEX rule_sets_published ON rule_sets ((true)) WHERE status = 'published'",
  `CREATE FUNCTION keep_published_rules() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'DELETE' OR NEW.document <> OLD.document OR NEW.note <> OLD.note OR NEW.status = 'draft' THEN
      RAISE EXCEPTION 'rule set % was published: it stays as it is', OLD.version;
    END IF;
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER keep_published_rules BEFORE UPDATE OR DELETE ON rule_sets
    FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION keep_published_rules()`,
  `CREATE TABLE audit_trail (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    who text NOT NULL,
    role text COLLATE "C" NOT NULL,
    action text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    before jsonb,
    after jsonb
  )`,
  "CREATE INDEX audit_trail_subject ON audit_trail (subject, entry_id)",
  `CREATE FUNCTION keep_audit_trail() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'the audit trail only grows';
  END $$`,
  `CREATE TRIGGER keep_audit_trail BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_trail
    FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_trail()`,
] as const;

export const control = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
