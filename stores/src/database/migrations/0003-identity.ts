/**
 * Identity: what signs a person in, devices, profiles with PINs, sign-ups that wait for a click, one-time tokens, mail.
 *
 * A sign-up is no account: it waits in `sign_ups`, owns nothing, and any number of them may name one address. The account
 * is made by whoever reads that address's mail. Secrets are here as SHA-256 (tokens) or argon2id (passwords, PINs) only,
 * and mail waits without its link: the token in it is made when it is sent.
 */
import { type Kysely, sql } from "kysely";

const STATEMENTS = [
  `ALTER TABLE accounts
    ADD COLUMN email text COLLATE "C" UNIQUE CHECK (char_length(email) BETWEEN 3 AND 254),
    ADD COLUMN password_hash text,
    ADD COLUMN home_region text CHECK (home_region IN ('ru', 'by', 'us')),
    ADD COLUMN language text CHECK (language IN ('ru', 'be', 'en')),
    ADD COLUMN role text NOT NULL DEFAULT 'viewer'
      CHECK (role IN ('viewer', 'analyst', 'product', 'editor', 'operator')),
    ADD COLUMN verified_at timestamptz,
    ADD CHECK (NOT demo OR (password_hash IS NULL AND role = 'viewer')),
    ADD CHECK ((password_hash IS NULL) = (email IS NULL))`,
  `CREATE FUNCTION home_region_of(country text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE country WHEN 'RU' THEN 'ru' WHEN 'BY' THEN 'by' ELSE 'us' END $$`,
  "UPDATE accounts SET home_region = home_region_of(country)",
  "ALTER TABLE accounts ALTER COLUMN home_region SET NOT NULL",
  // Imports and the demo world name a country only.
  `CREATE FUNCTION fill_home_region() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.home_region := coalesce(NEW.home_region, home_region_of(NEW.country)); RETURN NEW; END $$`,
  `CREATE TRIGGER fill_home_region BEFORE INSERT ON accounts
    FOR EACH ROW EXECUTE FUNCTION fill_home_region()`,
  `ALTER TABLE profiles
    ADD COLUMN language text CHECK (language IN ('ru', 'be', 'en')),
    ADD COLUMN pin_hash text,
    ADD COLUMN pin_failures integer NOT NULL DEFAULT 0 CHECK (pin_failures >= 0),
    ADD COLUMN pin_retry_at timestamptz`,
  `CREATE TABLE devices (
    device_id text COLLATE "C" PRIMARY KEY CHECK (char_length(device_id) BETWEEN 1 AND 64),
    account_id text COLLATE "C" NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL
  )`,
  "CREATE INDEX devices_account ON devices (account_id, last_seen_at)",
  `CREATE TABLE sign_ups (
    sign_up_id text COLLATE "C" PRIMARY KEY CHECK (char_length(sign_up_id) BETWEEN 1 AND 64),
    email text COLLATE "C" NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    password_hash text NOT NULL,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    home_region text NOT NULL CHECK (home_region IN ('ru', 'by', 'us')),
    language text NOT NULL CHECK (language IN ('ru', 'be', 'en')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
  )`,
  "CREATE INDEX sign_ups_email ON sign_ups (email, created_at)",
  "CREATE INDEX sign_ups_expiry ON sign_ups (expires_at)",
  `CREATE TABLE identity_tokens (
    token_sha256 text COLLATE "C" PRIMARY KEY CHECK (token_sha256 ~ '^[0-9a-f]{64}$'),
    purpose text NOT NULL CHECK (purpose IN ('verify', 'reset', 'email')),
    sign_up_id text COLLATE "C" REFERENCES sign_ups ON DELETE CASCADE,
    account_id text COLLATE "C" REFERENCES accounts ON DELETE CASCADE,
    email text COLLATE "C" NOT NULL,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    expires_at timestamptz NOT NULL,
    CHECK ((purpose = 'verify') = (sign_up_id IS NOT NULL)),
    CHECK ((purpose = 'verify') = (account_id IS NULL))
  )`,
  "CREATE INDEX identity_tokens_account ON identity_tokens (account_id)",
  "CREATE INDEX identity_tokens_sign_up ON identity_tokens (sign_up_id)",
  "CREATE INDEX identity_tokens_expiry ON identity_tokens (expires_at)",
  `CREATE TABLE mails (
    mail_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL
      CHECK (kind IN ('sign_up', 'reset', 'email_change', 'email_changed', 'password_changed')),
    recipient text COLLATE "C" NOT NULL,
    language text NOT NULL CHECK (language IN ('ru', 'be', 'en')),
    account_id text COLLATE "C" REFERENCES accounts ON DELETE CASCADE,
    sign_up_id text COLLATE "C" REFERENCES sign_ups ON DELETE SET NULL,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    settled_at timestamptz,
    outcome text CHECK (outcome IN ('sent', 'refused', 'given_up', 'not_due')),
    CHECK ((settled_at IS NULL) = (outcome IS NULL))
  )`,
  "CREATE INDEX mails_due ON mails (due_at) WHERE settled_at IS NULL",
  "CREATE INDEX mails_recipient ON mails (recipient, settled_at) WHERE outcome = 'sent'",
  "CREATE INDEX mails_settled ON mails (settled_at) WHERE settled_at IS NOT NULL",
  "CREATE INDEX mails_account ON mails (account_id)",
  "CREATE INDEX mails_sign_up ON mails (sign_up_id)",
] as const;

export const identity = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
