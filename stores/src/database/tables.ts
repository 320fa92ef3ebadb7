/**
 * The tables of the database as Kysely sees them. The migrations in `migrations/` make them; a test holds both together.
 * PostgreSQL owns what a person stated, the catalogue, accounts, and the runs of the trainer.
 */
import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from "kysely";

type Locale = "ru" | "be" | "en";
type Timestamp = ColumnType<Date, Date | string, Date | string>;
type DefaultTimestamp = ColumnType<Date, Date | string | undefined, Date | string>;
type OptionalTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Optional<Value> = ColumnType<Value | null, Value | null | undefined, Value | null>;

export interface Tables {
  accounts: {
    account_id: string;
    /** `ml-1m:42`: unique where present. */
    external_id: string | null;
    country: string;
    /** May be entered without a password: the demo world's own accounts only. */
    demo: Generated<boolean>;
    created_at: DefaultTimestamp;
    /** In lower case, unique. Null: nobody signs in by one (imported, demo). */
    email: Optional<string>;
    /** argon2id. Present where there is an e-mail. */
    password_hash: Optional<string>;
    /** Where its data lies. A trigger fills it by the country where nothing is given. */
    home_region: Generated<"ru" | "by" | "us">;
    language: Optional<"ru" | "be" | "en">;
    role: Generated<"viewer" | "analyst" | "product" | "editor" | "operator">;
    verified_at: OptionalTimestamp;
  };
  profiles: {
    profile_id: string;
    account_id: string;
    name: string;
    age_mark: number | null;
    external_id: string | null;
    created_at: DefaultTimestamp;
    language: Optional<"ru" | "be" | "en">;
    /** argon2id of 4 to 6 digits; null: no PIN. */
    pin_hash: Optional<string>;
    /** Wrong PINs in a row; before `pin_retry_at` none is looked at. */
    pin_failures: Generated<number>;
    pin_retry_at: OptionalTimestamp;
  };
  /** Where an account is signed in. A session whose row is gone has ended. */
  devices: {
    device_id: string;
    account_id: string;
    name: string;
    created_at: Timestamp;
    /** Kept by the day. */
    last_seen_at: Timestamp;
  };
  /** No account yet: it waits for who reads the address's mail and knows the password. */
  sign_ups: {
    sign_up_id: string;
    email: string;
    password_hash: string;
    country: string;
    home_region: "ru" | "by" | "us";
    language: "ru" | "be" | "en";
    created_at: Timestamp;
    expires_at: Timestamp;
  };
  /** Links in mails: only their SHA-256 is kept; each is good once. */
  identity_tokens: {
    token_sha256: string;
    purpose: "verify" | "reset" | "email";
    /** Of `verify`. */
    sign_up_id: string | null;
    /** Of the others. */
    account_id: string | null;
    /** The address that it was sent to. */
    email: string;
    /** Wrong passwords beside it. */
    attempts: Generated<number>;
    expires_at: Timestamp;
  };
  /** Mail on its way out, without its link: that is made when it is sent. */
  mails: {
    mail_id: Generated<string>;
    kind: "sign_up" | "reset" | "email_change" | "email_changed" | "password_changed" | "arrivals";
    recipient: string;
    language: "ru" | "be" | "en";
    account_id: string | null;
    /** Of `sign_up`: which one. */
    sign_up_id: string | null;
    attempts: Generated<number>;
    created_at: Timestamp;
    /** Not before this. */
    due_at: Timestamp;
    settled_at: OptionalTimestamp;
    /** `not_due`: there was nothing to write about, or this address had enough mail this hour. */
    outcome: Optional<"sent" | "refused" | "given_up" | "not_due">;
    /** Of `arrivals`: names in the mail's language. */
    titles: Optional<string[]>;
    /** Of `arrivals`: what it tells of; there is one mail of each. */
    claim_id: Optional<string>;
  };
  titles: {
    title_id: string;
    name: string;
    year: number | null;
    genres: string[];
    directors: string[];
    plot: string | null;
    age_mark: number | null;
    runtime_minutes: number | null;
    score: number | null;
    score_votes: number | null;
    source: string;
    added_at: Timestamp;
    kind: Generated<"film" | "series">;
    original_name: string | null;
    countries: Generated<string[]>;
    reference_runtime_minutes: number | null;
    /** Shown only where a rights window admits; else everywhere. */
    restricted: Generated<boolean>;
    /** Raised with every change that the history knows. */
    revision: Generated<number>;
  };
  title_texts: { title_id: string; locale: Locale; name: string | null; plot: string | null };
  /** `name`: as the source writes it. */
  people: { person_id: string; name: string };
  person_names: { person_id: string; locale: Locale; name: string };
  /** In the order of `place`. */
  credits: { title_id: string; place: number; person_id: string; role: "director" | "cast" };
  genre_names: { genre: string; locale: Locale; name: string };
  /** Half-open, null: without an end on that side; null countries and plans: all of them. */
  rights_windows: {
    title_id: string;
    place: number;
    countries: string[] | null;
    except_countries: string[];
    plans: string[] | null;
    opens_at: ColumnType<Date | null, Date | string | null, Date | string | null>;
    closes_at: ColumnType<Date | null, Date | string | null, Date | string | null>;
  };
  seasons: { title_id: string; season: number; year: number | null };
  episodes: { part_id: string; title_id: string; season: number; episode: number; runtime_minutes: number | null };
  episode_texts: { part_id: string; locale: Locale; name: string | null; plot: string | null };
  collections: { collection_id: string; revision: Generated<number> };
  collection_texts: { collection_id: string; locale: Locale; name: string };
  collection_titles: { collection_id: string; place: number; title_id: string };
  /** Who changed what of the catalogue: whole documents before and after. */
  catalogue_revisions: {
    subject: "title" | "collection";
    subject_id: string;
    revision: number;
    changed_at: Timestamp;
    changed_by: string;
    action: "create" | "change" | "undo" | "import";
    before: JSONColumnType<Record<string, unknown>> | null;
    after: JSONColumnType<Record<string, unknown>>;
    undone_revision: number | null;
  };
  /** "Tell me when it comes": a title that is not here yet, or words that the catalogue has nothing for. */
  wishes: {
    profile_id: string;
    /** `title:<id>` or `query:<normalised words>`. */
    wish_key: string;
    title_id: string | null;
    query: string | null;
    wished_at: Timestamp;
    arrived_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
    arrived_title_id: ColumnType<string | null, string | null | undefined, string | null>;
    /** While it waits: when it was last looked for. */
    checked_at: OptionalTimestamp;
    /** Its mail is written, or nobody is to be written to. */
    told_at: OptionalTimestamp;
    /** Of the arrivals that are told together. */
    claim_id: Optional<string>;
    claimed_until: OptionalTimestamp;
  };
  /** One row: raised by a trigger in the transaction of every write to the catalogue, so that an unchanged catalogue is told by one number. */
  catalogue_version: {
    singleton: Generated<boolean>;
    version: Generated<string>;
  };
  /**
   * One row for each thing that a profile ever stated of a title: the latest by (`stated_at`, `event_id`). An undo stays
   * as `undone`, so that an older statement that arrives later does not bring it back; readers take `undone = false`.
   */
  stated_preferences: {
    profile_id: string;
    title_id: string;
    kind: "rate" | "watchlist" | "not_interested" | "watched" | "continue_hidden" | "forget";
    /** Stars of a rating, strength of an imported watch; null where it is undone. */
    value: number | null;
    undone: Generated<boolean>;
    stated_at: Timestamp;
    /** The event that set it: decides between two of the same instant. */
    event_id: string;
  };
  /** The same of what was stated of the profile as a whole. */
  profile_preferences: {
    profile_id: string;
    kind: "taste_edit" | "no_profiling";
    /** Of `taste_edit`: the corrections; else null. */
    value: JSONColumnType<readonly { readonly facet: string; readonly value: number }[]> | null;
    undone: Generated<boolean>;
    stated_at: Timestamp;
    event_id: string;
  };
  /** Events on their way to the log, written in the transaction that changed the state. */
  outbox: {
    sequence: Generated<string>;
    /** Unique: the same command sent twice enters once. */
    event_id: string;
    topic: string;
    key: string;
    value: string;
    created_at: DefaultTimestamp;
  };
  runs: {
    run_id: string;
    model: string;
    status: "running" | "succeeded" | "failed";
    parameters: JSONColumnType<Record<string, unknown>>;
    metrics: JSONColumnType<Record<string, unknown>> | null;
    data_hash: string | null;
    code_version: string;
    seed: number;
    generation: string | null;
    error: string | null;
    started_at: Timestamp;
    finished_at: Timestamp | null;
  };
  /** Imports and how far they are: an import that was cut off goes on there, and one that is done is not done again. */
  imports: {
    import_id: string;
    source: string;
    layout: string;
    rows_done: number;
    rows_refused: number;
    done: boolean;
    updated_at: Timestamp;
  };
  /** Tokens for machines: only their SHA-256 is kept. */
  service_tokens: {
    token_sha256: string;
    role: string;
    label: string;
    created_at: DefaultTimestamp;
    expires_at: Timestamp | null;
  };
  /** One row an attempt to bring a dead letter back, by the letter's place in its topic. */
  dead_letter_replays: {
    sequence: Generated<string>;
    log_partition: number;
    log_offset: string;
    outcome: "accepted" | "refused";
    /** Of what was accepted. */
    event_id: string | null;
    /** Of what was refused again: why now. */
    cause: string | null;
    detail: string | null;
    /** The rules that mended it, as they were given. */
    rules: string[];
    replayed_at: Timestamp;
  };
  /** Business rules: drafts, what serving goes by, and everything that was published before. */
  rule_sets: {
    version: GeneratedAlways<number>;
    status: "draft" | "published" | "retired";
    revision: number;
    document: JSONColumnType<Record<string, unknown>>;
    note: string;
    created_at: Timestamp;
    created_by: string;
    published_at: Timestamp | null;
    published_by: string | null;
  };
  /** Who did what in control-api, with the subject before and after: it only grows. */
  audit_trail: {
    entry_id: GeneratedAlways<string>;
    at: Timestamp;
    who: string;
    role: string;
    action: string;
    subject: string;
    request_id: string;
    before: JSONColumnType<Record<string, unknown>> | null;
    after: JSONColumnType<Record<string, unknown>> | null;
  };
}
