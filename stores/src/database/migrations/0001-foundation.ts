/**
 * Accounts, profiles, catalogue, what people stated with its outbox, runs, imports, tokens.
 *
 * Identifiers are compared as bytes (COLLATE "C"): the same order on every machine, and cheaper indexes.
 * `stated_preferences` has no foreign keys: they are checked by a trigger for each row, twice a million times in the bulk
 * import of MovieLens 1M. Its owner (catalog-api, import) writes profiles and titles first; removing a profile removes its rows
 * by the trigger below.
 */
import { type Kysely, sql } from "kysely";

const STATEMENTS = [
  `CREATE TABLE accounts (
    account_id text COLLATE "C" PRIMARY KEY CHECK (char_length(account_id) BETWEEN 1 AND 64),
    external_id text COLLATE "C" UNIQUE,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE profiles (
    profile_id text COLLATE "C" PRIMARY KEY CHECK (char_length(profile_id) BETWEEN 1 AND 64),
    account_id text COLLATE "C" NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    age_mark smallint CHECK (age_mark BETWEEN 0 AND 21),
    external_id text COLLATE "C" UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  "CREATE INDEX profiles_account ON profiles (account_id)",
  `CREATE TABLE titles (
    title_id text COLLATE "C" PRIMARY KEY CHECK (char_length(title_id) BETWEEN 1 AND 64),
    name text NOT NULL,
    year smallint CHECK (year BETWEEN 1870 AND 2200),
    genres text[] NOT NULL,
    directors text[] NOT NULL,
    plot text,
    age_mark smallint CHECK (age_mark BETWEEN 0 AND 21),
    runtime_minutes smallint CHECK (runtime_minutes > 0),
    score double precision,
    score_votes integer CHECK (score_votes >= 0),
    source text NOT NULL,
    added_at timestamptz NOT NULL
  )`,
  `CREATE TABLE catalogue_version (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    version bigint NOT NULL DEFAULT 0
  )`,
  "INSERT INTO catalogue_version DEFAULT VALUES",
  // Once a statement, not once a row: a bulk write of the catalogue raises it by one.
  `CREATE FUNCTION raise_catalogue_version() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN UPDATE catalogue_version SET version = version + 1; RETURN NULL; END $$`,
  `CREATE TRIGGER raise_catalogue_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON titles
    FOR EACH STATEMENT EXECUTE FUNCTION raise_catalogue_version()`,
  `CREATE TABLE stated_preferences (
    profile_id text COLLATE "C" NOT NULL,
    title_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('rate', 'watchlist', 'not_interested', 'watched')),
    value double precision,
    undone boolean NOT NULL DEFAULT false,
    stated_at timestamptz NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (profile_id, title_id, kind),
    CHECK (CASE WHEN undone THEN value IS NULL WHEN kind = 'rate' THEN value IS NOT NULL AND value BETWEEN 0.5 AND 5 ELSE true END)
  )`,
  `CREATE FUNCTION remove_stated_preferences() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN DELETE FROM stated_preferences WHERE profile_id = OLD.profile_id; RETURN OLD; END $$`,
  `CREATE TRIGGER remove_stated_preferences AFTER DELETE ON profiles
    FOR EACH ROW EXECUTE FUNCTION remove_stated_preferences()`,
  `CREATE TABLE outbox (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text COLLATE "C" NOT NULL UNIQUE,
    topic text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE runs (
    run_id text COLLATE "C" PRIMARY KEY,
    model text NOT NULL,
    status text NOT NULL CHECK (status IN ('running', 'succeeded', 'failed')),
    parameters jsonb NOT NULL,
    metrics jsonb,
    data_hash text,
    code_version text NOT NULL,
    seed integer NOT NULL,
    generation text COLLATE "C",
    error text,
    started_at timestamptz NOT NULL,
    finished_at timestamptz CHECK (finished_at >= started_at),
    CHECK ((status = 'running') = (finished_at IS NULL)),
    CHECK ((status = 'failed') = (error IS NOT NULL))
  )`,
  "CREATE INDEX runs_model ON runs (model, started_at DESC)",
  `CREATE TABLE imports (
    import_id text COLLATE "C" PRIMARY KEY,
    source text NOT NULL,
    layout text NOT NULL,
    rows_done integer NOT NULL CHECK (rows_done >= 0),
    rows_refused integer NOT NULL CHECK (rows_refused >= 0),
    done boolean NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE TABLE service_tokens (
    token_sha256 text COLLATE "C" PRIMARY KEY CHECK (token_sha256 ~ '^[0-9a-f]{64}$'),
    role text NOT NULL,
    label text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz
  )`,
] as const;

export const foundation = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
