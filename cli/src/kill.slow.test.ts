/**
 * kill -9 at random moments: of the process alone, of it with all its children, of the warehouse's child, of
 * PostgreSQL's postmaster; while it starts, while viewers click and while an import runs. Afterwards every reader must
 * say exactly what the events that arrived say, and every acknowledged one must have arrived.
 *
 * `KILL_SEED=<the printed seed> npx vitest run cli/src/kill.slow.test.ts` makes the same choices again; what the product
 * is at in those moments differs from run to run.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importedProfileId } from "@thewatcher/ingestion/import/run";
import { titleIdOf } from "@thewatcher/ingestion/import/source";
import { systemClock } from "@thewatcher/kit/clock";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { INTERACTIONS_AT_SQL } from "@thewatcher/stores/warehouse/interactions-at";
import { afterAll, expect, test } from "vitest";
import { openStores, STORE_NAMES, type Stores } from "./open-stores.ts";
import { resolveSettings } from "./settings.ts";
import {
  type Cinema,
  command,
  type Ended,
  isReady,
  launch,
  operation,
  orphansOf,
  startCinema,
  stopCinema,
  storeProcesses,
} from "./testing/cinema-process.ts";
import {
  differences,
  expectedPairs,
  livePairsIn,
  pairsOfStates,
  pairsOfWarehouse,
  ratingsIn,
  ratingsOfDatabase,
} from "./testing/every-reader.ts";
import { createLiveTraffic } from "./testing/live-traffic.ts";
import { generateRatings, writeInteractions, writeMovieLens } from "./testing/movielens-files.ts";

const { KILL_SEED } = process.env;
const SEED = Number(KILL_SEED ?? Date.now() % 1_000_000);
const KINDS = {
  "the process": 7,
  "the process and its children": 6,
  "while it starts": 4,
  "the warehouse's child": 3,
  "PostgreSQL's postmaster": 3,
} as const;
type Kind = keyof typeof KINDS;
/** The first start makes PostgreSQL's cluster; killed in it, the next one begins anew. */
const FIRST_STARTS_KILLED = 2;
/** The plan ends with the round that reaches it: on a slow machine fewer rounds are enough. All take 250 s beside two busy loops. */
const ROUNDS_MS_MAX = 360_000;
/**
 * A start behind a kill was ready within 14.3 s beside two busy loops on two cores, and 42.5 s at a load of 30: this
 * only ends what hangs. How long it took is printed.
 */
const READY_MS_MAX = 90_000;
const RECOVERED_MS_MAX = 90_000;
/** For each round with viewers: 23 to 100 as the machine was free, 17 at a load of 30; a few in all would prove nothing. */
const ACKNOWLEDGED_PER_ROUND_MIN = 3;

const BASE = { users: 40, items: 120, perUser: 60, seed: 1 } as const;
const BIG = { users: 400, items: 300, perUser: 150, seed: 2 } as const;

let folder: string | undefined;
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true, force: true });
});

test("kill -9 at random points loses nothing acknowledged, doubles nothing, and every start is clean", async () => {
  process.stderr.write(`kill -9: KILL_SEED=${SEED}\n`);
  const rng = createRng(SEED);
  const moments = rng.fork("moments");
  folder = await mkdtemp(join(tmpdir(), "thewatcher-kill-"));
  const dataDir = join(folder, "data");
  const baseFolder = join(folder, "base");
  const bigFile = join(folder, "big.csv");
  const base = generateRatings(BASE);
  const big = generateRatings(BIG);
  await writeMovieLens(baseFolder, base, BASE.items);
  await writeInteractions(bigFile, big);

  for (let round = 0; round < FIRST_STARTS_KILLED; round++) {
    const running = launch(["start", "--data-dir", dataDir, "--port", "0", "--admin-port", "0", "--world", "empty"]);
    await systemClock.sleep(700 + moments.int(2_500));
    running.killGroup("SIGKILL");
    await running.ended;
  }

  // A small catalogue, whose viewers then click.
  let cinema = await startCinema(dataDir);
  await operation(cinema.attach, "importMovielens", {
    folder: baseFolder,
    source: "base",
    country: "US",
    merge: false,
  });
  const { token } = await operation<{ token: string }>(cinema.attach, "token", {
    role: "service",
    label: "kill test",
    days: 1,
  });
  cinema.kill("SIGKILL");
  await cinema.ended;

  const profileIds = Array.from({ length: BASE.users }, (_, index) => importedProfileId(`base:${index + 1}`));
  const traffic = createLiveTraffic({
    rng: rng.fork("traffic"),
    profileIds,
    titleIds: Array.from({ length: BASE.items }, (_, index) => titleIdOf("base", String(index + 1))),
  });
  const imports = createImports(bigFile, dataDir);
  const readyMs: number[] = [];
  const recoveredMs: number[] = [];
  const planned = rng.fork("plan");
  const plan = [
    // Each kind once, also where the plan ends early.
    ...shuffled(Object.keys(KINDS) as Kind[], planned),
    ...shuffled(
      (Object.entries(KINDS) as [Kind, number][]).flatMap(([kind, count]) =>
        Array.from({ length: count - 1 }, () => kind),
      ),
      planned,
    ),
  ];
  const startedMs = systemClock.monotonicMs();
  let rounds = 0;
  for (const [round, kind] of plan.entries()) {
    if (systemClock.monotonicMs() - startedMs > ROUNDS_MS_MAX) break;
    rounds++;
    if (kind === "while it starts") {
      const running = launch(["start", "--data-dir", dataDir, "--port", "0", "--admin-port", "0"]);
      await systemClock.sleep(500 + moments.int(3_000));
      if (moments.next() < 0.5) running.kill("SIGKILL");
      else running.killGroup("SIGKILL");
      await running.ended;
      continue;
    }
    cinema = await startCinema(dataDir, []);
    readyMs.push(cinema.readyMs);
    const viewers = traffic.run({ url: cinema.attach.url, token });
    const importing = imports.goOn(cinema, round % 6 === 0 ? "command" : "operation");
    await systemClock.sleep(200 + moments.int(1_600));
    if (kind === "the warehouse's child" || kind === "PostgreSQL's postmaster") {
      const processes = await storeProcesses(dataDir);
      const killed = kind === "the warehouse's child" ? processes.warehouse : processes.postgres;
      process.kill(killed, "SIGKILL");
      recoveredMs.push(await recovered(cinema, traffic.acknowledged));
      await systemClock.sleep(moments.int(300));
    }
    if (kind === "the process and its children") cinema.killGroup("SIGKILL");
    else cinema.kill("SIGKILL");
    await viewers.stop();
    const ended = await cinema.ended;
    expect({ round, kind, signal: ended.signal, said: complaintsIn(ended) }).toEqual({
      round,
      kind,
      signal: "SIGKILL",
      said: [],
    });
    await importing.settled();
  }

  // One quiet start: what is unfinished is finished by the same commands.
  cinema = await startCinema(dataDir, []);
  readyMs.push(cinema.readyMs);
  await imports.finish(cinema);
  const stopped = await stopCinema(cinema);
  expect(stopped.code).toBe(0);
  expect(await orphansOf(dataDir)).toEqual([]);
  expect(traffic.unexpected).toEqual([]);
  process.stderr.write(
    `kill -9: ${FIRST_STARTS_KILLED + rounds} of ${FIRST_STARTS_KILLED + plan.length} rounds in ${Math.round((systemClock.monotonicMs() - startedMs) / 1_000)} s; ready again within ${summary(readyMs)}; a store alone recovered within ${summary(recoveredMs)}; ${traffic.acknowledged.size} events acknowledged, ${traffic.attempted.size - traffic.acknowledged.size} not answered, ${imports.sources.length * big.length} rows imported\n`,
  );
  // Each start but the last had viewers.
  expect(traffic.acknowledged.size).toBeGreaterThan(ACKNOWLEDGED_PER_ROUND_MIN * (readyMs.length - 1));
  expect(Math.max(...readyMs)).toBeLessThan(READY_MS_MAX);

  await using opened = createLifecycle(silentLog);
  const { values: settings } = resolveSettings({ flags: { dataDir }, env: {} });
  const stores = await openStores(STORE_NAMES, { settings, clock: systemClock, log: silentLog }, opened);
  const arrived = await arrivedOf(stores);
  expect([...traffic.acknowledged].filter((eventId) => !arrived.has(eventId))).toEqual([]);
  expect([...arrived].filter((eventId) => !traffic.attempted.has(eventId))).toEqual([]);
  const events = [...traffic.attempted.values()].filter(({ eventId }) => arrived.has(eventId));
  const expected = expectedPairs(base, events);

  await expectEveryPlaceOnce(stores);
  await expectImportedOnce(stores, imports.sources, big);
  expect(differences(await pairsOfWarehouse(stores), expected)).toEqual([]);
  expect(differences(await ratingsOfDatabase(stores), ratingsIn(expected))).toEqual([]);
  expect(differences(await pairsOfStates(stores, profileIds), livePairsIn(expected))).toEqual([]);
}, 1_500_000);

/** The imports of one file under one name after the other, each taken up again until it is done. */
function createImports(file: string, dataDir: string) {
  const sources = ["big-1"];
  const request = (source: string) => ({ file, source, country: "US", merge: false, valuesAreStars: true });
  const done = (source: string): void => {
    if (sources.at(-1) === source) sources.push(`big-${sources.length + 1}`);
  };
  return {
    sources: sources as readonly string[],
    /** By an attached process, or by what such a process asks for. */
    goOn(cinema: Cinema, how: "command" | "operation"): { settled(): Promise<void> } {
      const source = sources.at(-1) as string;
      if (how === "operation") {
        const asked = operation(cinema.attach, "importInteractions", request(source)).then(
          () => done(source),
          () => undefined,
        );
        return { settled: () => asked };
      }
      const running = launch([
        ...["import", "interactions", file, "--ratings", "--source", source, "--data-dir", dataDir],
      ]);
      return {
        async settled() {
          // One that had not attached yet opens the folder itself: that one is killed as well.
          const patience = systemClock.sleep(1_000).then(() => running.killGroup("SIGKILL"));
          const ended = await running.ended;
          if (ended.code === 0) done(source);
          else if (ended.signal === null) {
            // Its instance was killed, or one of the stores under it.
            expect(
              ended.stderr
                .trim()
                .split("\n")
                .filter((line) => !line.startsWith("  ")),
            ).toEqual([
              expect.stringMatching(
                /^thewatcher: the running instance \(process \d+, .*\) (ended before it answered|failed: .*); .* same command/,
              ),
            ]);
          }
          await patience;
        },
      };
    },
    async finish(cinema: Cinema): Promise<void> {
      const last = sources.at(-1) as string;
      const args = ["import", "interactions", file, "--ratings", "--source", last, "--data-dir", dataDir];
      const first = await command(args);
      expect({ code: first.code, said: first.stderr }).toMatchObject({ code: 0 });
      for (const source of sources) {
        const again = await operation<{ alreadyDone: boolean }>(cinema.attach, "importInteractions", request(source));
        expect(again.alreadyDone).toBe(true);
      }
    },
  };
}

/** Until every store answers again and events are accepted again, without the process being started anew. */
async function recovered(cinema: Cinema, acknowledged: ReadonlySet<string>): Promise<number> {
  const startedMs = systemClock.monotonicMs();
  const elapsedMs = () => systemClock.monotonicMs() - startedMs;
  // The store's end takes a moment to be seen.
  await systemClock.sleep(100);
  while (!(await isReady(cinema.attach))) {
    if (elapsedMs() > RECOVERED_MS_MAX) throw new Error(`not ready again:\n${cinema.said()}`);
    await systemClock.sleep(50);
  }
  const before = acknowledged.size;
  while (acknowledged.size === before) {
    if (elapsedMs() > RECOVERED_MS_MAX) throw new Error(`no event is accepted again:\n${cinema.said()}`);
    await systemClock.sleep(20);
  }
  return elapsedMs();
}

/** Lines that no start behind a kill may show. */
const complaintsIn = ({ stdout, stderr }: Ended): readonly string[] =>
  `${stdout}${stderr}`.split("\n").filter((line) => /lock|in use|Error|unhandled|thewatcher:/i.test(line));

async function arrivedOf({ warehouse }: Stores): Promise<ReadonlySet<string>> {
  const rows = await warehouse.query<{ eventId: string }>(
    "SELECT toString(eventId) AS eventId FROM events WHERE device = 'service' GROUP BY eventId",
  );
  return new Set(rows.map(({ eventId }) => eventId));
}

/** One row for each place of the log, and a place for each of its records. */
async function expectEveryPlaceOnce({ warehouse, eventLog }: Stores): Promise<void> {
  const rows = await warehouse.query<{ topic: string; partition: number; rows: number; places: number }>(
    "SELECT topic, partition, toUInt32(count()) AS rows, toUInt32(uniqExact(offset)) AS places FROM events FINAL GROUP BY topic, partition",
  );
  const found = new Map(rows.map((row) => [`${row.topic}/${row.partition}`, [row.rows, row.places]]));
  for (const topic of ["behaviour", "stated"]) {
    for (const { partition, nextOffset } of await eventLog.bounds(topic)) {
      expect([topic, partition, found.get(`${topic}/${partition}`)]).toEqual([
        topic,
        partition,
        nextOffset === 0 ? undefined : [nextOffset, nextOffset],
      ]);
    }
  }
  const letters = await eventLog.bounds("dead-letters");
  expect(letters.reduce((sum, { nextOffset }) => sum + nextOffset, 0)).toBe(0);
}

/** The imports as a run without kills leaves them: rows of the file, each once. */
async function expectImportedOnce(
  { warehouse, database }: Stores,
  sources: readonly string[],
  big: ReturnType<typeof generateRatings>,
): Promise<void> {
  const stars = big.reduce((sum, rating) => sum + rating.stars, 0);
  for (const source of sources) {
    const params = { source: `${source}:%`, asOf: new Date(systemClock.now() + 3_600_000).toISOString() };
    const [counted] = await warehouse.query<{ events: number }>(
      "SELECT toUInt32(uniqExact(eventId)) AS events FROM events WHERE titleId LIKE {source:String}",
      { params },
    );
    const [pairs] = await warehouse.query<{ pairs: number; stars: number }>(
      `SELECT toUInt32(count()) AS pairs, toUInt32(sum(stars)) AS stars FROM (${INTERACTIONS_AT_SQL}) WHERE titleId LIKE {source:String}`,
      { params },
    );
    const preferences = await database.kysely
      .selectFrom("stated_preferences")
      .select((eb) => [eb.fn.countAll<string>().as("rows"), eb.fn.sum<string>("value").as("stars")])
      .where("title_id", "like", params.source)
      .executeTakeFirst();
    const profiles = await database.kysely
      .selectFrom("profiles")
      .select((eb) => eb.fn.countAll<string>().as("rows"))
      .where("external_id", "like", params.source)
      .executeTakeFirst();
    expect({
      source,
      events: counted?.events,
      pairs: pairs?.pairs,
      stars: pairs?.stars,
      preferences: Number(preferences?.rows),
      preferenceStars: Number(preferences?.stars),
      profiles: Number(profiles?.rows),
    }).toEqual({
      source,
      events: big.length,
      pairs: big.length,
      stars,
      preferences: big.length,
      preferenceStars: stars,
      profiles: BIG.users,
    });
  }
  const outbox = await database.kysely.selectFrom("outbox").select("event_id").execute();
  expect(outbox).toEqual([]);
}

function shuffled<Value>(values: readonly Value[], rng: ReturnType<typeof createRng>): readonly Value[] {
  return values
    .map((value) => ({ value, at: rng.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/** "1.2 s (worst 3.4 s)" */
const summary = (durationsMs: readonly number[]): string => {
  const inOrder = [...durationsMs].sort((a, b) => a - b);
  const text = (durationMs: number | undefined) => `${((durationMs ?? 0) / 1000).toFixed(1)} s`;
  return `${text(inOrder[inOrder.length >> 1])} (worst ${text(inOrder.at(-1))})`;
};
