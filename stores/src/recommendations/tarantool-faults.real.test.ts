/** What happens to the store when its server is killed, frozen, full, refuses, or is of another version. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Generation, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { systemClock as clock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { missing } from "@thewatcher/testbed/available";
import type { RunningServer } from "@thewatcher/testbed/server";
import { startTarantool } from "@thewatcher/testbed/tarantool";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bucketIdOf } from "../tarantool/bucket.ts";
import type { TarantoolConnection } from "../tarantool/connection.ts";
import { migrate } from "../tarantool/migrate.ts";
import { openTarantool } from "../tarantool/open.ts";
import { tarantoolMigrations } from "../tarantool/schema/all.ts";
import type { RecommendationListEntry, RecommendationStore } from "./port.ts";
import { openTarantoolRecommendations } from "./tarantool.ts";

const GENERATION = "g1700000000000-0001" as Generation;
const profile = (n: number) => `ml:${n}` as ProfileId;
const list = (n: number, count = 5): RecommendationListEntry => ({
  profileId: profile(n),
  titleIds: Array.from({ length: count }, (_, i) => `film:${n}-${i}` as TitleId),
  scores: new Float32Array(count),
});
const state = (n: number, titleId: string) => ({
  version: 1 as const,
  profileId: profile(n),
  titles: [{ titleId: titleId as TitleId, touchedAt: n }],
});

/** On a busy machine a call or two may still miss their short deadline. */
async function comesBack(store: RecommendationStore): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const answered = await store.active().then(
      () => true,
      () => false,
    );
    if (answered) return true;
  }
  return false;
}

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

const SCHEMES = [
  ["our client", "tarantool:"],
  ["npm's driver", "tarantool+driver:"],
] as const;

async function open(url: string, requestMsMax = 5_000): Promise<RecommendationStore> {
  const store = await openTarantoolRecommendations({ url, clock, requestMsMax });
  opened.push(store);
  return store;
}

async function connect(url: string): Promise<TarantoolConnection> {
  const { connection } = await openTarantool("test", { url, clock });
  opened.push(connection);
  return connection;
}

async function refusalOf(url: string): Promise<string> {
  const outcome = await openTarantoolRecommendations({ url, clock, connectMsMax: 2_000 }).then(
    (store) => opened.push(store),
    (error: unknown) => error,
  );
  expect(outcome, String(outcome)).toBeInstanceOf(UserError);
  const { message } = outcome as UserError;
  expect(message).not.toMatch(/secret|wrong-one|\n/);
  return message;
}

describe.skipIf(missing("tarantool"))("recommendations on a Tarantool that fails", () => {
  let folder: string;
  let server: RunningServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tarantool-"));
    server = await startTarantool({ folder: join(folder, "server") });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const urlOf = (scheme: string) => server.url.replace("tarantool:", scheme);
  const own = async <T>(options: { readonly init?: string }, use: (other: RunningServer) => Promise<T>): Promise<T> => {
    const place = await mkdtemp(join(folder, "own-"));
    const initFile = join(place, "init.lua");
    if (options.init !== undefined) await writeFile(initFile, options.init);
    const other = await startTarantool({
      folder: join(place, "data"),
      ...(options.init === undefined ? {} : { initFile }),
    });
    try {
      return await use(other);
    } finally {
      for (const each of opened.splice(0)) await each.close();
      await other.stop();
    }
  };

  test.each(SCHEMES)(
    "killed while it is written to: what was acknowledged is there when it is back (%s)",
    async (_, scheme) => {
      await own({}, async (other) => {
        const store = await open(other.url.replace("tarantool:", scheme));
        await store.begin(GENERATION, { run: "r" });
        const acknowledged: number[] = [];
        const states: number[] = [];
        let failures = 0;
        const writers = [0, 1, 2, 3].map(async (writer) => {
          for (let n = writer; failures === 0; n += 4) {
            try {
              await store.putLists(GENERATION, [list(n)]);
              acknowledged.push(n);
              const position = { topic: "events", partition: writer, nextOffset: n };
              await store.putStates({ states: [{ state: state(n, "a"), replaces: undefined }], position });
              states.push(n);
            } catch {
              failures++;
            }
          }
        });
        while (acknowledged.length < 200) await clock.sleep(5);
        await other.kill();
        await Promise.all(writers);
        expect(failures).toBeGreaterThan(0);
        const meanwhile = store.getLists([profile(0)], GENERATION).catch(() => "rejected");
        await other.start();
        await meanwhile;
        const lists = await store.getLists(acknowledged.map(profile), GENERATION);
        expect(lists.filter((found) => found === undefined)).toEqual([]);
        expect(lists[7]?.titleIds).toEqual(list(acknowledged[7]!).titleIds);
        expect((await store.getStates(states.map(profile))).filter((found) => found === undefined)).toEqual([]);
        const [found] = await store.generations();
        expect(found!.listCount).toBeGreaterThanOrEqual(acknowledged.length);
        for (const { partition, nextOffset } of await store.statePositions("events")) {
          const last = states.filter((n) => n % 4 === partition).at(-1);
          expect(nextOffset).toBeGreaterThanOrEqual(last!);
        }
        await store.activate(GENERATION);
        expect(await store.active()).toBe(GENERATION);
      });
    },
  );

  test.each(SCHEMES)(
    "frozen: a call ends by its deadline, and the next one after the thaw is answered (%s)",
    async (_, scheme) => {
      const store = await open(urlOf(scheme), 300);
      await store.active();
      server.freeze();
      const startedMs = clock.monotonicMs();
      try {
        const calls = [store.active(), store.getStates([profile(1)])].map((call) =>
          call.then(
            () => "answered",
            (error: Error) => error.message,
          ),
        );
        for (const outcome of await Promise.all(calls)) {
          expect(outcome).toMatch(/recommendation store at tarantool.*(within 300 ms|silent for 300 ms)/);
        }
        expect(clock.monotonicMs() - startedMs).toBeLessThan(5_000);
      } finally {
        server.thaw();
      }
      expect(await comesBack(store)).toBe(true);
    },
  );

  test.each(SCHEMES)(
    "away: opening says so in one line; a store that was open says so by the deadline (%s)",
    async (_, scheme) => {
      await own({}, async (other) => {
        const url = other.url.replace("tarantool:", scheme);
        const store = await open(url, 300);
        await other.stop();
        await expect(store.active()).rejects.toThrow(/recommendation store at tarantool.*127\.0\.0\.1:\d+: /);
        expect(await refusalOf(url)).toMatch(
          /^recommendation store at tarantool\S*:\/\/thewatcher@127\.0\.0\.1:\d+: can't be reached \(.*ECONNREFUSED.*\); start Tarantool there/,
        );
        await other.start();
        expect(await comesBack(store)).toBe(true);
      });
    },
  );

  test.each(SCHEMES)("a wrong password and an unknown user are refused in one line (%s)", async (_, scheme) => {
    const url = new URL(urlOf(scheme));
    url.password = "wrong-one";
    expect(await refusalOf(url.href)).toMatch(
      /the server refuses its user \(.*'thewatcher'.*\); give the user and password/,
    );
    url.username = "nobody";
    expect(await refusalOf(url.href)).toMatch(/the server refuses its user/);
  });

  test("a host that does not exist is said in one line", async () => {
    expect(await refusalOf("tarantool://u:secret@no-such-host.invalid:3301")).toMatch(
      /can't be reached \(.*no-such-host/,
    );
  });

  test("a schema newer than this program is refused", async () => {
    await own({}, async (other) => {
      await open(other.url);
      const admin = await connect(other.url);
      await admin.eval("box.space.thewatcher_schema_migrations:insert({ 99, 'of tomorrow' })", []);
      expect(await refusalOf(other.url)).toMatch(
        new RegExp(
          `its schema is of version 99, this program knows up to ${tarantoolMigrations.length}: start the newer`,
        ),
      );
    });
  });

  test("several that open a new server at once make its schema once", async () => {
    await own({}, async (other) => {
      const connections = await Promise.all([1, 2, 3, 4].map(() => connect(other.url)));
      const applied = await Promise.all(connections.map((each) => migrate(each, "test", tarantoolMigrations)));
      expect(applied.flat()).toEqual(tarantoolMigrations.map(({ name }) => name));
      const [count] = await connections[0]!.eval("return box.space.thewatcher_schema_migrations:len()", []);
      expect(count).toBe(tarantoolMigrations.length);
    });
  });

  test("a migration that fails leaves nothing behind", async () => {
    await own({}, async (other) => {
      const connection = await connect(other.url);
      const broken = { version: 1, name: "broken", lua: "box.schema.space.create('half'); error('no further')" };
      await expect(migrate(connection, "test", [broken])).rejects.toThrow("no further");
      expect(
        await connection.eval("return box.space.half == nil, box.space.thewatcher_schema_migrations == nil", []),
      ).toEqual([true, true]);
      expect(await migrate(connection, "test", tarantoolMigrations)).toHaveLength(tarantoolMigrations.length);
    });
  });

  test("a user who may only call the functions works on a schema that is there, and is told what is missing where it isn't", async () => {
    await own({}, async (other) => {
      const admin = await connect(other.url);
      await admin.eval("box.schema.user.create('program', { password = 'secret' })", []);
      const url = other.url.replace("thewatcher:", "program:");
      expect(await refusalOf(url)).toMatch(
        /its schema has to be made .* then grant this one the role "thewatcher_program"/,
      );
      await open(other.url);
      await admin.eval("box.schema.user.grant('program', 'thewatcher_program')", []);
      const store = await open(url);
      await store.begin(GENERATION, { run: "r" });
      await store.putLists(GENERATION, [list(1)]);
      await store.activate(GENERATION);
      expect((await store.getLists([profile(1)]))[0]?.titleIds).toEqual(list(1).titleIds);
      expect((await store.putStates({ states: [{ state: state(1, "t"), replaces: undefined }] })).conflicts).toEqual(
        [],
      );
      await expect(store.describe()).resolves.toMatch(/^Tarantool 2\..*wal_mode write, \d+ of 256 MiB/);
    });
  });

  test.each(SCHEMES)(
    "its memory full: the call says so, nothing of its transaction is kept, and reads go on (%s)",
    async (_, scheme) => {
      const init = `
      box.cfg{ work_dir = os.getenv('TT_DIR'), memtx_memory = 34 * 1024 * 1024 }
      box.schema.user.create(os.getenv('TT_USER'), { password = os.getenv('TT_PASSWORD'), if_not_exists = true })
      box.schema.user.grant(os.getenv('TT_USER'), 'super', nil, nil, { if_not_exists = true })
      box.cfg{ listen = os.getenv('TT_LISTEN') }
    `;
      await own({ init }, async (other) => {
        const store = await open(other.url.replace("tarantool:", scheme));
        await store.begin(GENERATION, {});
        // 100 lists of 500 titles: 0.9 MB, one transaction.
        const batch = (b: number) => Array.from({ length: 100 }, (_unused, i) => list(b * 100 + i, 500));
        let batches = 0;
        let failure: Error | undefined;
        for (; !failure && batches < 100; batches++) {
          await store.putLists(GENERATION, batch(batches)).catch((error: Error) => {
            failure = error;
          });
        }
        const written = batches - 1;
        expect(failure?.message).toMatch(
          /its memory is full, nothing of this part was kept: drop old generations or raise memtx/,
        );
        expect(written).toBeGreaterThan(5);
        expect((await store.generations())[0]!.listCount).toBe(written * 100);
        expect((await store.getLists([profile(written * 100)], GENERATION))[0]).toBeUndefined();
        expect((await store.getLists([profile(0)], GENERATION))[0]?.titleIds).toEqual(list(0, 500).titleIds);
        await store.drop(GENERATION);
        await store.begin(GENERATION, {});
        await store.putLists(GENERATION, batch(0));
      });
    },
  );

  test("what is no tuple is refused by the server, which lives on", async () => {
    const store = await open(server.url);
    const connection = await connect(server.url);
    await store.begin(GENERATION, {});
    const call = (packed: Buffer) => connection.call("thewatcher_put_lists", [1, GENERATION, packed]);
    await expect(call(Buffer.of(0x94, 1, 0xa1))).rejects.toMatchObject({ code: expect.any(Number) });
    await expect(call(Buffer.of(0x07))).rejects.toThrow();
    await expect(call(Buffer.of(0xc1, 0xc1))).rejects.toThrow();
    await expect(call(Buffer.from([0x94, 1, 0xa3, 0x61, 0x62, 0x63, 0xa1, 0x61, 0xc4, 1, 0]))).rejects.toThrow(
      /among those of/,
    );
    expect((await store.generations())[0]!.listCount).toBe(0);
    await store.drop(GENERATION);
  });

  test("a drop that a crash cut short is finished before the next generation begins", async () => {
    const store = await open(server.url);
    const connection = await connect(server.url);
    const next = "g1700000000001-0001" as Generation;
    await store.begin(GENERATION, {});
    await store.putLists(
      GENERATION,
      [1, 2, 3].map((n) => list(n)),
    );
    await connection.call("thewatcher_mark_dropped", [GENERATION]);
    expect(await store.generations()).toEqual([]);
    expect(await connection.eval("return box.space.thewatcher_lists:len()", [])).toEqual([3]);
    await store.begin(next, {});
    expect(await connection.eval("return box.space.thewatcher_lists:len()", [])).toEqual([0]);
    await store.drop(next);
  });

  test("a profile lies in the bucket in which vshard looks for it", async () => {
    const connection = await connect(server.url);
    const ids = ["ml:1", "p-0190b3c2", "Ж🎬", "x".repeat(64), "a", ""];
    const lua = "local t = {}; for i, id in ipairs(...) do t[i] = require('digest').crc32(id) % 3000 + 1 end; return t";
    expect(await connection.eval(lua, [ids])).toEqual([ids.map(bucketIdOf)]);
  });

  describe.each(SCHEMES)("by %s", (client, scheme) => {
    const isDriver = client === "npm's driver";
    const exact = [0, -1, 2 ** 31, 2 ** 32, 2 ** 40, -(2 ** 40), Number.MAX_SAFE_INTEGER];

    test("integers up to 2^53, bytes and text go there and come back", async () => {
      const connection = await connect(urlOf(scheme));
      expect(await connection.eval("return ...", [exact, "Ж🎬", null, true])).toEqual([exact, "Ж🎬", null, true]);
      const [length] = await connection.eval("return #...", [Buffer.of(0, 255, 128)]);
      expect(length).toBe(3);
    });

    // msgpack-lite makes doubles of integers beyond 2^53 and does not know bigints.
    (isDriver ? test.fails : test)("integers up to 2^64 are exact", async () => {
      const connection = await connect(urlOf(scheme));
      const large = [2n ** 64n - 1n, 2n ** 53n + 1n, -(2n ** 63n)];
      expect(await connection.eval("return ...", [large])).toEqual([large]);
    });

    // The driver passes the text of an error on, not its code.
    (isDriver ? test.fails : test)("errors say their code", async () => {
      const connection = await connect(urlOf(scheme));
      await expect(connection.eval("box.error(box.error.WAL_IO)", [])).rejects.toMatchObject({ code: 40 });
    });

    // The driver calls as Tarantool 1.6 did, which needs eval, and eval needs the universe.
    (isDriver ? test.fails : test)("a user without eval can call", async () => {
      const admin = await connect(server.url);
      await open(server.url);
      await admin.eval("box.schema.user.create('caller', { password = 'secret', if_not_exists = true })", []);
      await admin.eval("box.schema.user.grant('caller', 'thewatcher_program', nil, nil, { if_not_exists = true })", []);
      const connection = await connect(urlOf(scheme).replace("thewatcher:", "caller:"));
      expect(await connection.call("thewatcher_schema_version", [])).toEqual([tarantoolMigrations.length]);
    });
  });
});
