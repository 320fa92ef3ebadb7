/**
 * The catalogue behind a title's name: texts by locale, people and credits, genres' names, rights windows, seasons and
 * episodes, collections, the history of changes, and what profiles wish for.
 *
 * `titles.restricted` tells "no rights are stated" (everywhere) from "no window is left" (nowhere). Seasons hold what an
 * episode's key needs, so an episode is found by its part alone. The history keeps whole documents as JSON: an undo
 * writes one back, and no later change of these tables makes an old one unreadable.
 */
import { type Kysely, sql } from "kysely";

/** Not for rows that go with the row they belong to: the statement that began it has raised the version. */
const raiseVersionOf = (table: string): string =>
  `CREATE TRIGGER raise_catalogue_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION raise_catalogue_version()`;

const LOCALE = `locale text COLLATE "C" NOT NULL CHECK (locale IN ('ru', 'be', 'en'))`;
const TITLE = `title_id text COLLATE "C" NOT NULL REFERENCES titles ON DELETE CASCADE`;

const STATEMENTS = [
  `ALTER TABLE titles
    ADD COLUMN kind text COLLATE "C" NOT NULL DEFAULT 'film' CHECK (kind IN ('film', 'series')),
    ADD COLUMN original_name text,
    ADD COLUMN countries text[] NOT NULL DEFAULT '{}',
    ADD COLUMN reference_runtime_minutes smallint CHECK (reference_runtime_minutes > 0),
    ADD COLUMN restricted boolean NOT NULL DEFAULT false,
    ADD COLUMN revision integer NOT NULL DEFAULT 0 CHECK (revision >= 0)`,
  `CREATE TABLE title_texts (
    ${TITLE},
    ${LOCALE},
    name text,
    plot text,
    PRIMARY KEY (title_id, locale),
    CHECK (name IS NOT NULL OR plot IS NOT NULL)
  )`,
  `CREATE TABLE people (
    person_id text COLLATE "C" PRIMARY KEY CHECK (char_length(person_id) BETWEEN 1 AND 64),
    name text NOT NULL
  )`,
  `CREATE TABLE person_names (
    person_id text COLLATE "C" NOT NULL REFERENCES people ON DELETE CASCADE,
    ${LOCALE},
    name text NOT NULL,
    PRIMARY KEY (person_id, locale)
  )`,
  `CREATE TABLE credits (
    ${TITLE},
    place smallint NOT NULL CHECK (place >= 0),
    person_id text COLLATE "C" NOT NULL REFERENCES people,
    role text COLLATE "C" NOT NULL CHECK (role IN ('director', 'cast')),
    PRIMARY KEY (title_id, place),
    UNIQUE (title_id, person_id, role)
  )`,
  "CREATE INDEX credits_person ON credits (person_id)",
  `CREATE TABLE genre_names (
    genre text COLLATE "C" NOT NULL,
    ${LOCALE},
    name text NOT NULL,
    PRIMARY KEY (genre, locale)
  )`,
  `CREATE TABLE rights_windows (
    ${TITLE},
    place smallint NOT NULL CHECK (place >= 0),
    countries text[],
    except_countries text[] NOT NULL,
    plans text[],
    opens_at timestamptz,
    closes_at timestamptz,
    PRIMARY KEY (title_id, place),
    CHECK (opens_at < closes_at)
  )`,
  `CREATE TABLE seasons (
    ${TITLE},
    season smallint NOT NULL CHECK (season >= 0),
    year smallint CHECK (year BETWEEN 1870 AND 2200),
    PRIMARY KEY (title_id, season)
  )`,
  `CREATE TABLE episodes (
    part_id text COLLATE "C" PRIMARY KEY CHECK (char_length(part_id) BETWEEN 1 AND 64),
    title_id text COLLATE "C" NOT NULL,
    season smallint NOT NULL,
    episode smallint NOT NULL CHECK (episode >= 0),
    runtime_minutes smallint CHECK (runtime_minutes > 0),
    UNIQUE (title_id, season, episode),
    FOREIGN KEY (title_id, season) REFERENCES seasons ON DELETE CASCADE
  )`,
  `CREATE TABLE episode_texts (
    part_id text COLLATE "C" NOT NULL REFERENCES episodes ON DELETE CASCADE,
    ${LOCALE},
    name text,
    plot text,
    PRIMARY KEY (part_id, locale),
    CHECK (name IS NOT NULL OR plot IS NOT NULL)
  )`,
  `CREATE TABLE collections (
    collection_id text COLLATE "C" PRIMARY KEY CHECK (char_length(collection_id) BETWEEN 1 AND 64),
    revision integer NOT NULL DEFAULT 0 CHECK (revision >= 0)
  )`,
  `CREATE TABLE collection_texts (
    collection_id text COLLATE "C" NOT NULL REFERENCES collections ON DELETE CASCADE,
    ${LOCALE},
    name text NOT NULL,
    PRIMARY KEY (collection_id, locale)
  )`,
  `CREATE TABLE collection_titles (
    collection_id text COLLATE "C" NOT NULL REFERENCES collections ON DELETE CASCADE,
    place smallint NOT NULL CHECK (place >= 0),
    title_id text COLLATE "C" NOT NULL REFERENCES titles ON DELETE CASCADE,
    PRIMARY KEY (collection_id, place),
    UNIQUE (collection_id, title_id)
  )`,
  `CREATE TABLE catalogue_revisions (
    subject text COLLATE "C" NOT NULL CHECK (subject IN ('title', 'collection')),
    subject_id text COLLATE "C" NOT NULL,
    revision integer NOT NULL CHECK (revision > 0),
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    action text COLLATE "C" NOT NULL CHECK (action IN ('create', 'change', 'undo', 'import')),
    before jsonb,
    after jsonb NOT NULL,
    undone_revision integer,
    PRIMARY KEY (subject, subject_id, revision),
    CHECK ((action = 'undo') = (undone_revision IS NOT NULL))
  )`,
  `CREATE TABLE wishes (
    profile_id text COLLATE "C" NOT NULL REFERENCES profiles ON DELETE CASCADE,
    wish_key text COLLATE "C" NOT NULL,
    title_id text COLLATE "C",
    query text,
    wished_at timestamptz NOT NULL,
    arrived_at timestamptz,
    arrived_title_id text COLLATE "C",
    PRIMARY KEY (profile_id, wish_key),
    CHECK ((title_id IS NULL) <> (query IS NULL)),
    CHECK ((arrived_at IS NULL) = (arrived_title_id IS NULL))
  )`,
  "CREATE INDEX wishes_waiting ON wishes (wished_at) WHERE arrived_at IS NULL",
  // "Hidden from continue watching" is one more thing that a profile states of a title.
  "ALTER TABLE stated_preferences DROP CONSTRAINT stated_preferences_kind_check",
  `ALTER TABLE stated_preferences ADD CONSTRAINT stated_preferences_kind_check
    CHECK (kind IN ('rate', 'watchlist', 'not_interested', 'watched', 'continue_hidden'))`,
  ...[
    "title_texts",
    "people",
    "person_names",
    "credits",
    "genre_names",
    "rights_windows",
    "seasons",
    "episodes",
    "episode_texts",
    "collections",
    "collection_texts",
    "collection_titles",
  ].map(raiseVersionOf),
] as const;

export const catalogue = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
