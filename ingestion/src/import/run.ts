/**
 * Runs an import: titles into the catalogue, people into accounts with one profile each, and every row as an event
 * through the same log (and so the same sink and live fold) as live traffic.
 *
 * One batch: its events are appended to the log, then one transaction of the database writes the stated preferences
 * and the progress. Cut off in between, the batch comes again: its events carry the same ids (a hash of what they say),
 * and readers count an id once. An import that is done is not done again: its fingerprint is known.
 */
import { createHash } from "node:crypto";
import type { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { EVENT_VERSION } from "@thewatcher/contracts/events";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { topics } from "@thewatcher/contracts/topics";
import type { Clock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/result";
import { deterministicUuid7 } from "@thewatcher/kit/uuid";
import type { Database } from "@thewatcher/stores/database/port";
import type { EventLog, NewRecord } from "@thewatcher/stores/event-log/port";
import { bareTitle, titleIdOf } from "./movielens.ts";
import type { ImportRow, ImportSource } from "./source.ts";

/** Rows of one batch: ~5 MB of events; one fsync of the log and one transaction for each 20,000. */
const BATCH_ROWS = 20_000;

export interface ImportProgress {
  readonly rowsDone: number;
  readonly rowsExpected: number | undefined;
  readonly elapsedMs: number;
}

export interface ImportSummary {
  readonly source: string;
  readonly layout: string;
  readonly rows: number;
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
  readonly putTitles: (titles: readonly TitleDetails[]) => Promise<unknown>;
  readonly clock: Clock;
  /** Of the accounts made. */
  readonly country: string;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
}

/** The pseudonym of an imported person: the same for the same external id, and no way back without the table. */
export function importedProfileId(externalId: string): ProfileId {
  return `p-${createHash("sha256").update(`profile\n${externalId}`).digest("hex").slice(0, 20)}` as ProfileId;
}

function importedAccountId(externalId: string): string {
  return `a-${createHash("sha256").update(`account\n${externalId}`).digest("hex").slice(0, 20)}`;
}

export async function runImport(source: ImportSource, deps: ImportDeps): Promise<ImportSummary> {
  const { database, clock } = deps;
  const startedMs = clock.monotonicMs();
  const importId = source.fingerprint;
  const known = await database.kysely
    .selectFrom("imports")
    .selectAll()
    .where("import_id", "=", importId)
    .executeTakeFirst();
  const resumedAt = known?.rows_done ?? 0;
  const people = new Map<string, ProfileId>();
  const titles = new Set<string>();
  const state = { rowsDone: 0 };
  const summary = (alreadyDone: boolean): ImportSummary => ({
    source: source.source,
    layout: source.layout,
    rows: alreadyDone ? resumedAt : state.rowsDone,
    profiles: people.size,
    titles: titles.size,
    alreadyDone,
    resumedAt,
    elapsedMs: clock.monotonicMs() - startedMs,
  });
  if (known?.done) {
    const counts = await storedCounts(database, source.source);
    return { ...summary(true), ...counts };
  }

  await deps.putTitles(source.titles);
  for (const title of source.titles) titles.add(title.titleId);

  let batch: ImportRow[] = [];
  const flush = async (): Promise<void> => {
    const rows = batch;
    batch = [];
    const fresh = state.rowsDone + rows.length > resumedAt;
    // A batch done by an earlier run is read again for the people and titles it names, nothing more.
    const newPeople = nameNew(rows, source.source, people);
    const newTitles = titlesOf(rows, source.source, titles, clock.now());
    if (fresh) {
      if (newTitles.length > 0) await deps.putTitles(newTitles);
      await writeBatch(rows, newPeople, source, people, deps, state.rowsDone + rows.length);
    }
    state.rowsDone += rows.length;
    deps.onProgress?.({
      rowsDone: state.rowsDone,
      rowsExpected: source.rowsExpected,
      elapsedMs: clock.monotonicMs() - startedMs,
    });
  };

  for await (const rows of keepWhatWasRead(
    source.rows(),
    flush,
    () => batch.length,
    () => state.rowsDone,
  )) {
    for (const row of rows) {
      batch.push(row);
      if (batch.length === BATCH_ROWS) await flush();
    }
    deps.signal?.throwIfAborted();
  }
  if (batch.length > 0) await flush();
  await database.kysely
    .updateTable("imports")
    .set({ done: true, updated_at: new Date(clock.now()) })
    .where("import_id", "=", importId)
    .execute();
  return summary(false);
}

/** When reading fails on a line, what came before it is imported first, and the message says so. */
async function* keepWhatWasRead(
  rows: AsyncIterable<readonly ImportRow[]>,
  flush: () => Promise<void>,
  pending: () => number,
  done: () => number,
): AsyncGenerator<readonly ImportRow[]> {
  try {
    yield* rows;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (pending() > 0) await flush();
    throw new UserError(
      `${error.message}\n${done()} rows before it are imported and kept; mend the line and run the same command again to go on`,
      { cause: error },
    );
  }
}

async function storedCounts(database: Database, source: string): Promise<{ profiles: number; titles: number }> {
  const { kysely } = database;
  const count = (value: { count: string | number | bigint } | undefined): number => Number(value?.count ?? 0);
  const profiles = await kysely
    .selectFrom("profiles")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("external_id", "like", `${source.replaceAll(/([\\%_])/g, "\\$1")}:%`)
    .executeTakeFirst();
  const titles = await kysely
    .selectFrom("titles")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("source", "=", source)
    .executeTakeFirst();
  return { profiles: count(profiles), titles: count(titles) };
}

function nameNew(rows: readonly ImportRow[], source: string, people: Map<string, ProfileId>): string[] {
  const fresh: string[] = [];
  for (const { user } of rows) {
    if (people.has(user)) continue;
    people.set(user, importedProfileId(`${source}:${user}`));
    fresh.push(user);
  }
  return fresh;
}

function titlesOf(rows: readonly ImportRow[], source: string, titles: Set<string>, now: number): TitleDetails[] {
  const fresh: TitleDetails[] = [];
  for (const { item } of rows) {
    const titleId = titleIdOf(source, item);
    if (titles.has(titleId)) continue;
    titles.add(titleId);
    fresh.push(bareTitle(source, item, now));
  }
  return fresh;
}

async function writeBatch(
  rows: readonly ImportRow[],
  newPeople: readonly string[],
  source: ImportSource,
  people: ReadonlyMap<string, ProfileId>,
  deps: ImportDeps,
  rowsDone: number,
): Promise<void> {
  const { database, clock, country } = deps;
  const now = clock.now();
  const stamp = new Date(now).toISOString();
  const records: NewRecord[] = [];
  // Keyed by profile, title and kind, the newest last: one INSERT may not touch a row twice.
  const preferences = new Map<string, readonly unknown[]>();
  for (const row of rows) {
    const profileId = people.get(row.user) as ProfileId;
    const titleId = titleIdOf(source.source, row.item);
    const occurredAt = new Date(row.occurredAt).toISOString();
    const kind = row.stars === undefined ? "watched" : "rate";
    const value = row.stars ?? row.strength;
    const eventId = deterministicUuid7(
      `${source.source}\n${row.user}\n${row.item}\n${row.occurredAt}\n${kind}\n${value}`,
      row.occurredAt,
    );
    const payload =
      row.stars === undefined ? watchedPayload(titleId, row.strength) : `{"titleId":"${titleId}","stars":${row.stars}}`;
    records.push({
      key: profileId,
      // Every part is checked to hold no quote or backslash; building the text costs a third of JSON.stringify here.
      value: `{"version":${EVENT_VERSION},"eventId":"${eventId}","type":"${kind}","occurredAt":"${occurredAt}","sentAt":"${occurredAt}","receivedAt":"${stamp}","knownAt":"${stamp}","profileId":"${profileId}","device":"import","country":"${country}","timeQuality":"${source.timeQuality}","payload":${payload}}`,
    });
    const key = `${profileId}\n${titleId}`;
    const before = preferences.get(key);
    if (!before || (before[4] as string) <= occurredAt)
      preferences.set(key, [profileId, titleId, kind, value ?? null, occurredAt, eventId]);
  }
  await deps.eventLog.append(topics.stated.name, records);
  await database.transaction(async (transaction) => {
    await database.writeBulk(
      {
        table: "accounts",
        columns: ["account_id", "external_id", "country"],
        keyColumns: ["account_id"],
        onConflict: "keep",
        rows: newPeople.map((user) => [
          importedAccountId(`${source.source}:${user}`),
          `${source.source}:${user}`,
          country,
        ]),
      },
      transaction,
    );
    await database.writeBulk(
      {
        table: "profiles",
        columns: ["profile_id", "account_id", "name", "external_id"],
        keyColumns: ["profile_id"],
        onConflict: "keep",
        rows: newPeople.map((user) => [
          people.get(user),
          importedAccountId(`${source.source}:${user}`),
          `Viewer ${user}`,
          `${source.source}:${user}`,
        ]),
      },
      transaction,
    );
    await database.writeBulk(
      {
        table: "stated_preferences",
        columns: ["profile_id", "title_id", "kind", "value", "stated_at", "event_id"],
        keyColumns: ["profile_id", "title_id", "kind"],
        onConflict: "replace",
        rows: preferences.values(),
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
        updated_at: new Date(now),
      })
      .onConflict((conflict) =>
        conflict.column("import_id").doUpdateSet({ rows_done: rowsDone, updated_at: new Date(now) }),
      )
      .execute();
  });
}

function watchedPayload(titleId: string, strength: number | undefined): string {
  return strength === undefined ? `{"titleId":"${titleId}"}` : `{"titleId":"${titleId}","strength":${strength}}`;
}
