/**
 * Runs an import: titles into the catalogue, people into accounts with one profile each, and every row as an event
 * through the same log (and so the same sink and live fold) as live traffic.
 *
 * One batch: its events are appended to the log, then one transaction of the database writes people, titles, stated
 * preferences and the progress. Cut off in between, it comes again: its events carry the same ids (a hash of what
 * they say), and readers count an id once. An import that is done is not done again: its fingerprint is known.
 *
 * While the transaction of one batch runs, the next is appended and the one behind it is read and made: both log and
 * database mostly wait for their disk. Three batches at once, no more; transactions keep the order of the file.
 */
import { createHash } from "node:crypto";
import type { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { EVENT_VERSION } from "@thewatcher/contracts/events";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { topics } from "@thewatcher/contracts/topics";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { deterministicUuid7 } from "@thewatcher/kit/uuid";
import type { Database } from "@thewatcher/stores/database/port";
import type { EventLog, NewRecord } from "@thewatcher/stores/event-log/port";
import { createInstantText } from "./instants.ts";
import { type ImportRow, type ImportSource, type RowChunk, titleIdOf } from "./source.ts";

/** Rows of one batch: ~10 MB of events; one fsync of the log and one transaction for each 20,000 (an append takes no more). */
export const BATCH_ROWS = 20_000;

export interface ImportProgress {
  readonly rowsDone: number;
  /** From 0 to 1, by the bytes of the file. */
  readonly fraction: number;
  readonly elapsedMs: number;
}

export interface ImportSummary {
  readonly source: string;
  readonly layout: string;
  readonly rows: number;
  /** What the database holds of this source now. */
  readonly profiles: number;
  readonly titles: number;
  /** Done by an earlier run of the same files: this one had nothing to do. */
  readonly alreadyDone: boolean;
  /** Rows that an earlier, cut-off run had done. */
  readonly resumedAt: number;
  readonly elapsedMs: number;
}

export interface ImportDeps {
  readonly database: Database;
  readonly eventLog: EventLog;
  /** Inserts or replaces. */
  readonly putTitles: (titles: readonly TitleDetails[]) => Promise<unknown>;
  readonly clock: Clock;
  /** Of the accounts made. */
  readonly country: string;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
  /** Default: `BATCH_ROWS`, which is the most; tests take fewer. */
  readonly batchRows?: number;
}

const pseudonym = (kind: "account" | "profile", externalId: string): string =>
  `${kind[0]}-${createHash("sha256").update(`${kind}\n${externalId}`).digest("hex").slice(0, 20)}`;

/** The pseudonym of an imported person: the same for the same external id, and no way back without the table. */
export const importedProfileId = (externalId: string): ProfileId => pseudonym("profile", externalId) as ProfileId;

/** Ids of the source that no batch before named. */
interface NewNames {
  readonly users: readonly string[];
  readonly items: readonly string[];
}

/** A batch, ready to be written. */
interface Batch {
  readonly rows: readonly ImportRow[];
  /** One for each row, with the profile as its key. */
  readonly records: readonly EncodedRecord[];
  readonly names: NewNames;
}

interface EncodedRecord extends NewRecord {
  readonly value: Buffer;
}

/** What every event begins with; its id comes right behind. */
const EVENT_HEAD = `{"version":${EVENT_VERSION},"eventId":"`;
const EVENT_ID_CHARACTERS = 36;
const CLOSING_BRACE = 0x7d;
/** Identifiers have at most 64 characters, everything else of an event's text is fixed or a number. */
const EVENT_BYTES_MAX = 640;

export async function runImport(source: ImportSource, deps: ImportDeps): Promise<ImportSummary> {
  const { database, clock, signal, batchRows = BATCH_ROWS } = deps;
  const startedMs = clock.monotonicMs();
  const elapsedMs = (): number => clock.monotonicMs() - startedMs;
  const known = await database.kysely
    .selectFrom("imports")
    .selectAll()
    .where("import_id", "=", source.fingerprint)
    .executeTakeFirst();
  const resumedAt = known?.rows_done ?? 0;
  const summary = async (rows: number, alreadyDone: boolean): Promise<ImportSummary> => ({
    source: source.source,
    layout: source.layout,
    rows,
    ...(await countStored(database, source.source)),
    alreadyDone,
    resumedAt,
    elapsedMs: elapsedMs(),
  });
  if (known?.done) return summary(resumedAt, true);
  await deps.putTitles(source.titles);

  const builder = createBatchBuilder(source, deps);
  let rowsRead = 0;
  let rowsDone = 0;
  let appended: Promise<unknown> = Promise.resolve();
  /** The last two batches handed over: both in the database and reported. */
  let written: Promise<void> = Promise.resolve();
  let writtenBefore: Promise<void> = Promise.resolve();

  /** Builds the batch while those before it are written, then starts writing it. */
  async function handOver(rows: readonly ImportRow[], bytesRead: number): Promise<void> {
    rowsRead += rows.length;
    // A batch done by an earlier run is read again for the people and titles it names, nothing more.
    const names = builder.newNames(rows);
    const batch = rowsRead > resumedAt ? builder.build(rows, names) : undefined;
    const fraction = source.bytesTotal === 0 ? 1 : Math.min(1, bytesRead / source.bytesTotal);
    await writtenBefore;
    writtenBefore = written;
    if (batch) appended = appended.then(() => deps.eventLog.append(topics.stated.name, batch.records));
    written = Promise.all([appended, written]).then(() => finish(batch, rows.length, fraction));
    // Failures are met where `written` is awaited, which may be some reading away.
    appended.catch(() => undefined);
    written.catch(() => undefined);
  }

  async function finish(batch: Batch | undefined, rowCount: number, fraction: number): Promise<void> {
    if (batch) await saveBatch(batch, source, deps, rowsDone + rowCount);
    rowsDone += rowCount;
    deps.onProgress?.({ rowsDone, fraction, elapsedMs: elapsedMs() });
  }

  try {
    let pending: ImportRow[] = [];
    let bytesRead = 0;
    for await (const chunk of untilMistake(source.rows())) {
      if ("mistake" in chunk) {
        if (pending.length > 0) await handOver(pending, bytesRead);
        await written;
        throw new UserError(
          `${chunk.mistake.message}; the ${rowsDone} rows before it are imported and kept: mend it and run the same command again to go on`,
          { cause: chunk.mistake },
        );
      }
      bytesRead = chunk.bytesRead;
      for (let start = 0; start < chunk.rows.length; ) {
        const end = Math.min(chunk.rows.length, start + batchRows - pending.length);
        pending = pending.length === 0 ? chunk.rows.slice(start, end) : pending.concat(chunk.rows.slice(start, end));
        start = end;
        if (pending.length === batchRows) {
          await handOver(pending, bytesRead);
          pending = [];
        }
      }
      signal?.throwIfAborted();
    }
    if (pending.length > 0) await handOver(pending, source.bytesTotal);
    await written;
  } finally {
    // Whoever closes the stores when this fails must not find a batch half way.
    await Promise.allSettled([appended, written, writtenBefore]);
  }
  await database.kysely
    .updateTable("imports")
    .set({ done: true, updated_at: new Date(clock.now()) })
    .where("import_id", "=", source.fingerprint)
    .execute();
  return summary(rowsDone, false);
}

/** A person's mistake in the file as the last element: what came before it is still imported. */
async function* untilMistake(
  chunks: AsyncIterable<RowChunk>,
): AsyncGenerator<RowChunk | { readonly mistake: UserError }> {
  try {
    yield* chunks;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    yield { mistake: error };
  }
}

async function countStored(database: Database, source: string): Promise<{ profiles: number; titles: number }> {
  const { kysely } = database;
  // `_` and `%` mean something to LIKE.
  const externalIds = `${source.replaceAll(/[\\%_]/g, "\\$&")}:%`;
  const profiles = await kysely
    .selectFrom("profiles")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("external_id", "like", externalIds)
    .executeTakeFirstOrThrow();
  const titles = await kysely
    .selectFrom("titles")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("source", "=", source)
    .executeTakeFirstOrThrow();
  return { profiles: Number(profiles.count), titles: Number(titles.count) };
}

interface BatchBuilder {
  newNames(rows: readonly ImportRow[]): NewNames;
  /** Of rows whose names are known. */
  build(rows: readonly ImportRow[], names: NewNames): Batch;
}

function createBatchBuilder(
  source: ImportSource,
  { clock, country }: Pick<ImportDeps, "clock" | "country">,
): BatchBuilder {
  const people = new Map<string, ProfileId>();
  const items = new Set<string>();
  const prefix = titleIdOf(source.source, "");
  for (const { titleId } of source.titles) items.add(titleId.slice(prefix.length));
  const instantText = createInstantText();

  return {
    newNames(rows) {
      const users: string[] = [];
      const newItems: string[] = [];
      for (const { user, item } of rows) {
        if (!people.has(user)) {
          people.set(user, importedProfileId(`${source.source}:${user}`));
          users.push(user);
        }
        if (!items.has(item)) {
          items.add(item);
          newItems.push(item);
        }
      }
      return { users, items: newItems };
    },

    build(rows, names) {
      const stamp = new Date(clock.now()).toISOString();
      const stamped = `"receivedAt":"${stamp}","knownAt":"${stamp}","profileId":"`;
      const tail = `","device":"import","country":"${country}","timeQuality":"${source.timeQuality}","payload":{"titleId":"`;
      const records: EncodedRecord[] = [];
      // One buffer a batch, outside the heap: as strings, 20,000 events in flight kept the collector busy for two thirds
      // of the time. No part holds a quote or a backslash or anything but ASCII, and each is checked.
      const text = Buffer.allocUnsafeSlow(rows.length * EVENT_BYTES_MAX);
      let end = 0;
      for (const { user, item, stars, strength, occurredAt: at } of rows) {
        const profileId = people.get(user) as ProfileId;
        const occurredAt = instantText(at);
        const kind = kindOf(stars);
        const value = stars ?? strength;
        const eventId = deterministicUuid7(`${source.source}\n${user}\n${item}\n${at}\n${kind}\n${value}`, at);
        const said = value === undefined ? "" : stars === undefined ? `,"strength":${value}` : `,"stars":${value}`;
        const start = end;
        end += text.write(
          `${EVENT_HEAD}${eventId}","type":"${kind}","occurredAt":"${occurredAt}","sentAt":"${occurredAt}",${stamped}${profileId}${tail}${prefix}${item}"${said}}}`,
          start,
          "latin1",
        );
        assert(text[end - 1] === CLOSING_BRACE, "an event is written whole", () => ({ user, item }));
        records.push({ key: profileId, value: text.subarray(start, end) });
      }
      return { rows, records, names };
    },
  };
}

const kindOf = (stars: number | undefined): "rate" | "watched" => (stars === undefined ? "watched" : "rate");

function* preferencesOf({ rows, records }: Batch, source: string): Generator<readonly unknown[]> {
  const instantText = createInstantText();
  for (let i = 0; i < rows.length; i++) {
    const { item, stars, strength, occurredAt } = rows[i] as ImportRow;
    const { key, value: text } = records[i] as EncodedRecord;
    const eventId = text.toString("latin1", EVENT_HEAD.length, EVENT_HEAD.length + EVENT_ID_CHARACTERS);
    const value = stars ?? strength ?? null;
    yield [key, titleIdOf(source, item), kindOf(stars), value, false, instantText(occurredAt), eventId];
  }
}

/** The events of the batch are in the log. */
async function saveBatch(
  batch: Batch,
  source: ImportSource,
  { database, clock, country }: ImportDeps,
  rowsDone: number,
): Promise<void> {
  const { names } = batch;
  const externalIdOf = (user: string): string => `${source.source}:${user}`;
  const now = new Date(clock.now());
  await database.transaction(async (transaction) => {
    if (names.users.length > 0) {
      await database.writeBulk(
        {
          table: "accounts",
          columns: ["account_id", "external_id", "country"],
          keyColumns: ["account_id"],
          onConflict: "keep",
          rows: names.users.map((user) => [pseudonym("account", externalIdOf(user)), externalIdOf(user), country]),
        },
        transaction,
      );
      await database.writeBulk(
        {
          table: "profiles",
          columns: ["profile_id", "account_id", "name", "external_id"],
          keyColumns: ["profile_id"],
          onConflict: "keep",
          rows: names.users.map((user) => [
            importedProfileId(externalIdOf(user)),
            pseudonym("account", externalIdOf(user)),
            `Viewer ${user}`,
            externalIdOf(user),
          ]),
        },
        transaction,
      );
    }
    // Titles of which nothing but the id is known: one that the catalogue has stays as it is. None: no write at all, which
    // would raise the version of the catalogue.
    if (names.items.length > 0) {
      await database.writeBulk(
        {
          table: "titles",
          columns: ["title_id", "name", "genres", "directors", "source", "added_at"],
          keyColumns: ["title_id"],
          onConflict: "keep",
          rows: names.items.map((item) => [titleIdOf(source.source, item), item, [], [], source.source, now]),
        },
        transaction,
      );
    }
    await database.writeBulk(
      {
        table: "stated_preferences",
        columns: ["profile_id", "title_id", "kind", "value", "undone", "stated_at", "event_id"],
        keyColumns: ["profile_id", "title_id", "kind"],
        // What the person stated later (in the app, in a later import) holds, as catalog-api decides it.
        onConflict: { replaceWhenNewer: ["stated_at", "event_id"] },
        keysAreNew: true,
        rows: { [Symbol.iterator]: () => preferencesOf(batch, source.source) },
      },
      transaction,
    );
    await transaction
      .insertInto("imports")
      .values({
        import_id: source.fingerprint,
        source: source.source,
        layout: source.layout,
        rows_done: rowsDone,
        rows_refused: 0,
        done: false,
        updated_at: now,
      })
      .onConflict((conflict) => conflict.column("import_id").doUpdateSet({ rows_done: rowsDone, updated_at: now }))
      .execute();
  });
}
