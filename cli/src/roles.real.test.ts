/**
 * The distributed mode as a whole: each role as processes of its own over real servers, the loop through the public door,
 * and at each hop a look with another client than ours. Then what happens to processes and stores: a store that goes and
 * comes back, kill -9 under traffic, an orderly end.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DryRunReport } from "@thewatcher/contracts/api/control";
import { HomePage, RecommendationList } from "@thewatcher/contracts/api/serving";
import { EventBatchAnswer } from "@thewatcher/contracts/events";
import { EVENT_TOPICS, topics } from "@thewatcher/contracts/topics";
import { importedProfileId } from "@thewatcher/ingestion/import/run";
import { titleIdOf } from "@thewatcher/ingestion/import/source";
import { PROFILE_STATE_GROUP } from "@thewatcher/ingestion/profile-state-fold";
import { SINK_GROUP } from "@thewatcher/ingestion/sink";
import { systemClock } from "@thewatcher/kit/clock";
import { encodeTokenKeys, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { createRng } from "@thewatcher/kit/rng";
import { uuid7 } from "@thewatcher/kit/uuid";
import { missing } from "@thewatcher/testbed/available";
import { freePort, type RunningServer } from "@thewatcher/testbed/server";
import { SERVERS } from "@thewatcher/testbed/servers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { command } from "./testing/cinema-process.ts";
import { createLiveTraffic } from "./testing/live-traffic.ts";
import { generateRatings, writeMovieLens } from "./testing/movielens-files.ts";
import {
  askObjects,
  askPostgres,
  askRedis,
  askTarantool,
  askWarehouse,
  lookIntoKafka,
} from "./testing/other-clients.ts";
import { askTrainer, type RoleProcess, readinessOf, startRole, untilReady } from "./testing/role-process.ts";

const STORES = ["kafka", "clickhouse", "tarantool", "postgres", "redis", "minio"] as const;
const absent = STORES.map((name) => missing(name)).filter((reason) => reason !== undefined);

const VIEWERS = { users: 40, items: 120, perUser: 30, seed: 5 } as const;
const SOURCE = "base";
const profileOf = (user: number) => importedProfileId(`${SOURCE}:${user}`);
/** Who clicks; whose list is altered; whose list is put in its place. */
const ANNA = profileOf(1);
const BORIS = profileOf(2);
const VERA = profileOf(3);
/** What takes a second on a machine with nothing else to do took half a minute at a load of sixty. */
const ANSWERED_MS_MAX = 60_000;
/** A store that comes back is found again by drivers that wait between attempts. */
const HEALED_MS_MAX = 90_000;
/** Kafka gives partitions of a member that was killed to others after its session, 30 s. */
const CAUGHT_UP_MS_MAX = 180_000;

/** Asks until what it answers is as wanted; else the last answer is said. */
async function until<Value>(
  what: string,
  ask: () => Promise<Value>,
  isWanted: (value: Value) => boolean,
  withinMs = ANSWERED_MS_MAX,
): Promise<Value> {
  const deadline = systemClock.monotonicMs() + withinMs;
  for (;;) {
    const value = await ask();
    if (isWanted(value)) return value;
    if (systemClock.monotonicMs() > deadline)
      throw new Error(`${what}: not within ${withinMs / 1000} s; at last ${JSON.stringify(value)}`);
    await systemClock.sleep(100);
  }
}

/** Each wait has a limit of its own; this only ends what hangs. */
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });

describe.skipIf(absent.length > 0)(`roles over real servers ${absent.join("; ")}`, () => {
  let folder: string;
  let env: Record<string, string>;
  const servers = {} as Record<(typeof STORES)[number], RunningServer>;
  const processes = {} as Record<
    | "catalog"
    | "control"
    | "gateway"
    | "trainer"
    | "serving1"
    | "serving2"
    | "ingestion1"
    | "ingestion2"
    | "sink1"
    | "sink2",
    RoleProcess
  >;
  type ProcessName = keyof typeof processes;
  const addresses = new Map<ProcessName, { roles: string; port: number; adminPort: number }>();
  let internalKey: string;
  let machineToken: string;
  let cookie: string;
  let csrf: string;

  const start = (name: ProcessName): RoleProcess => {
    const address = addresses.get(name);
    if (!address) throw new Error(name);
    processes[name] = startRole(address, env);
    return processes[name];
  };
  const thewatcher = async (...args: readonly string[]): Promise<string> => {
    const ended = await command(args, env);
    if (ended.code !== 0) throw new Error(`thewatcher ${args.join(" ")}: ${ended.code}\n${ended.stderr}`);
    return ended.stdout.trim();
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "thewatcher-roles-"));
    await Promise.all(
      STORES.map(async (name) => {
        servers[name] = await SERVERS[name].start({ folder: join(folder, name) });
      }),
    );
    const names: readonly (readonly [ProcessName, string])[] = [
      ["catalog", "catalog"],
      ["control", "control"],
      ["gateway", "gateway"],
      ["trainer", "trainer"],
      ["serving1", "serving"],
      ["serving2", "serving"],
      ["ingestion1", "ingestion"],
      ["ingestion2", "ingestion"],
      ["sink1", "sink"],
      ["sink2", "sink"],
    ];
    for (const [name, roles] of names)
      addresses.set(name, { roles, port: await freePort(), adminPort: await freePort() });
    const urlsOf = (...of: ProcessName[]) =>
      of.map((name) => `http://127.0.0.1:${addresses.get(name)?.port}`).join(",");
    internalKey = encodeTokenKeys(generateTokenKeys());
    env = {
      THEWATCHER_EVENT_LOG_URL: servers.kafka.url,
      THEWATCHER_WAREHOUSE_URL: servers.clickhouse.url,
      THEWATCHER_RECOMMENDATIONS_URL: servers.tarantool.url,
      THEWATCHER_DATABASE_URL: servers.postgres.url,
      THEWATCHER_CACHE_URL: servers.redis.url,
      THEWATCHER_OBJECTS_URL: servers.minio.url,
      THEWATCHER_CATALOG_URL: urlsOf("catalog"),
      THEWATCHER_SERVING_URL: urlsOf("serving1", "serving2"),
      THEWATCHER_INGESTION_URL: urlsOf("ingestion1", "ingestion2"),
      THEWATCHER_CONTROL_URL: urlsOf("control"),
      THEWATCHER_INTERNAL_KEY: internalKey,
      THEWATCHER_MAIL_URL: "smtp://127.0.0.1:1/?from=cinema@thewatcher.by",
      THEWATCHER_PUBLIC_ORIGIN: "https://thewatcher.by",
      THEWATCHER_LOG_LEVEL: "warn",
      // Nothing may be written there.
      THEWATCHER_DATA_DIR: join(folder, "no-data"),
    };
  });

  afterAll(async () => {
    for (const running of Object.values(processes)) running.killGroup("SIGKILL");
    await Promise.all(Object.values(processes).map((running) => running.ended));
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const door = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${processes.gateway.url}${path}`, { redirect: "manual", ...init });
  const asMachine = (path: string) => door(path, { headers: { authorization: `Bearer ${machineToken}` } });

  async function homeOf(): Promise<HomePage> {
    const response = await door("/api/v1/home", { headers: { cookie } });
    expect(response.status).toBe(200);
    return HomePage.parse(await response.json());
  }
  const titlesOf = (page: HomePage): readonly string[] =>
    page.rows.flatMap((row) => row.items.map(({ title }) => title.titleId));

  async function listOf(profileId: string): Promise<RecommendationList> {
    const response = await asMachine(`/api/v1/profiles/${profileId}/recommendations?n=100`);
    expect(response.status).toBe(200);
    return RecommendationList.parse(await response.json());
  }

  const titlesFor = async (profileId: string) => (await listOf(profileId)).items.map(({ title }) => title.titleId);
  /** Two in a row are of both servings: they take turns. */
  const bothLists = async () => [await listOf(BORIS), await listOf(BORIS)];
  /** Where the topics end, with the group there. */
  async function placesAtEnd(group: string): Promise<Awaited<ReturnType<typeof lookIntoKafka>>> {
    const places = await lookIntoKafka(`127.0.0.1:${servers.kafka.port}`, group, EVENT_TOPICS, CAUGHT_UP_MS_MAX);
    expect(places.filter(({ nextOffset, committed }) => nextOffset !== committed)).toEqual([]);
    return places;
  }

  /** As Anna's app does. */
  async function post(type: string, payload: unknown): Promise<string> {
    const now = systemClock.now();
    const at = new Date(now).toISOString();
    const eventId = uuid7(now);
    const response = await door("/api/v1/events", {
      method: "POST",
      headers: { cookie, "x-csrf-token": csrf, origin: processes.gateway.url, "content-type": "application/json" },
      body: JSON.stringify({ events: [{ eventId, type, occurredAt: at, sentAt: at, payload }] }),
    });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(EventBatchAnswer.parse(JSON.parse(text)).accepted).toBe(1);
    return eventId;
  }

  test("ten processes start at once on empty stores, and each is ready", async () => {
    const names = [...addresses.keys()];
    await Promise.all(names.map((name) => untilReady(start(name))));
    const health = await door("/readyz");
    expect(health.status).toBe(200);
    // Described by all services, each asked over the network.
    const { paths } = (await (await door("/api/openapi.json")).json()) as { paths: object };
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/api/v1/events", "/api/v1/home", "/api/v1/titles", "/api/v1/control/rules"]),
    );
    const migrations = await askPostgres(
      servers.postgres.url,
      "SELECT count(*), count(DISTINCT name) FROM kysely_migration",
    );
    const [applied, distinct] = migrations.split("|");
    expect(Number(applied)).toBeGreaterThan(0);
    expect(applied).toBe(distinct);
  });

  test("an import fills the real stores, a training publishes, and both servings show it within seconds", async () => {
    const ratings = generateRatings(VIEWERS);
    const files = join(folder, "movielens");
    await writeMovieLens(files, ratings, VIEWERS.items);
    const imported = JSON.parse(await thewatcher("import", "movielens", files, "--source", SOURCE, "--json"));
    expect(imported).toMatchObject({ rows: ratings.length, profiles: VIEWERS.users, events: ratings.length });

    const trained = await askTrainer<{ generation: string; lists: number }>(processes.trainer, internalKey, "train", {
      model: "ease",
      seed: 42,
      evaluate: false,
    });
    expect(trained.lists).toBe(VIEWERS.users);
    machineToken = JSON.parse(await thewatcher("token", "--role", "service", "--json")).token;
    await until("the new generation on both servings", bothLists, (lists) =>
      lists.every(({ generation, degradations }) => generation === trained.generation && degradations.length === 0),
    );
  });

  test("a viewer signs in by a link, and what she clicks changes her next page", async () => {
    const path = await thewatcher("sign-in-link", `${SOURCE}:1`);
    const signedIn = await door(path);
    expect(signedIn.status).toBe(303);
    cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    csrf = signedIn.headers.get("x-csrf-token") ?? "";
    const before = await homeOf();
    expect(before.profileId).toBe(ANNA);
    expect(before.degradations).toEqual([]);

    const unwanted = before.rows.find(({ kind }) => kind === "top_picks")?.items[0]?.title.titleId ?? "";
    await post("not_interested", { titleId: unwanted });
    const isShown = async () => titlesOf(await homeOf()).includes(unwanted);
    await until("the title off the page", isShown, (shown) => !shown);
    await post("not_interested_undo", { titleId: unwanted });
    await until("the title back", isShown, (shown) => shown);

    const beforeClick = (await titlesFor(ANNA)).join();
    await post("click", { titleId: titleIdOf(SOURCE, "90") });
    await until(
      "another list after a click",
      () => titlesFor(ANNA),
      (titles) => titles.join() !== beforeClick,
    );
  });

  test("a dry run asks servings over the network; published rules are on both of them within seconds", async () => {
    const unwanted = (await titlesFor(BORIS))[0] ?? "";
    const ruleId = "out";
    const rule = { ruleId, name: "Out", match: { titleIds: [unwanted] }, effect: { kind: "filter" } };
    const fileOf = async (rules: readonly object[]): Promise<string> => {
      const file = join(folder, `rules-${rules.length}.json`);
      await writeFile(file, JSON.stringify({ rules }));
      return file;
    };
    const { token } = JSON.parse(await thewatcher("token", "--role", "product", "--json"));
    const answer = await door("/api/v1/control/dry-run", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ document: { rules: [rule] } }),
    });
    const report = DryRunReport.parse(await answer.json());
    expect(report).toMatchObject({ published: null, profilesAsked: 1_000, cutShort: false });
    expect(report.profiles).toBeGreaterThan(0);
    expect(report.rules.map((one) => [one.ruleId, one.pages > 0])).toEqual([[ruleId, true]]);
    await thewatcher("rules", "publish", await fileOf([rule]));
    const areShown = async () =>
      (await bothLists()).map(({ items }) => items.some(({ title }) => title.titleId === unwanted));
    await until("the title off both servings", areShown, (shown) => !shown.includes(true));
    await thewatcher("rules", "publish", await fileOf([]));
    await until("the title back on both", areShown, (shown) => !shown.includes(false));
  });

  describe("each hop, by another client", () => {
    test("Kafka: the event lies in a partition, and both groups are behind it", async () => {
      await placesAtEnd(PROFILE_STATE_GROUP);
      const places = await placesAtEnd(SINK_GROUP);
      const countOf = (topic: string): number =>
        places.filter((place) => place.topic === topic).reduce((sum, { nextOffset }) => sum + nextOffset, 0);
      // 40 × 30 ratings of the import, and what Anna took back.
      expect(countOf(topics.stated.name)).toBe(1_200 + 2);
      expect(countOf(topics.behaviour.name)).toBe(1);
      expect(places.filter(({ topic }) => topic === topics.stated.name).length).toBe(topics.stated.partitionCount);
    });

    test("ClickHouse: one row for each place of the log", async () => {
      const rows = await askWarehouse(
        servers.clickhouse.url,
        "SELECT topic, uniqExact(partition, offset), uniqExact(eventId) FROM events GROUP BY topic ORDER BY topic",
      );
      expect(rows).toEqual([
        [topics.behaviour.name, "1", "1"],
        [topics.stated.name, "1202", "1202"],
      ]);
      const mine = await askWarehouse(
        servers.clickhouse.url,
        `SELECT DISTINCT type FROM events WHERE profileId = '${ANNA}' ORDER BY type`,
      );
      expect(mine.map(([type]) => type)).toEqual(["click", "not_interested", "not_interested_undo", "rate"]);
    });

    test("PostgreSQL: what she stated is its owner's row, and the outbox is empty", async () => {
      const kind = await askPostgres(
        servers.postgres.url,
        `SELECT kind, undone FROM stated_preferences WHERE profile_id = '${ANNA}' AND kind = 'not_interested'`,
      );
      expect(kind).toBe("not_interested|t");
      expect(await askPostgres(servers.postgres.url, "SELECT count(*) FROM outbox")).toBe("0");
      expect(await askPostgres(servers.postgres.url, "SELECT status FROM runs")).toBe("succeeded");
    });

    test("Redis: her session, by a key that is not her cookie", async () => {
      const keys = (await askRedis(servers.redis.url, "--scan", "--pattern", "*session:*")).split("\n");
      expect(keys.length).toBe(1);
      const session = JSON.parse(await askRedis(servers.redis.url, "GET", keys[0] ?? ""));
      expect(session.profileId).toBe(ANNA);
      expect(Number(await askRedis(servers.redis.url, "PTTL", keys[0] ?? ""))).toBeGreaterThan(60_000);
      const secret = cookie.slice(cookie.indexOf("=") + 1);
      expect(keys[0]).not.toContain(secret);
    });

    test("S3: the item tables of the generation that Tarantool points to", async () => {
      const active = (
        await askTarantool(servers.tarantool.url, "print(c.space.thewatcher_pointers:get({'active'}).generation)")
      ).trim();
      const { pathname } = new URL(servers.minio.url);
      const prefix = pathname.split("/").slice(2).join("/");
      const listing = await askObjects(servers.minio.url, `?list-type=2&prefix=${prefix}`);
      const keys = [...listing.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key]) => key ?? "");
      const below = keys.filter((key) => key.includes(`generations/${active}/`));
      expect(below.map((key) => key.split("/").at(-1)).sort()).toEqual(["item-tables.bin", "model.bin"]);
      expect((await listOf(BORIS)).generation).toBe(active);
    });

    test("Tarantool: another list in his tuple is another list on his page", async () => {
      const before = (await titlesFor(BORIS)).join();
      const stored = await askTarantool(
        servers.tarantool.url,
        `
        local active = c.space.thewatcher_pointers:get({'active'}).generation
        local mine, hers
        for _, tuple in ipairs(c.space.thewatcher_lists:select({}, { limit = 10000 })) do
          if tuple.generation == active and tuple.profile_id == '${BORIS}' then mine = tuple end
          if tuple.generation == active and tuple.profile_id == '${VERA}' then hers = tuple end
        end
        -- The other fields stay the bytes that they are.
        c.space.thewatcher_lists:replace(hers:update({ { '=', 1, mine.bucket_id }, { '=', 3, mine.profile_id } }))
        print(mine.profile_id, hers.profile_id)
        `,
      );
      expect(stored.trim().split(/\s+/)).toEqual([BORIS, VERA]);
      const hers = await titlesFor(VERA);
      const now = await until(
        "another list",
        () => titlesFor(BORIS),
        (titles) => titles.join() !== before,
      );
      // What both may be shown comes in the order of her list now: what he rated is left out.
      const common = hers.filter((titleId) => now.includes(titleId));
      expect(common.length).toBeGreaterThan(20);
      expect(now.filter((titleId) => hers.includes(titleId)).slice(0, 20)).toEqual(common.slice(0, 20));
    });
  });

  test("Tarantool away: every page answers and says what it is without; back, it is whole again", async () => {
    await servers.tarantool.stop();
    const degraded = await until("a named degradation", homeOf, (page) => page.degradations.length > 0);
    expect(titlesOf(degraded).length).toBeGreaterThan(20);
    expect(degraded.degradations.map(({ part }) => part)).toEqual(["profile_state", "personal_list"]);
    const serving = await readinessOf(processes.serving1);
    expect([serving?.status, serving?.degraded.join()]).toEqual([
      200,
      expect.stringMatching(/^recommendation store: /),
    ]);
    const sink = await readinessOf(processes.sink1);
    expect([sink?.status, sink?.reasons.join()]).toEqual([503, expect.stringMatching(/^recommendation store: /)]);
    // What is accepted meanwhile stays accepted.
    await post("click", { titleId: titleIdOf(SOURCE, "17") });

    const refused = await command(["start", "--roles=serving", "--port", "0", "--admin-port", "0"], env);
    expect(refused.code).toBe(2);
    const said = refused.stderr
      .trim()
      .split("\n")
      .filter((line) => line.startsWith("thewatcher: "));
    expect(said.length).toBe(1);
    expect(said[0]).toContain("recommendation store");
    expect(refused.stderr).not.toContain("secret");

    await servers.tarantool.start();
    await until(
      "pages without degradations on both servings",
      async () => [await homeOf(), await homeOf()],
      (pages) => pages.every(({ degradations }) => degradations.length === 0),
      HEALED_MS_MAX,
    );
    await until(
      "ready sinks",
      () => Promise.all([readinessOf(processes.sink1), readinessOf(processes.sink2)]),
      (found) => found.every((readiness) => readiness?.ready),
      HEALED_MS_MAX,
    );
  });

  test("a serving that hangs costs one page a second at most; the other one answers", async () => {
    const pagesMs = async (count: number) => {
      const tookMs: number[] = [];
      for (let i = 0; i < count; i++) {
        const startedMs = systemClock.monotonicMs();
        await homeOf();
        tookMs.push(systemClock.monotonicMs() - startedMs);
      }
      return tookMs;
    };
    const usualMs = Math.max(...(await pagesMs(5)));
    processes.serving1.kill("SIGSTOP");
    try {
      // Half of the two seconds that a page has, once; then it is left out for a while. The rest is the machine's.
      expect((await pagesMs(10)).filter((ms) => ms > 900 + usualMs).length).toBeLessThanOrEqual(2);
    } finally {
      processes.serving1.kill("SIGCONT");
    }
    await until("both servings", bothLists, (lists) => lists.every(({ degradations }) => degradations.length === 0));
  });

  test("kill -9 of a serving, a collector and a sink under traffic: no page fails, nothing accepted is lost or doubled", async () => {
    const traffic = createLiveTraffic({
      rng: createRng(3),
      profileIds: Array.from({ length: VIEWERS.users - 5 }, (_, index) => profileOf(index + 6)),
      titleIds: Array.from({ length: VIEWERS.items }, (_, index) => titleIdOf(SOURCE, String(index + 1))),
    });
    const sending = traffic.run({ url: processes.gateway.url, token: machineToken });
    const statuses = new Map<number, number>();
    const reading = new AbortController();
    const reader = (async () => {
      while (!reading.signal.aborted) {
        const status = await door("/api/v1/home", { headers: { cookie } }).then(
          (response) => response.status,
          () => 0,
        );
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        await systemClock.sleep(20);
      }
    })();

    for (const names of [
      ["serving1", "ingestion2", "sink1"],
      ["serving2", "ingestion1", "sink2"],
    ] as const) {
      await systemClock.sleep(1_000);
      for (const name of names) processes[name].kill("SIGKILL");
      await Promise.all(names.map((name) => processes[name].ended));
      await systemClock.sleep(1_000);
      await Promise.all(names.map((name) => untilReady(start(name))));
    }
    await systemClock.sleep(1_000);
    reading.abort();
    await Promise.all([reader, sending.stop()]);

    expect([...statuses.keys()]).toEqual([200]);
    expect(traffic.unexpected).toEqual([]);
    expect(traffic.acknowledged.size).toBeGreaterThan(200);
    await placesAtEnd(SINK_GROUP);
    const rows = await askWarehouse(
      servers.clickhouse.url,
      "SELECT toString(eventId) FROM events WHERE device = 'service' GROUP BY eventId",
    );
    const arrived = new Set(rows.map(([eventId]) => eventId));
    expect([...traffic.acknowledged].filter((eventId) => !arrived.has(eventId))).toEqual([]);
    expect([...arrived].filter((eventId) => !traffic.attempted.has(eventId ?? ""))).toEqual([]);
    process.stderr.write(
      `roles: ${traffic.acknowledged.size} events acknowledged, ${statuses.get(200)} pages, six processes killed\n`,
    );
  });

  test("commands need no data folder and no running instance: doctor, recommend, train, rollback", async () => {
    const doctor = JSON.parse(await thewatcher("doctor", "--json"));
    expect(doctor.healthy).toBe(true);
    expect(JSON.stringify(doctor)).not.toContain("secret");
    const first = (await listOf(BORIS)).generation;
    const trained = JSON.parse(await thewatcher("train", "--no-evaluate", "--json"));
    expect(trained.generation).not.toBe(first);
    const recommended = JSON.parse(await thewatcher("recommend", `${SOURCE}:2`, "--json"));
    expect(recommended.generation).toBe(trained.generation);
    const rolledBack = JSON.parse(await thewatcher("rollback", "--json"));
    expect(rolledBack).toEqual({ from: trained.generation, to: first });
    await until("the old generation served", bothLists, (lists) =>
      lists.every(({ generation }) => generation === first),
    );
    const busy = await fetch(`${processes.trainer.adminUrl}/operations/train`, { method: "POST", body: "{}" });
    expect(busy.status).toBe(401);
  });

  test("a schema newer than the code is a refusal to start, in one line; an unknown parameter of a URL too", async () => {
    const newer = "INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-of-tomorrow', '2099-01-01')";
    await askPostgres(servers.postgres.url, newer);
    const refused = await command(["start", "--roles=catalog", "--port", "0", "--admin-port", "0"], env);
    await askPostgres(servers.postgres.url, "DELETE FROM kysely_migration WHERE name = '9999-of-tomorrow'");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/^thewatcher: database.*newer than/m)]);

    const urls = {
      THEWATCHER_EVENT_LOG_URL: `${servers.kafka.url}/?colour=red`,
      THEWATCHER_DATABASE_URL: servers.postgres.url,
    };
    const unknown = await command(["start", "--roles=catalog", "--port", "0", "--admin-port", "0"], {
      ...env,
      ...urls,
    });
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/^thewatcher: event log.*colour/m)]);
  });

  test("asked to stop, each is not ready any more, ends what is under way, and exits with 0", async () => {
    for (const running of Object.values(processes)) running.kill("SIGTERM");
    const ended = await Promise.all(Object.values(processes).map((running) => running.ended));
    expect(ended.map(({ code, signal }) => [code, signal])).toEqual(ended.map(() => [0, null]));
    for (const running of Object.values(processes)) expect(running.said()).not.toContain(internalKey);
  });
});
