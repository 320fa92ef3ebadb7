/** What every database promises, as a suite that runs against each adapter. `open` gives an empty database each time. */
import { UserError } from "@thewatcher/kit/user-error";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseMigrations } from "./migrations/all.ts";
import type { Database } from "./port.ts";
import { tableColumns } from "./table-columns.ts";

const AT = "2026-11-23T10:00:00.123Z";

type Preference = readonly [string, string, string, number | null, string, string];
const PREFERENCE_COLUMNS = ["profile_id", "title_id", "kind", "value", "stated_at", "event_id"] as const;

export function databaseContract(name: string, open: () => Promise<Database>): void {
  describe(`${name}: what every database promises`, () => {
    let database: Database;
    beforeAll(async () => {
      database = await open();
      expect(await database.migrate()).toEqual(Object.keys(databaseMigrations));
    });
    afterAll(async () => {
      await database.close();
    });
    const writePreferences = (rows: Iterable<Preference>, onConflict: "keep" | "replace") =>
      database.writeBulk({
        table: "stated_preferences",
        columns: PREFERENCE_COLUMNS,
        keyColumns: ["profile_id", "title_id", "kind"],
        onConflict,
        rows,
      });
    const preference = (profile: string, value: number, event = "e"): Preference => [
      profile,
      "t",
      "rate",
      value,
      AT,
      event,
    ];
    const valuesOf = async (profile: string) =>
      (
        await database.kysely.selectFrom("stated_preferences").selectAll().where("profile_id", "=", profile).execute()
      ).map(({ value }) => value);

    test("migrating again applies nothing, also from two at once", async () => {
      expect(await Promise.all([database.migrate(), database.migrate()])).toEqual([[], []]);
    });

    test("tables and columns are those that the code knows, with their types", async () => {
      const { rows } = await sql<{ table_name: string; column_name: string; data_type: string; is_nullable: string }>`
        SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE 'kysely%'`.execute(database.kysely);
      const found: Record<string, Record<string, readonly string[]>> = {};
      for (const { table_name, column_name, data_type, is_nullable } of rows) {
        found[table_name] = {
          ...found[table_name],
          [column_name]: is_nullable === "YES" ? [data_type, "null"] : [data_type],
        };
      }
      expect(found).toEqual(tableColumns);
    });

    test("a bulk write brings every value through as it is", async () => {
      const name = "tab\t newline\n return\r backslash\\ \\N quote\" ' ёж 🎬";
      const genres = ["a,b", '"', "\\", "", "NULL", "{}", "ё"];
      const written = await database.writeBulk({
        table: "titles",
        columns: ["title_id", "name", "year", "genres", "directors", "plot", "score", "source", "added_at"],
        keyColumns: ["title_id"],
        onConflict: "replace",
        rows: [
          ["bulk-1", name, 1999, genres, [], null, 7.25, "test", AT],
          ["bulk-2", "", null, [], ["x"], "\\N", null, "test", new Date(AT)],
        ],
      });
      expect(written).toBe(2);
      const rows = await database.kysely
        .selectFrom("titles")
        .select(["name", "year", "genres", "directors", "plot", "score", "added_at"])
        .where("source", "=", "test")
        .orderBy("title_id")
        .execute();
      expect(rows).toEqual([
        { name, year: 1999, genres, directors: [], plot: null, score: 7.25, added_at: new Date(AT) },
        { name: "", year: null, genres: [], directors: ["x"], plot: "\\N", score: null, added_at: new Date(AT) },
      ]);
    });

    test("on conflict the old row stays or the new one wins, also twice within one write", async () => {
      expect(await writePreferences([preference("c", 1), preference("c", 2)], "keep")).toBe(1);
      expect(await valuesOf("c")).toEqual([1]);
      expect(await writePreferences([preference("c", 3)], "keep")).toBe(0);
      expect(await valuesOf("c")).toEqual([1]);
      expect(await writePreferences([preference("c", 4), preference("c", 5)], "replace")).toBe(1);
      expect(await valuesOf("c")).toEqual([5]);
      expect(await writePreferences([], "replace")).toBe(0);
    });

    test("a bulk write that fails leaves nothing, and the connection as it was", async () => {
      await expect(writePreferences([preference("f", 3), preference("g", 99)], "keep")).rejects.toMatchObject({
        code: "23514",
      });
      expect(await valuesOf("f")).toEqual([]);
      const failing = function* (): Generator<Preference> {
        yield preference("f", 3);
        throw new Error("the source broke");
      };
      await expect(writePreferences(failing(), "keep")).rejects.toThrow("the source broke");
      expect(await valuesOf("f")).toEqual([]);
      expect(await writePreferences([preference("f", 3)], "keep")).toBe(1);
    });

    test("several writes and queries in one transaction come true together or not at all", async () => {
      const work = (fail: boolean) =>
        database.transaction(async (open) => {
          await open.insertInto("accounts").values({ account_id: "tx", country: "BY" }).execute();
          await database.writeBulk(
            {
              table: "profiles",
              columns: ["profile_id", "account_id", "name"],
              keyColumns: ["profile_id"],
              onConflict: "keep",
              rows: [["tx", "tx", "x"]],
            },
            open,
          );
          if (fail) throw new Error("changed my mind");
          return await open.selectFrom("profiles").selectAll().where("account_id", "=", "tx").execute();
        });
      await expect(work(true)).rejects.toThrow("changed my mind");
      expect(await database.kysely.selectFrom("accounts").selectAll().where("account_id", "=", "tx").execute()).toEqual(
        [],
      );
      expect(await work(false)).toMatchObject([{ profile_id: "tx" }]);
    });

    test("concurrent bulk writes of the same keys leave one row each", async () => {
      const rows = Array.from({ length: 500 }, (_, i) => preference(`same-${i}`, 2));
      await Promise.all([1, 2, 3, 4].map(() => writePreferences(rows, "replace")));
      const { count } = await database.kysely
        .selectFrom("stated_preferences")
        .select(({ fn }) => fn.countAll<string>().as("count"))
        .where("profile_id", "like", "same-%")
        .executeTakeFirstOrThrow();
      expect(count).toBe("500");
    });

    test("what can't be is refused: a country in lower case, stars beyond five, a profile without an account, an event twice", async () => {
      const { kysely } = database;
      const account: { account_id: string; country: string } = { account_id: "bad", country: "by" };
      await expect(kysely.insertInto("accounts").values(account).execute()).rejects.toMatchObject({ code: "23514" });
      await expect(
        kysely.insertInto("profiles").values({ profile_id: "bad", account_id: "nobody", name: "x" }).execute(),
      ).rejects.toMatchObject({ code: "23503" });
      const message = { event_id: "once", topic: "stated", key: "p", value: "{}" };
      await kysely.insertInto("outbox").values(message).execute();
      await expect(kysely.insertInto("outbox").values(message).execute()).rejects.toMatchObject({ code: "23505" });
    });

    test("removing an account removes its profiles and what they stated", async () => {
      const { kysely } = database;
      await kysely.insertInto("accounts").values({ account_id: "gone", country: "BY" }).execute();
      await kysely.insertInto("profiles").values({ profile_id: "gone", account_id: "gone", name: "x" }).execute();
      await writePreferences([preference("gone", 3)], "keep");
      await kysely.deleteFrom("accounts").where("account_id", "=", "gone").execute();
      expect(await valuesOf("gone")).toEqual([]);
    });

    test("any write to the catalogue raises its version by one statement", async () => {
      const versionOf = async () =>
        Number(
          (await database.kysely.selectFrom("catalogue_version").select("version").executeTakeFirstOrThrow()).version,
        );
      const before = await versionOf();
      await database.kysely.updateTable("titles").set({ plot: "new" }).where("title_id", "=", "bulk-1").execute();
      expect(await versionOf()).toBe(before + 1);
      await database.kysely.deleteFrom("titles").where("title_id", "=", "bulk-1").execute();
      expect(await versionOf()).toBe(before + 2);
    });

    test("keys of any script are kept apart as written; a text with a zero byte, which PostgreSQL can't hold, is refused whole", async () => {
      const keys = [
        "ёлка",
        "е\u0308лка",
        "电影",
        "🎬",
        "a'b",
        'a"b',
        "a\\b",
        "\u200b",
        "NULL",
        "\\N",
        "\\.",
        "k".repeat(64),
      ];
      const write = (rows: Iterable<readonly string[]>) =>
        database.writeBulk({
          table: "outbox",
          columns: ["event_id", "topic", "key", "value"],
          keyColumns: ["event_id"],
          onConflict: "keep",
          rows,
        });
      expect(await write(keys.map((key) => [`script ${key}`, "scripts", key, key]))).toBe(keys.length);
      const rows = await database.kysely
        .selectFrom("outbox")
        .select(["key", "value"])
        .where("topic", "=", "scripts")
        .execute();
      expect(rows.map(({ key }) => key).sort()).toEqual([...keys].sort());
      for (const { key, value } of rows) expect(value).toBe(key);
      const broken = [
        ["zero 1", "zero", "k", "v"],
        ["zero 2", "zero", "k\u0000", "v"],
      ];
      await expect(write(broken)).rejects.toMatchObject({ code: "22021" });
      const found = await database.kysely.selectFrom("outbox").select("key").where("topic", "=", "zero").execute();
      expect(found).toEqual([]);
    });

    test("a bulk write of 100,000 rows is written whole, and again nothing changes", async () => {
      const count = 100_000;
      const rows = {
        *[Symbol.iterator]() {
          for (let i = 0; i < count; i++) yield preference(`huge-${i}`, 1 + (i % 5));
        },
      };
      expect(await writePreferences(rows, "keep")).toBe(count);
      expect(await writePreferences(rows, "keep")).toBe(0);
      const { sum } = await database.kysely
        .selectFrom("stated_preferences")
        .select(({ fn }) => fn.sum<string>("value").as("sum"))
        .where("profile_id", "like", "huge-%")
        .executeTakeFirstOrThrow();
      // 1 + 2 + 3 + 4 + 5 = 15 for each five rows.
      expect(Number(sum)).toBe((count / 5) * 15);
    }, 60_000);

    test("a value of megabytes comes through; a key beyond its limit is refused", async () => {
      const plot = "ж🎬".repeat(500_000);
      const write = (titleId: string) =>
        database.writeBulk({
          table: "titles",
          columns: ["title_id", "name", "genres", "directors", "plot", "source", "added_at"],
          keyColumns: ["title_id"],
          onConflict: "replace",
          rows: [[titleId, "long", [], [], plot, "limits", AT]],
        });
      expect(await write("t".repeat(64))).toBe(1);
      const found = await database.kysely.selectFrom("titles").select("plot").where("source", "=", "limits").execute();
      expect(found[0]?.plot === plot).toBe(true);
      await expect(write("t".repeat(65))).rejects.toMatchObject({ code: "23514" });
    });

    test("a thousand transactions of fifty callers at once see their own and committed rows only, and commit what they said", async () => {
      const callers = Array.from({ length: 50 }, (_, caller) => caller);
      await Promise.all(
        callers.map(async (caller) => {
          const key = `caller-${caller}`;
          for (let round = 0; round < 20; round++) {
            // Every third is taken back, every fourth writes in bulk (a temporary table of its transaction).
            const takenBack = (caller + round) % 3 === 0;
            const work = database.transaction(async (open) => {
              const setting = `${key}-${round}`;
              await sql`select set_config('application_name', ${setting}, true)`.execute(open);
              const row = { event_id: `${key}-${round}`, topic: "callers", key, value: String(round) };
              if (round % 4 === 0) {
                await database.writeBulk(
                  {
                    table: "outbox",
                    columns: ["event_id", "topic", "key", "value"],
                    keyColumns: ["event_id"],
                    onConflict: "keep",
                    rows: [[row.event_id, row.topic, row.key, row.value]],
                  },
                  open,
                );
              } else await open.insertInto("outbox").values(row).execute();
              const mine = await open
                .selectFrom("outbox")
                .select("value")
                .where("topic", "=", "callers")
                .where("key", "=", key)
                .orderBy("sequence")
                .execute();
              const before = Array.from({ length: round }, (_, earlier) => earlier);
              const kept = before.filter((earlier) => (caller + earlier) % 3 !== 0);
              expect(mine.map(({ value }) => Number(value))).toEqual([...kept, round]);
              const { rows } = await sql<{ name: string }>`select current_setting('application_name') as name`.execute(
                open,
              );
              expect(rows[0]?.name).toBe(setting);
              if (takenBack) throw new Error("taken back");
            });
            if (takenBack) await expect(work).rejects.toThrow("taken back");
            else await work;
          }
        }),
      );
      const { count } = await database.kysely
        .selectFrom("outbox")
        .select(({ fn }) => fn.countAll<string>().as("count"))
        .where("topic", "=", "callers")
        .executeTakeFirstOrThrow();
      const kept = callers.flatMap((caller) => Array.from({ length: 20 }, (_, round) => (caller + round) % 3 !== 0));
      expect(Number(count)).toBe(kept.filter(Boolean).length);
    }, 60_000);

    test("two transactions that lock each other out both come true: the one undone is done again", async () => {
      const { kysely } = database;
      for (const id of ["left", "right"]) {
        await kysely.insertInto("accounts").values({ account_id: id, country: "BY" }).execute();
      }
      let attempts = 0;
      let arrived = 0;
      let meet: () => void = () => {};
      const both = new Promise<void>((resolve) => {
        meet = resolve;
      });
      const lockBoth = (first: string, second: string) =>
        database.transaction(async (open) => {
          attempts++;
          const lock = (id: string) =>
            open
              .updateTable("accounts")
              .set({ external_id: `${first} ${id}` })
              .where("account_id", "=", id)
              .execute();
          await lock(first);
          // The first time both hold one before they ask for the other.
          if (++arrived === 2) meet();
          await both;
          await lock(second);
        });
      await Promise.all([lockBoth("left", "right"), lockBoth("right", "left")]);
      expect(attempts).toBe(3);
      const rows = await kysely
        .selectFrom("accounts")
        .select("external_id")
        .where("account_id", "in", ["left", "right"])
        .orderBy("account_id")
        .execute();
      // Both of one transaction, whichever came last.
      expect(new Set(rows.map(({ external_id }) => external_id?.split(" ")[0])).size).toBe(1);
    });

    test("a bulk write into what others write in another order is done again and comes true; rows that can be read once are not", async () => {
      const others = ["z-deadlock", "a-deadlock"];
      for (const id of others) await writePreferences([preference(id, 1)], "keep");
      const collide = async (rows: Iterable<Preference>) => {
        // Holds the last key and asks for the first, once the bulk write waits for the last behind the first.
        let bulk: Promise<unknown> | undefined;
        const live = database.transaction(async (open) => {
          const touch = (id: string) =>
            open.updateTable("stated_preferences").set({ value: 2 }).where("profile_id", "=", id).execute();
          await touch("z-deadlock");
          if (!bulk) {
            bulk = writePreferences(rows, "replace").catch((error: unknown) => error);
            await expect
              .poll(async () => (await sql`select 1 from pg_locks where not granted`.execute(open)).rows, {
                timeout: 20_000,
              })
              .not.toEqual([]);
          }
          await touch("a-deadlock");
        });
        await live;
        return await bulk;
      };
      const rows = [preference("a-deadlock", 5), preference("z-deadlock", 5)];
      expect(await collide(rows)).toBe(2);
      const once = (function* () {
        yield* rows;
      })();
      const outcome = await collide(once);
      // The server undoes either; where it was the bulk write, its caller hears of it and nothing was written twice.
      expect([2, "40P01"]).toContain((outcome as { code?: string }).code ?? outcome);
    }, 30_000);

    test("nothing of a transaction stays in the session, so a pooler may hand it on", async () => {
      await database.transaction(async (open) => {
        await database.writeBulk(
          {
            table: "stated_preferences",
            columns: PREFERENCE_COLUMNS,
            keyColumns: ["profile_id", "title_id", "kind"],
            onConflict: "keep",
            rows: [preference("pooler", 1)],
          },
          open,
        );
      });
      const { rows } = await sql<{ left: string }>`
        SELECT name AS left FROM pg_prepared_statements
        UNION ALL SELECT relname FROM pg_class WHERE relpersistence = 't'
        UNION ALL SELECT locktype FROM pg_locks WHERE locktype = 'advisory'`.execute(database.kysely);
      expect(rows).toEqual([]);
    });

    test("it says what it is", async () => {
      expect(await database.describe()).toMatch(/^PostgreSQL \d+/);
    });

    // Last: it leaves a migration behind that the code doesn't know.
    test("a schema newer than the program is refused", async () => {
      await sql`INSERT INTO kysely_migration (name, timestamp) VALUES ('0099-later', ${AT})`.execute(database.kysely);
      await expect(database.migrate()).rejects.toThrow(UserError);
      await expect(database.migrate()).rejects.toThrow(/newer than this program .*0099-later/);
    });
  });
}
