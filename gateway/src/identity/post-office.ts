/**
 * Mail on its way out. A handler writes a row (who, what kind) and answers; the post office finds out later what there is
 * to say, makes the link's token and sends. So an answer takes as long for an address with an account as for one without,
 * whatever the mail server does, and no link lies in the database.
 *
 * A row is claimed for two minutes and sent at least once: a process that dies meanwhile leaves it to the next. What fails
 * is tried again after growing pauses, eight times in about two hours; what the server refuses for good is not.
 */
import type { Locale } from "@thewatcher/contracts/locales";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import type { Mail } from "@thewatcher/stores/mail/port";
import type { Writer } from "../accounts.ts";
import { refuse } from "../handler.ts";
import { DEVICE_UNSEEN_MS_MAX } from "./device-rows.ts";
import { writeMail } from "./mail-texts.ts";
import { createLinkToken, LINK_LIFE_MS } from "./one-time-tokens.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of what other processes wrote. What is written here is looked at at once. */
const POLL_MS = 5_000;
/** Sent side by side. */
const BATCH_MAX = 10;
/** Longer than any mail takes, see the adapters' deadlines. */
const CLAIM_MS = 120_000;
const ATTEMPTS_MAX = 8;
const RETRY_FIRST_MS = 60_000;
const RETRY_LAST_MS = HOUR_MS;
/** To one address: enough for who loses mails, too few to be a nuisance. Notices of a change always go. */
const PER_ADDRESS_AND_HOUR_MAX = 5;
/** Rows that wait: 2 MB. While there are more nothing is taken in. */
const WAITING_MAX = 10_000;
const KEPT_AFTER_SENT_MS = DAY_MS;
const SWEEP_INTERVAL_MS = HOUR_MS;
const FAILED_PAUSE_MS = 5_000;

type MailRow = Pick<
  { readonly [Name in keyof Tables["mails"]]: unknown } & {
    readonly mail_id: string;
    readonly kind: Tables["mails"]["kind"];
    readonly recipient: string;
    readonly language: Locale;
    readonly account_id: string | null;
    readonly sign_up_id: string | null;
    readonly attempts: number;
    readonly titles: string[] | null;
  },
  "mail_id" | "kind" | "recipient" | "language" | "account_id" | "sign_up_id" | "attempts" | "titles"
>;
type Outcome = "sent" | "refused" | "given_up" | "not_due";

export interface Letter {
  readonly kind: Tables["mails"]["kind"];
  readonly recipient: string;
  readonly language: Locale;
  readonly accountId?: string;
  readonly signUpId?: string;
  /** Of `arrivals`: names in the language. */
  readonly titles?: readonly string[];
  /** Of `arrivals`: one mail is written of a claim, however often it is queued. */
  readonly claimId?: string;
}

/** In the transaction of what it is about, where there is one. */
export async function queueMail(writer: Writer, letter: Letter, now: number): Promise<void> {
  await writer
    .insertInto("mails")
    .values({
      kind: letter.kind,
      recipient: letter.recipient,
      language: letter.language,
      account_id: letter.accountId ?? null,
      sign_up_id: letter.signUpId ?? null,
      created_at: new Date(now),
      due_at: new Date(now),
      titles: letter.titles === undefined ? null : [...letter.titles],
      claim_id: letter.claimId ?? null,
    })
    .onConflict((conflict) => conflict.column("claim_id").doNothing())
    .execute();
}

interface Deps {
  readonly database: Database;
  readonly mail: Pick<Mail, "send">;
  /** `https://thewatcher.by`: what links begin with. */
  readonly publicOrigin: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What there is to send now; undefined: nothing, and nobody learns that. */
async function compose({ database, publicOrigin, clock }: Deps, row: MailRow) {
  const { kysely } = database;
  const { recipient, language } = row;
  const origin = publicOrigin();
  const now = clock.now();
  const ownerOf = (email: string) =>
    kysely.selectFrom("accounts").select("account_id").where("email", "=", email).executeTakeFirst();
  switch (row.kind) {
    case "sign_up": {
      if (await ownerOf(recipient)) return writeMail("already", language, { origin });
      // Asked for again: of the latest sign-up.
      let query = kysely
        .selectFrom("sign_ups")
        .select(["sign_up_id", "expires_at"])
        .where("email", "=", recipient)
        .where("expires_at", ">", new Date(now));
      if (row.sign_up_id !== null) query = query.where("sign_up_id", "=", row.sign_up_id);
      const signUp = await query.orderBy("created_at", "desc").limit(1).executeTakeFirst();
      if (!signUp) return undefined;
      const token = await createLinkToken(
        kysely,
        { purpose: "verify", signUpId: signUp.sign_up_id, email: recipient },
        signUp.expires_at.getTime(),
      );
      return writeMail("verify", language, { origin, token });
    }
    case "reset": {
      const owner = await ownerOf(recipient);
      if (!owner) return undefined;
      const token = await createLinkToken(
        kysely,
        { purpose: "reset", accountId: owner.account_id, email: recipient },
        now + LINK_LIFE_MS.reset,
      );
      return writeMail("reset", language, { origin, token });
    }
    case "email_change": {
      if (row.account_id === null || (await ownerOf(recipient))) return undefined;
      const token = await createLinkToken(
        kysely,
        { purpose: "email", accountId: row.account_id, email: recipient },
        now + LINK_LIFE_MS.email,
      );
      return writeMail("email_change", language, { origin, token });
    }
    case "arrivals": {
      // The address may have become another's since.
      const owner = await ownerOf(recipient);
      if (row.account_id === null || owner?.account_id !== row.account_id) return undefined;
      return writeMail("arrivals", language, { origin, titles: row.titles ?? [] });
    }
    case "email_changed":
    case "password_changed":
      return writeMail(row.kind, language, { origin });
  }
}

async function hasEnough({ database, clock }: Deps, recipient: string): Promise<boolean> {
  const sent = await database.kysely
    .selectFrom("mails")
    .select("mail_id")
    .where("recipient", "=", recipient)
    .where("outcome", "=", "sent")
    .where("settled_at", ">", new Date(clock.now() - HOUR_MS))
    .limit(PER_ADDRESS_AND_HOUR_MAX)
    .execute();
  return sent.length === PER_ADDRESS_AND_HOUR_MAX;
}

/** Nobody can have these sent to somebody else: they are not counted. */
const isNotice = (row: MailRow): boolean =>
  row.kind === "email_changed" || row.kind === "password_changed" || row.kind === "arrivals";

/** Undefined: it failed, and is due again. */
async function deliver(deps: Deps, row: MailRow): Promise<Outcome | undefined> {
  const { mail, log } = deps;
  try {
    if (!isNotice(row) && (await hasEnough(deps, row.recipient))) return "not_due";
    const words = await compose(deps, row);
    if (!words) return "not_due";
    const answer = await mail.send({ to: row.recipient, ...words });
    if (answer.kind === "sent") return "sent";
    log.warn({ mailId: row.mail_id, reason: answer.reason }, "the mail server refused a mail for good");
    return "refused";
  } catch (err) {
    log.error({ err, mailId: row.mail_id, attempts: row.attempts }, "a mail could not be sent");
    return row.attempts >= ATTEMPTS_MAX ? "given_up" : undefined;
  }
}

async function claim({ database, clock }: Deps): Promise<MailRow[]> {
  return database.transaction(async (transaction) => {
    const due = await transaction
      .selectFrom("mails")
      .select("mail_id")
      .where("settled_at", "is", null)
      .where("due_at", "<=", new Date(clock.now()))
      .orderBy("due_at")
      .orderBy("mail_id")
      .limit(BATCH_MAX)
      .forUpdate()
      .skipLocked()
      .execute();
    if (due.length === 0) return [];
    return transaction
      .updateTable("mails")
      .set((eb) => ({ attempts: eb("attempts", "+", 1), due_at: new Date(clock.now() + CLAIM_MS) }))
      .where(
        "mail_id",
        "in",
        due.map((row) => row.mail_id),
      )
      .returning(["mail_id", "kind", "recipient", "language", "account_id", "sign_up_id", "attempts", "titles"])
      .execute();
  });
}

/** One batch of what is due; answers how many rows it held. */
export async function sendDueMail(deps: Deps): Promise<number> {
  const { database, clock } = deps;
  const rows = await claim(deps);
  await Promise.all(
    rows.map(async (row) => {
      const outcome = await deliver(deps, row);
      const now = clock.now();
      const pauseMs = Math.min(RETRY_FIRST_MS * 2 ** (row.attempts - 1), RETRY_LAST_MS);
      await database.kysely
        .updateTable("mails")
        .set(outcome ? { outcome, settled_at: new Date(now) } : { due_at: new Date(now + pauseMs) })
        .where("mail_id", "=", row.mail_id)
        .execute();
    }),
  );
  return rows.length;
}

/** What nobody needs any more: it names people. */
export async function sweepIdentity({ database, clock }: Pick<Deps, "database" | "clock">): Promise<void> {
  const now = clock.now();
  const { kysely } = database;
  await kysely.deleteFrom("identity_tokens").where("expires_at", "<=", new Date(now)).execute();
  await kysely.deleteFrom("sign_ups").where("expires_at", "<=", new Date(now)).execute();
  await kysely
    .deleteFrom("mails")
    .where("settled_at", "<=", new Date(now - KEPT_AFTER_SENT_MS))
    .execute();
  await kysely
    .deleteFrom("devices")
    .where("last_seen_at", "<=", new Date(now - DEVICE_UNSEEN_MS_MAX))
    .execute();
}

export interface PostOffice {
  /** A row was written here: send it now instead of at the next look. */
  kick(): void;
  /** Throws the problem of a door that takes no more in. */
  requireRoom(): void;
  /** Ends the batch under way, then stops. */
  close(): Promise<void>;
}

/** Runs until closed. */
export function createPostOffice(deps: Deps): PostOffice {
  const { database, clock, log } = deps;
  const stopping = new AbortController();
  let nap: AbortController | undefined;
  let kicked = false;
  let isFull = false;
  let sweptAt = Number.NEGATIVE_INFINITY;

  const rest = async (durationMs: number) => {
    if (kicked || stopping.signal.aborted) return;
    nap = new AbortController();
    await clock.sleep(durationMs, nap.signal).catch(() => {});
    nap = undefined;
  };

  const look = async (): Promise<number> => {
    if (clock.now() - sweptAt >= SWEEP_INTERVAL_MS) {
      await sweepIdentity(deps);
      sweptAt = clock.now();
    }
    const sent = await sendDueMail(deps);
    if (sent < BATCH_MAX && !isFull) return sent;
    const waiting = await database.kysely
      .selectFrom("mails")
      .select((eb) => eb.fn.countAll().as("count"))
      .where("settled_at", "is", null)
      .executeTakeFirst();
    isFull = Number(waiting?.count ?? 0) >= WAITING_MAX;
    return sent;
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        kicked = false;
        if ((await look()) === 0) await rest(POLL_MS);
      } catch (err) {
        log.error({ err }, "the post office could not look for mail; it stays where it is");
        kicked = false;
        await rest(FAILED_PAUSE_MS);
      }
    }
  };

  const running = run();
  return {
    kick() {
      kicked = true;
      nap?.abort();
    },
    requireRoom() {
      if (isFull) throw refuse("unavailable", "Too much mail is waiting. Try again later.");
    },
    async close() {
      stopping.abort();
      nap?.abort();
      await running;
    },
  };
}
