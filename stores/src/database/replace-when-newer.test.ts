import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEmbeddedPostgres } from "./embedded-postgres.ts";
import type { Database } from "./port.ts";

interface Statement {
  readonly title: string;
  readonly stars: number;
  /** Seconds behind a fixed instant. */
  readonly second: number;
  readonly eventId: string;
}

const statement = fc.record({
  title: fc.constantFrom("t-1", "t-2"),
  stars: fc.integer({ min: 1, max: 5 }),
  second: fc.integer({ min: 0, max: 2 }),
  // By bytes "A" < "a" and "-" < "1": a language's order has it otherwise.
  eventId: fc.constantFrom("a-1", "a1", "A1", "b"),
});
const instantOf = (second: number) => new Date(Date.UTC(2026, 10, 23, 10, 0, second));

describe("a bulk write that replaces when newer", () => {
  let folder: string;
  let database: Database;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "newer-"));
    database = await openEmbeddedPostgres({ path: folder, clock: systemClock });
    await database.migrate();
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const write = (profile: string, statements: readonly Statement[], keysAreNew = false) =>
    database.writeBulk({
      table: "stated_preferences",
      columns: ["profile_id", "title_id", "kind", "value", "undone", "stated_at", "event_id"],
      keyColumns: ["profile_id", "title_id", "kind"],
      onConflict: { replaceWhenNewer: ["stated_at", "event_id"] },
      keysAreNew,
      rows: statements.map(({ title, stars, second, eventId }) => [
        profile,
        title,
        "rate",
        stars,
        false,
        instantOf(second),
        eventId,
      ]),
    });

  test("writes in any order and any split, guessed new or not, end in the latest by time, then by event id in bytes", async () => {
    let profiles = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(statement, { maxLength: 5 }), { maxLength: 4 }),
        fc.boolean(),
        async (writes, keysAreNew) => {
          const profile = `p-${++profiles}`;
          const winners = new Map<string, Statement>();
          for (const one of writes.flat()) {
            const held = winners.get(one.title);
            const isNewer =
              !held || one.second > held.second || (one.second === held.second && one.eventId > held.eventId);
            if (isNewer) winners.set(one.title, one);
          }
          for (const statements of writes) await write(profile, statements, keysAreNew);
          const stored = await database.kysely
            .selectFrom("stated_preferences")
            .selectAll()
            .where("profile_id", "=", profile)
            .orderBy("title_id")
            .execute();
          const expected = [...winners.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
          expect(stored.map((row) => [row.title_id, row.value, row.stated_at, row.event_id])).toEqual(
            expected.map((one) => [one.title, one.stars, instantOf(one.second), one.eventId]),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test("the answer counts only the rows that were written", async () => {
    const now: Statement = { title: "t-1", stars: 5, second: 2, eventId: "b" };
    expect(await write("p-count", [now])).toBe(1);
    expect(await write("p-count", [{ ...now, stars: 1, second: 1 }])).toBe(0);
    expect(await write("p-count", [now])).toBe(0);
    expect(await write("p-count", [now], true)).toBe(0);
    expect(await write("p-count-new", [now, { ...now, title: "t-2" }], true)).toBe(2);
  });
});
