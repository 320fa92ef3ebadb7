/** The columns of `Tables` at run time: what `writeBulk` accepts, and what a test compares with the migrated database. */
import type { Tables } from "./tables.ts";

/** `data_type` of information_schema, and whether null is allowed. */
type Column = readonly [
  type:
    | "text"
    | "boolean"
    | "smallint"
    | "integer"
    | "bigint"
    | "double precision"
    | "timestamp with time zone"
    | "jsonb"
    | "ARRAY",
  nullability?: "null",
];

export const tableColumns: { readonly [Table in keyof Tables]: { readonly [Name in keyof Tables[Table]]: Column } } = {
  accounts: {
    account_id: ["text"],
    external_id: ["text", "null"],
    country: ["text"],
    demo: ["boolean"],
    created_at: ["timestamp with time zone"],
    email: ["text", "null"],
    password_hash: ["text", "null"],
    home_region: ["text"],
    language: ["text", "null"],
    role: ["text"],
    verified_at: ["timestamp with time zone", "null"],
  },
  profiles: {
    profile_id: ["text"],
    account_id: ["text"],
    name: ["text"],
    age_mark: ["smallint", "null"],
    external_id: ["text", "null"],
    created_at: ["timestamp with time zone"],
    language: ["text", "null"],
    pin_hash: ["text", "null"],
    pin_failures: ["integer"],
    pin_retry_at: ["timestamp with time zone", "null"],
  },
  devices: {
    device_id: ["text"],
    account_id: ["text"],
    name: ["text"],
    created_at: ["timestamp with time zone"],
    last_seen_at: ["timestamp with time zone"],
  },
  sign_ups: {
    sign_up_id: ["text"],
    email: ["text"],
    password_hash: ["text"],
    country: ["text"],
    home_region: ["text"],
    language: ["text"],
    created_at: ["timestamp with time zone"],
    expires_at: ["timestamp with time zone"],
  },
  identity_tokens: {
    token_sha256: ["text"],
    purpose: ["text"],
    sign_up_id: ["text", "null"],
    account_id: ["text", "null"],
    email: ["text"],
    attempts: ["integer"],
    expires_at: ["timestamp with time zone"],
  },
  mails: {
    mail_id: ["bigint"],
    kind: ["text"],
    recipient: ["text"],
    language: ["text"],
    account_id: ["text", "null"],
    attempts: ["integer"],
    created_at: ["timestamp with time zone"],
    due_at: ["timestamp with time zone"],
    settled_at: ["timestamp with time zone", "null"],
    outcome: ["text", "null"],
  },
  titles: {
    title_id: ["text"],
    name: ["text"],
    year: ["smallint", "null"],
    genres: ["ARRAY"],
    directors: ["ARRAY"],
    plot: ["text", "null"],
    age_mark: ["smallint", "null"],
    runtime_minutes: ["smallint", "null"],
    score: ["double precision", "null"],
    score_votes: ["integer", "null"],
    source: ["text"],
    added_at: ["timestamp with time zone"],
  },
  catalogue_version: {
    singleton: ["boolean"],
    version: ["bigint"],
  },
  stated_preferences: {
    profile_id: ["text"],
    title_id: ["text"],
    kind: ["text"],
    value: ["double precision", "null"],
    undone: ["boolean"],
    stated_at: ["timestamp with time zone"],
    event_id: ["text"],
  },
  outbox: {
    sequence: ["bigint"],
    event_id: ["text"],
    topic: ["text"],
    key: ["text"],
    value: ["text"],
    created_at: ["timestamp with time zone"],
  },
  runs: {
    run_id: ["text"],
    model: ["text"],
    status: ["text"],
    parameters: ["jsonb"],
    metrics: ["jsonb", "null"],
    data_hash: ["text", "null"],
    code_version: ["text"],
    seed: ["integer"],
    generation: ["text", "null"],
    error: ["text", "null"],
    started_at: ["timestamp with time zone"],
    finished_at: ["timestamp with time zone", "null"],
  },
  imports: {
    import_id: ["text"],
    source: ["text"],
    layout: ["text"],
    rows_done: ["integer"],
    rows_refused: ["integer"],
    done: ["boolean"],
    updated_at: ["timestamp with time zone"],
  },
  service_tokens: {
    token_sha256: ["text"],
    role: ["text"],
    label: ["text"],
    created_at: ["timestamp with time zone"],
    expires_at: ["timestamp with time zone", "null"],
  },
  dead_letter_replays: {
    sequence: ["bigint"],
    log_partition: ["integer"],
    log_offset: ["bigint"],
    outcome: ["text"],
    event_id: ["text", "null"],
    cause: ["text", "null"],
    detail: ["text", "null"],
    rules: ["ARRAY"],
    replayed_at: ["timestamp with time zone"],
  },
};
