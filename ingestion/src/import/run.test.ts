import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { storedEventSchemas } from "@thewatcher/contracts/events";
import { topics } from "@thewatcher/contracts/topics";
import { systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { openEmbeddedPostgres } from "@thewatcher/stores/database/embedded-postgres";
import type { Database } from "@thewatcher/stores/database/port";
import { openLmdbEventLog } from "@thewatcher/stores/event-log/lmdb";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FaultPlan, failOperation } from "../testing/faults.ts";
import { createTestFolder, readAll, type TestFolder, thrownBy } from "../testing/files.ts";
import { readJson } from "../testing/stores.ts";
import { openInteractions } from "./interactions.ts";
import { openMovieLens } from "./movielens.ts";
import { type ImportProgress, type ImportSummary, importedProfileId, runImport } from "./run.ts";
import type { ImportSource } from "./source.ts";

const ADDED_AT = Date.UTC(2026, 10, 23, 10);

let root: string;
let database: Database;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "import-run-"));
  database = await openEmbeddedPostgres({ path: join(root, "database"), clock: systemClock });
  await database.migrate();
});
afterAll(async () => {
  await database.close();
  await rm(root, { recursive: true, force: true });
});

let folder: TestFolder;
let eventLog: EventLog;
/** Of its own for each test: the database is one. */
let name: string;
let count = 0;
beforeEach(async () => {
  folder = await createTestFolder();
  name = `s${++count}`;
  eventLog = await freshLog();
});
afterEach(async () => {
  await eventLog.close();
  await folder[Symbol.asyncDispose]();
});

async function freshLog(): Promise<EventLog> {
  const log = await openLmdbEventLog({ path: join(root, `log-${name}`), clock: systemClock });
  await log.ensureTopic(topics.stated);
  return log;
}

const putTitles = (titles: readonly TitleDetails[]): Promise<number> =>
  database.writeBulk({
    table: "titles",
    columns: ["title_id", "name", "year", "genres", "directors", "source", "added_at"],
    keyColumns: ["title_id"],
    onConflict: "replace",
    rows: titles.map((title) => [title.titleId, title.name, title.year, title.genres, [], title.source, title.addedAt]),
  });

interface Options {
  readonly batchRows?: number;
  readonly faults?: FaultPlan;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
}

function run(
  source: ImportSource,
  { batchRows = 4, faults, signal, onProgress }: Options = {},
): Promise<ImportSummary> {
  const guard = <Value>(work: () => Promise<Value>): Promise<Value> => (faults ? faults.run(work) : work());
  return runImport(source, {
    database: { ...database, transaction: (work) => guard(() => database.transaction(work)) },
    eventLog: { ...eventLog, append: (topic, records) => guard(() => eventLog.append(topic, records)) },
    putTitles: (titles) => guard(() => putTitles(titles)),
    clock: systemClock,
    country: "BY",
    batchRows,
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
}

async function ratings(lines: readonly string[]): Promise<ImportSource> {
  await folder.write("ratings.dat", `${lines.join("\n")}\n`);
  await folder.write("movies.dat", "1::A (1998)::Drama\n2::B (1999)::Comedy\n");
  return openMovieLens(folder.path, { source: name, addedAt: ADDED_AT });
}

/** 10 ratings of 3 users on 4 movies, of which the folder names 2. */
const LINES = Array.from(
  { length: 10 },
  (_, index) => `${1 + (index % 3)}::${1 + (index % 4)}::${1 + (index % 5)}::${978_300_000 + index}`,
);

const logged = () => readJson(eventLog, topics.stated.name);
const distinctIds = async (): Promise<number> => new Set((await logged()).map((event) => event.eventId)).size;

async function preferences(): Promise<readonly (readonly unknown[])[]> {
  const rows = await database.kysely
    .selectFrom("stated_preferences")
    .selectAll()
    .where("title_id", "like", `${name}:%`)
    .orderBy("title_id")
    .orderBy("profile_id")
    .execute();
  return rows.map((row) => [row.profile_id, row.title_id, row.kind, row.value, row.undone, row.stated_at.getTime()]);
}

/** What the rows say, the latest of each person and title. */
async function expectedPreferences(source: ImportSource): Promise<readonly (readonly unknown[])[]> {
  const latest = new Map<string, readonly unknown[]>();
  for (const row of [...(await readAll(source))].sort((a, b) => a.occurredAt - b.occurredAt)) {
    const profileId = importedProfileId(`${name}:${row.user}`);
    const titleId = `${name}:${row.item}`;
    const kind = row.stars === undefined ? "watched" : "rate";
    latest.set(`${titleId}\n${profileId}`, [
      profileId,
      titleId,
      kind,
      row.stars ?? row.strength ?? null,
      false,
      row.occurredAt,
    ]);
  }
  return [...latest.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

describe("an import", () => {
  test("makes events that the contract accepts, people, titles and preferences", async () => {
    const source = await ratings(LINES);
    const summary = await run(source);
    expect(summary).toMatchObject({
      source: name,
      layout: "movielens-dat",
      rows: 10,
      profiles: 3,
      titles: 4,
      alreadyDone: false,
      resumedAt: 0,
    });
    const events = await logged();
    expect(events.length).toBe(10);
    for (const event of events) {
      expect(storedEventSchemas.rate.parse(event)).toEqual(event);
      expect(event).toMatchObject({ device: "import", country: "BY", timeQuality: "observed" });
    }
    const rows = await readAll(source);
    const said = (event: { profileId: string; occurredAt: string; payload: { titleId: string; stars: number } }) =>
      `${event.profileId} ${event.payload.titleId} ${event.payload.stars} ${event.occurredAt}`;
    expect(events.map((event) => said(storedEventSchemas.rate.parse(event))).sort()).toEqual(
      rows
        .map(
          (row) =>
            `${importedProfileId(`${name}:${row.user}`)} ${name}:${row.item} ${row.stars} ${new Date(row.occurredAt).toISOString()}`,
        )
        .sort(),
    );
    expect(await preferences()).toEqual(await expectedPreferences(source));
    const profile = await database.kysely
      .selectFrom("profiles")
      .innerJoin("accounts", "accounts.account_id", "profiles.account_id")
      .select(["profiles.name", "profiles.external_id", "accounts.country", "accounts.external_id as account"])
      .where("profile_id", "=", importedProfileId(`${name}:2`))
      .executeTakeFirst();
    expect(profile).toEqual({ name: "Viewer 2", external_id: `${name}:2`, country: "BY", account: `${name}:2` });
  });

  test("watches with and without strength, of synthetic times", async () => {
    const path = await folder.write("x.csv", "user,item,value\nu,a,2.5\nu,b,\nu,c,0.0000001\n");
    const source = await openInteractions(path, { source: name, valuesAreStars: false });
    await run(source);
    const events = (await logged()).map((event) => storedEventSchemas.watched.parse(event));
    expect(events.map((event) => [event.payload.strength, event.timeQuality, event.occurredAt])).toEqual([
      [2.5, "synthetic", "2000-01-01T00:00:00.000Z"],
      [undefined, "synthetic", "2000-01-01T00:01:00.000Z"],
      [1e-7, "synthetic", "2000-01-01T00:02:00.000Z"],
    ]);
    expect(await preferences()).toEqual(await expectedPreferences(source));
  });

  test("the longest ids fit into events and database", async () => {
    name = "s".repeat(20) + name.padStart(4, "0");
    const path = await folder.write("x.csv", `${"u".repeat(39)},${"i".repeat(39)},1000000\n`);
    await run(await openInteractions(path, { source: name, valuesAreStars: false }));
    const [event] = await logged();
    expect(storedEventSchemas.watched.parse(event)).toEqual(event);
  });

  test("run twice: the same counts, and not one more record in the log", async () => {
    const first = await run(await ratings(LINES));
    const again = await run(await ratings(LINES));
    expect(again).toMatchObject({
      rows: first.rows,
      profiles: first.profiles,
      titles: first.titles,
      alreadyDone: true,
    });
    expect((await logged()).length).toBe(10);
  });

  test("a title that nothing is known of is named by its id, and never replaces one that is known", async () => {
    await run(await ratings(LINES));
    const path = await folder.write("more.csv", "9,1\n9,77\n");
    await run(await openInteractions(path, { source: name, valuesAreStars: false }));
    const titles = await database.kysely
      .selectFrom("titles")
      .select(["title_id", "name"])
      .where("source", "=", name)
      .orderBy("title_id")
      .execute();
    expect(titles.map((title) => [title.title_id, title.name])).toEqual([
      [`${name}:1`, "A"],
      [`${name}:2`, "B"],
      [`${name}:3`, "3"],
      [`${name}:4`, "4"],
      [`${name}:77`, "77"],
    ]);
  });

  test("what the person stated later stays, an undo too; what was stated before is replaced", async () => {
    const profileId = importedProfileId(`${name}:1`);
    const live = (title: string, second: number, undone: boolean) => [
      profileId,
      `${name}:${title}`,
      "rate",
      undone ? null : 4.5,
      undone,
      new Date(second * 1000),
      "a-live-event",
    ];
    await database.writeBulk({
      table: "stated_preferences",
      columns: ["profile_id", "title_id", "kind", "value", "undone", "stated_at", "event_id"],
      keyColumns: ["profile_id", "title_id", "kind"],
      onConflict: "keep",
      rows: [live("1", 978_300_050, false), live("2", 978_300_050, true), live("3", 978_300_001, true)],
    });
    await run(await ratings(["1::1::2::978300010", "1::2::2::978300010", "1::3::2::978300010"]));
    expect((await preferences()).map(([, title, , value, undone]) => [title, value, undone])).toEqual([
      [`${name}:1`, 4.5, false],
      [`${name}:2`, null, true],
      [`${name}:3`, 2, false],
    ]);
  });

  test("the latest of one person's ratings of a title holds, wherever in the file it stands", async () => {
    const source = await ratings([
      "1::1::5::978300030",
      "1::1::1::978300010",
      "2::1::3::978300020",
      "2::2::3::978300020",
      "1::1::2::978300020",
    ]);
    await run(source, { batchRows: 2 });
    expect(await preferences()).toEqual(await expectedPreferences(source));
    expect((await logged()).length).toBe(5);
  });

  test("the bar goes from the first batch to the end of the file, never back", async () => {
    const seen: ImportProgress[] = [];
    await run(await ratings(LINES), { onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ rowsDone }) => rowsDone)).toEqual([4, 8, 10]);
    expect(seen.at(-1)?.fraction).toBe(1);
    for (const [index, { fraction }] of seen.entries())
      expect(fraction).toBeGreaterThanOrEqual(seen[index - 1]?.fraction ?? 0);
  });
});

describe("an import that was cut off", () => {
  test.each(["before", "after"] as const)(
    "whichever operation fails %s its effect: the next run leaves every row's event, and the right preferences",
    async (when) => {
      let isOver = false;
      for (let n = 1; !isOver; n++) {
        await eventLog.close();
        name = `s${++count}`;
        eventLog = await freshLog();
        const faults = failOperation(n, when);
        const error = await thrownBy(async () => run(await ratings(LINES), { faults }));
        isOver = !faults.fired();
        expect(error === undefined).toBe(isOver);
        const source = await ratings(LINES);
        const summary = await run(source);
        expect(summary).toMatchObject({ rows: 10, profiles: 3, titles: 4, alreadyDone: isOver });
        expect(await distinctIds()).toBe(10);
        // At most two batches were appended and not in the database: one in its transaction, one ahead of it.
        expect((await logged()).length).toBeLessThanOrEqual(10 + 2 * 4);
        expect(await preferences()).toEqual(await expectedPreferences(source));
      }
    },
  );

  test("goes on behind what is done, and appends none of it again", async () => {
    const stop = new AbortController();
    const lines = Array.from({ length: 40 }, (_, i) => `${1 + (i % 3)}::${1 + (i % 4)}::4::${978_300_000 + i}`);
    const source = await ratings(lines);
    const inChunks: ImportSource = {
      ...source,
      // A chunk for each batch, so that there is a moment to stop at.
      async *rows() {
        const rows = await readAll(source);
        for (let start = 0; start < rows.length; start += 4)
          yield { rows: rows.slice(start, start + 4), bytesRead: start };
      },
    };
    const error = await thrownBy(() =>
      run(inChunks, { signal: stop.signal, onProgress: () => stop.abort(new UserError("stopped by SIGINT")) }),
    );
    expect((error as Error).message).toBe("stopped by SIGINT");
    const before = (await logged()).length;
    const { rows_done: saved } = await database.kysely
      .selectFrom("imports")
      .select("rows_done")
      .where("import_id", "=", source.fingerprint)
      .executeTakeFirstOrThrow();
    // What was handed over is written to its end, so nothing is in the log alone.
    expect(before).toBe(saved);
    expect(saved).toBeLessThan(40);
    expect(await run(await ratings(lines))).toMatchObject({ resumedAt: saved, rows: 40, profiles: 3, titles: 4 });
    expect((await logged()).length).toBe(40);
    expect(await distinctIds()).toBe(40);
  });

  test.each([
    [
      "a bad rating",
      "1::3::99::978300006",
      'line 7: the rating "99" is not one of 0.5, 1, … 5 ("1::3::99::978300006")',
    ],
    [
      "bytes that are not UTF-8",
      "1::3::\xe9::978300006",
      "line 7: not UTF-8 (save the file as UTF-8 and import again)",
    ],
  ])(
    "by %s: what came before is kept, the line is said, and after mending no event counts twice",
    async (_, bad, what) => {
      const broken = await ratings(LINES);
      const file = await folder.write(
        "ratings.dat",
        Buffer.from([...LINES.slice(0, 6), bad, ...LINES.slice(7)].join("\n"), "latin1"),
      );
      const error = await thrownBy(async () =>
        run(await openMovieLens(folder.path, { source: name, addedAt: ADDED_AT })),
      );
      expect(error).toBeInstanceOf(UserError);
      expect((error as Error).message).toBe(
        `${file}: ${what}; the 6 rows before it are imported and kept: mend it and run the same command again to go on`,
      );
      expect((await logged()).length).toBe(6);
      expect((await preferences()).length).toBe(6);

      const mended = await ratings(LINES);
      expect(mended.fingerprint).toBe(broken.fingerprint);
      expect(await run(mended)).toMatchObject({ rows: 10, profiles: 3, titles: 4, alreadyDone: false });
      expect(await distinctIds()).toBe(10);
      expect(await preferences()).toEqual(await expectedPreferences(mended));
    },
  );
});
