/**
 * `store`: one viewer's list of 200 titles out of each recommendation store, and all lists into it. Tarantool by our client
 * and by npm's, LMDB (in this process: the floor), and beside them Redis as one would use it without a port: GET and
 * JSON.parse by ioredis. Each on real servers of their own, with everything that is written also on disk.
 *
 * Servers, clients and this process share the machine's cores; rounds take turns, so that all meet the same noise.
 */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Generation, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { assert } from "@thewatcher/kit/assert";
import { createRng } from "@thewatcher/kit/rng";
import { openLmdbRecommendations } from "@thewatcher/stores/recommendations/lmdb";
import type { RecommendationListEntry, RecommendationStore } from "@thewatcher/stores/recommendations/port";
import { openTarantoolRecommendations } from "@thewatcher/stores/recommendations/tarantool";
import { openTarantool } from "@thewatcher/stores/tarantool/open";
import { missing } from "@thewatcher/testbed/available";
import { startRedis } from "@thewatcher/testbed/redis";
import { startTarantool } from "@thewatcher/testbed/tarantool";
import { Redis } from "ioredis";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import type { Figure } from "./report.ts";
import { median, quantile } from "./statistics.ts";

const PROFILES = 20_000;
const ITEMS = 200;
const TITLES = 4_000;
/** As a training writes them. */
const LISTS_PER_CALL = 500;
const ALONE_GETS = 2_000;
const TOGETHER = 64;
const TOGETHER_GETS = 20_000;
const WARM_UP_GETS = 2_000;
/** A call of npm's driver that hangs costs no more than this. */
const DRIVER_MS_MAX = 1_000;

interface Peer {
  readonly name: string;
  get(profileId: ProfileId): Promise<number>;
  put(generation: Generation, lists: readonly RecommendationListEntry[]): Promise<void>;
  begin(generation: Generation): Promise<void>;
  activate(generation: Generation): Promise<void>;
  drop(generation: Generation): Promise<void>;
  /** Of everything it holds. */
  bytes?(): Promise<number>;
}

const profileIdOf = (n: number) => `p-${n.toString(16).padStart(8, "0")}` as ProfileId;
const generationOf = (n: number) => `g${1_700_000_000_000 + n}-0001` as Generation;

function makeLists(from: number, count: number): RecommendationListEntry[] {
  const rng = createRng(from);
  return Array.from({ length: count }, (_, i) => ({
    profileId: profileIdOf(from + i),
    titleIds: Array.from({ length: ITEMS }, () => `film-${rng.int(TITLES)}` as TitleId),
    scores: Float32Array.from({ length: ITEMS }, (__, place) => 2 - place / ITEMS - rng.next() / ITEMS),
  }));
}

function ofStore(name: string, store: RecommendationStore): Peer {
  return {
    name,
    async get(profileId) {
      const [list] = await store.getLists([profileId]);
      return list?.titleIds.length ?? 0;
    },
    put: (generation, lists) => store.putLists(generation, lists),
    begin: (generation) => store.begin(generation, {}),
    async activate(generation) {
      await store.activate(generation);
    },
    drop: (generation) => store.drop(generation),
  };
}

/** All that a float of 32 bits holds; JSON would write the double that it becomes, in twice the letters. */
const shortest = (score: number) => Number(score.toPrecision(8));

function ofRedis(redis: Redis): Peer {
  let active = "";
  return {
    name: "Redis",
    async get(profileId) {
      const text = await redis.get(`${active}:${profileId}`);
      return text === null ? 0 : (JSON.parse(text) as { titleIds: string[] }).titleIds.length;
    },
    async put(generation, lists) {
      const pipeline = redis.pipeline();
      for (const { profileId, titleIds, scores } of lists) {
        pipeline.set(`${generation}:${profileId}`, JSON.stringify({ titleIds, scores: Array.from(scores, shortest) }));
      }
      await pipeline.exec();
    },
    begin: async () => undefined,
    async activate(generation) {
      active = generation;
    },
    async drop(generation) {
      for (let start = 0; start < PROFILES; start += LISTS_PER_CALL) {
        await redis.unlink(Array.from({ length: LISTS_PER_CALL }, (_, i) => `${generation}:${profileIdOf(start + i)}`));
      }
    },
    async bytes() {
      return Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
    },
  };
}

async function openPeers(context: BenchContext): Promise<{ peers: readonly Peer[]; left: readonly string[] }> {
  const { clock, lifecycle, freshFolder } = context;
  const peers: Peer[] = [];
  const left: string[] = [];
  const tarantoolMissing = missing("tarantool");
  if (tarantoolMissing === undefined) {
    const server = lifecycle.own("tarantool", await startTarantool({ folder: freshFolder("tarantool") }), (it) =>
      it.stop(),
    );
    const own = lifecycle.own("client", await openTarantoolRecommendations({ url: server.url, clock }), (it) =>
      it.close(),
    );
    const { connection } = await openTarantool("bench", { url: server.url, clock });
    lifecycle.own("connection", connection, (it) => it.close());
    const memory = async () => Number((await connection.call("thewatcher_describe", []))[2]);
    peers.push({ ...ofStore("Tarantool, our client", own), bytes: memory });
    // A server of its own: both would share one active generation.
    const second = lifecycle.own("tarantool", await startTarantool({ folder: freshFolder("tarantool-driver") }), (it) =>
      it.stop(),
    );
    const url = second.url.replace("tarantool:", "tarantool+driver:");
    const npm = await openTarantoolRecommendations({ url, clock, requestMsMax: DRIVER_MS_MAX });
    peers.push(
      ofStore(
        "Tarantool, tarantool-driver",
        lifecycle.own("driver", npm, (it) => it.close()),
      ),
    );
  } else {
    left.push(`Tarantool is left out: ${tarantoolMissing}`);
  }
  const redisMissing = missing("redis");
  if (redisMissing === undefined) {
    const server = lifecycle.own("redis", await startRedis({ folder: freshFolder("redis") }), (it) => it.stop());
    const redis = new Redis(server.url);
    lifecycle.own("redis client", redis, (it) => it.disconnect());
    peers.push(ofRedis(redis));
  } else {
    left.push(`Redis is left out: ${redisMissing}`);
  }
  const path = join(freshFolder("lmdb"), "lists");
  mkdirSync(path);
  const lmdb = lifecycle.own("lmdb", await openLmdbRecommendations({ path }), (it) => it.close());
  peers.push({ ...ofStore("LMDB", lmdb), bytes: async () => statSync(join(path, "data.mdb")).size });
  return { peers, left };
}

interface Gets {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  /** Of this process, which is the client; of LMDB everything. */
  readonly processorMicroseconds: number;
  /** Calls that were not answered. */
  readonly failed: number;
}

async function measureGets({ clock, signal }: BenchContext, peer: Peer, workers: number, count: number): Promise<Gets> {
  const rng = createRng(7);
  const durationsMs: number[] = [];
  let left = count;
  let failed = 0;
  const processorBefore = process.cpuUsage();
  const startedMs = clock.monotonicMs();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (left-- > 0) {
        signal.throwIfAborted();
        const profileId = profileIdOf(rng.int(PROFILES));
        const beganMs = clock.monotonicMs();
        const items = await peer.get(profileId).catch(() => undefined);
        if (items === undefined) failed++;
        else {
          assert(items === ITEMS, "a list comes whole", () => [peer.name, profileId, items]);
          durationsMs.push(clock.monotonicMs() - beganMs);
        }
      }
    }),
  );
  const seconds = (clock.monotonicMs() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(processorBefore);
  return {
    processorMicroseconds: (user + system) / count,
    p50: quantile(durationsMs, 0.5),
    p99: quantile(durationsMs, 0.99),
    perSecond: durationsMs.length / seconds,
    failed,
  };
}

async function run(context: BenchContext): Promise<Outcome> {
  const { clock, options, say, signal } = context;
  const { peers, left } = await openPeers(context);
  const figures: Figure[] = [];
  const notes = [...left];
  const published = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
  const alone = new Map<Peer, Gets[]>(peers.map((peer) => [peer, []]));
  const together = new Map<Peer, Gets[]>(peers.map((peer) => [peer, []]));
  /** Bytes at none, half and all of the lists. */
  const bytes = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
  const failedPuts = new Map<Peer, number>();

  for (let round = 0; round < options.rounds; round++) {
    const generation = generationOf(round);
    for (const peer of peers) {
      say(`store: round ${round + 1} of ${options.rounds}, ${peer.name}`);
      await peer.begin(generation);
      let seconds = 0;
      for (let start = 0; start < PROFILES; start += LISTS_PER_CALL) {
        signal.throwIfAborted();
        if (round === 0 && peer.bytes && start % (PROFILES / 2) === 0) bytes.get(peer)?.push(await peer.bytes());
        const lists = makeLists(start, LISTS_PER_CALL);
        const startedMs = clock.monotonicMs();
        for (let written = false; !written; ) {
          written = await peer.put(generation, lists).then(
            () => true,
            () => {
              failedPuts.set(peer, (failedPuts.get(peer) ?? 0) + 1);
              return false;
            },
          );
        }
        seconds += (clock.monotonicMs() - startedMs) / 1_000;
      }
      if (round === 0 && peer.bytes) bytes.get(peer)?.push(await peer.bytes());
      published.get(peer)?.push(PROFILES / seconds);
      await peer.activate(generation);
      if (round > 0) await peer.drop(generationOf(round - 1));
      if (round === 0) await measureGets(context, peer, 8, WARM_UP_GETS);
    }
    for (const peer of peers) alone.get(peer)?.push(await measureGets(context, peer, 1, ALONE_GETS));
    for (const peer of peers) together.get(peer)?.push(await measureGets(context, peer, TOGETHER, TOGETHER_GETS));
  }

  const redis = peers.find(({ name }) => name === "Redis");
  function add(name: string, unit: string, of: (peer: Peer) => readonly number[]): void {
    const beside = redis && median(of(redis));
    for (const peer of peers) {
      const runs = of(peer);
      const isPeer = peer === redis || beside === undefined;
      figures.push({
        name: `${name}, ${peer.name}`,
        value: median(runs),
        unit,
        runs,
        ...(isPeer ? {} : { beside: { name: "Redis", value: beside } }),
      });
    }
  }
  const ofGets = (gets: Map<Peer, Gets[]>, pick: (one: Gets) => number) => (peer: Peer) =>
    (gets.get(peer) ?? []).map(pick);
  for (const [label, gets] of [
    ["1 in flight", alone],
    [`${TOGETHER} in flight`, together],
  ] as const) {
    add(
      `get, ${label}, p50`,
      "ms",
      ofGets(gets, ({ p50 }) => p50),
    );
    add(
      `get, ${label}, p99`,
      "ms",
      ofGets(gets, ({ p99 }) => p99),
    );
    add(
      `get, ${label}`,
      "/s",
      ofGets(gets, ({ perSecond }) => perSecond),
    );
  }
  add("published", "lists/s", (peer) => published.get(peer) ?? []);
  for (const peer of peers) {
    const [, half = 0, all = 0] = bytes.get(peer) ?? [];
    if (all > half) {
      const perMillion = ((all - half) / (PROFILES / 2)) * 1e6;
      figures.push({ name: `a million profiles, ${peer.name}`, value: perMillion / 2 ** 30, unit: "GiB" });
    }
    const failed = [...(alone.get(peer) ?? []), ...(together.get(peer) ?? [])].reduce(
      (sum, one) => sum + one.failed,
      0,
    );
    const puts = failedPuts.get(peer) ?? 0;
    if (failed + puts > 0)
      notes.push(`${peer.name}: ${failed} gets and ${puts} calls of putLists were not answered in time.`);
  }
  notes.push(
    `${PROFILES} profiles of ${ITEMS} titles each (ids of ${`film-${TITLES - 1}`.length} letters at most); what is read is checked to be whole.`,
    `Memory of a million is extrapolated: ${PROFILES / 2} and ${PROFILES} lists were measured, and their difference taken a hundred times. LMDB's is its file.`,
    "Tarantool: wal_mode write. Redis: appendonly, fsync every second. LMDB: fsync before the answer, read in this process.",
  );
  return { figures, notes };
}

export const storeBench: Bench = {
  name: "store",
  about: "a list of 200 titles out of each recommendation store, and all of them into it",
  run,
};
