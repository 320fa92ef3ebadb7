/**
 * `home` and `list`: requests a second and latency of the two personal answers, through the public door, with MovieLens
 * 1M imported and trained, pages ranked by a model. All 6,040 profiles in random order; no answer is cached, each is a
 * decision of its own. The limit is the same HTTP server answering a constant body of that size. The load generator runs
 * beside the server, on the same machine: on two cores the two share them.
 *
 * `home` is also asked at half of its rate and at twice of it by somebody who does not wait (open-load-child.ts): what a
 * page takes where there is room, and what is refused, in which order, where there is none.
 */
import { assert } from "@thewatcher/kit/assert";
import { createRng } from "@thewatcher/kit/rng";
import { type RunningCinema, startCinema } from "./cinema.ts";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import { type LoadAnswer, type LoadRequest, startConstantServer, startLoadGenerator } from "./load.ts";
import { readMovieLens } from "./movielens.ts";
import { type OpenAsk, type OpenKind, startOpenLoad } from "./open-load.ts";
import { peakMemoryOf, processorSecondsOf } from "./processes.ts";
import { inRandomOrder } from "./random-order.ts";
import { prepareRankedCinema } from "./ranked-cinema.ts";
import { type Figure, number } from "./report.ts";
import { median } from "./statistics.ts";

/** Pages a second of one process, so of the one core that composes. */
const HOME_RATE_GOAL = 500;
/** At half of the rate. */
const HOME_P99_GOAL_MS = 25;
/** Beyond it nobody waits any more. */
const OVERLOAD_P99_GOAL_MS = 1_000;
/** Refusing takes a second a kind to begin (kit/src/shedding.ts), and then has to hold. */
const OVERLOAD_SECONDS = 20;
/** Of the greatest rate of pages, beside pages at twice that rate. First refused first. */
const OVERLOAD_SHARES = { events: 0.2, search: 0.1, home: 2, resume: 0.05, play: 0.05 } as const;
type OverloadKind = keyof typeof OVERLOAD_SHARES;
/** Shares of what was refused that differ by less are the same. */
const SHED_TIE = 0.02;
/** A p99 wants some thousands. */
const MEASURED_SECONDS_MIN = 10;
const QUERIES = ["star", "love", "the king", "1994", "toy stroy", "drama", "war", "godfather"];
/** Before anything counts every profile is asked for this often on both sides: code is compiled, countries are read. */
const WARM_UP_ROUNDS = 2;
const CHECKED_ANSWERS = 200;

/** Gorse 0.5.11, `GET recommend?n=20`, on a machine of this kind (docs/benchmarks.md): requests/s by connections. */
const GORSE = {
  1: { perSecond: 233, p99Ms: 17 },
  4: { perSecond: 471, p99Ms: 31 },
  16: { perSecond: 405, p99Ms: 155 },
};
const GORSE_FACTOR = 10;

const WITHOUT_WAITING =
  "Half of the rate and twice of it: requests begin at instants drawn beforehand, and their time counts from these. Twice: pages at twice of the greatest rate, and of that rate events 0.2, search 0.1, watchlists 0.05, title pages 0.05.";

interface Loaded extends LoadAnswer {
  /** Of the server, a request; NaN where the system does not say. */
  readonly processorMicroseconds: number;
}

interface Page {
  readonly name: "home" | "list";
  readonly connections: readonly number[];
  readonly pathOf: (profileId: string) => string;
  /** Titles in an answer's body. */
  readonly titlesIn: (body: Record<string, unknown>) => number;
  readonly titlesMin: number;
}

const list: Page = {
  name: "list",
  connections: [1, 4, 16],
  pathOf: (profileId) => `/api/v1/profiles/${profileId}/recommendations?n=20`,
  titlesIn: (body) => (body.items as unknown[]).length,
  titlesMin: 20,
};

const home: Page = {
  name: "home",
  connections: [1, 32, 128],
  pathOf: (profileId) => `/api/v1/profiles/${profileId}/home`,
  titlesIn: (body) => (body.rows as { items: unknown[] }[]).reduce((sum, { items }) => sum + items.length, 0),
  titlesMin: 40,
};

/** Answers are 200, full, personal and decisions of their own; answers the median size of a body. */
async function checkAnswers(page: Page, paths: readonly string[], cinema: RunningCinema): Promise<number> {
  const sizes: number[] = [];
  const decisions = new Set<unknown>();
  const orders = new Set<string>();
  for (const path of paths.slice(0, CHECKED_ANSWERS)) {
    const response = await fetch(`${cinema.url}${path}`, { headers: { authorization: `Bearer ${cinema.token}` } });
    const text = await response.text();
    assert(response.status === 200, "every answer is 200", () => `${response.status} ${text.slice(0, 300)}`);
    const body = JSON.parse(text) as Record<string, unknown>;
    assert(page.titlesIn(body) >= page.titlesMin, "every answer is full", () => page.titlesIn(body));
    const degradations = body.degradations as unknown[];
    assert(degradations.length === 0, "no answer is degraded", () => degradations);
    sizes.push(Buffer.byteLength(text));
    decisions.add(body.decisionId);
    orders.add([...text.matchAll(/"titleId":"([^"]+)"/g)].map((match) => match[1]).join());
  }
  assert(decisions.size === sizes.length, "every answer is a decision of its own", () => decisions.size);
  assert(orders.size > sizes.length * 0.95, "answers are personal", () => `${orders.size} different orders`);
  return Math.round(median(sizes));
}

async function measure(page: Page, context: BenchContext, dataDir: string): Promise<Outcome> {
  const { options, say } = context;
  const { profileIds } = readMovieLens(options);
  const paths = inRandomOrder(profileIds, createRng(1)).map(page.pathOf);
  const cinema = await startCinema(dataDir, context);
  const bodyBytes = await checkAnswers(page, paths, cinema);
  const constant = await startConstantServer(bodyBytes, context);
  const generator = await startLoadGenerator(context);
  const load = async (
    server: { readonly url: string; readonly pid: number },
    connections: number,
    bound: LoadRequest["bound"],
    readBodies = false,
  ): Promise<Loaded> => {
    const headers = { authorization: `Bearer ${cinema.token}` };
    const before = processorSecondsOrNone(server.pid);
    const answer = await generator.run({ url: server.url, headers, paths, connections, bound, readBodies });
    assert(answer.failures === 0, "no request fails", () => answer.failures);
    const used = processorSecondsOrNone(server.pid) - before;
    return { ...answer, processorMicroseconds: (used * 1e6) / answer.requests };
  };

  say(`${page.name}: warm-up, a body is ${number(bodyBytes)} bytes`);
  const warmUp = { requests: WARM_UP_ROUNDS * paths.length };
  const checked = await load(cinema, 16, warmUp, true);
  assert(new Set(checked.decisions).size === checked.requests, "no decision is answered twice");
  await load(constant, 16, warmUp);

  const figures: Figure[] = [];
  let bestPerSecond = 0;
  for (const connections of page.connections) {
    const ours: Loaded[] = [];
    const limits: Loaded[] = [];
    for (let round = 0; round < options.rounds; round++) {
      say(`${page.name}: ${connections} connections, run ${round + 1} of ${options.rounds}`);
      ours.push(await load(cinema, connections, { seconds: options.loadSeconds }));
      limits.push(await load(constant, connections, { seconds: options.loadSeconds }));
    }
    figures.push(...figuresOf(page, connections, ours, limits));
    bestPerSecond = Math.max(bestPerSecond, median(ours.map(({ requestsPerSecond }) => requestsPerSecond)));
  }
  figures.push({
    name: "degraded answers, from a cold start",
    value: checked.degraded,
    unit: `of ${checked.requests}`,
    goal: { text: "0", met: checked.degraded === 0 },
  });
  if (page.name === "home") figures.push(...(await measureWithoutWaiting(cinema, profileIds, bestPerSecond, context)));
  const peak = peakMemoryOf(cinema.pid);
  if (peak !== undefined) figures.push({ name: "peak memory of the cinema's process", value: peak, unit: "MiB" });
  return {
    figures,
    notes: [
      `GET ${page.pathOf("{id}")} with a service token, ${number(paths.length)} profiles in random order, ${options.loadSeconds} s a run; bodies of ${number(bodyBytes)} bytes (median).`,
      `Checked: ${number(checked.requests)} answers under load with as many different decisions, all 200; ${CHECKED_ANSWERS} read whole: full, not degraded, personal.`,
      "The limit is the same HTTP server with a constant body of that size, the two measured in turn. The load generator (autocannon) shares the machine's cores with both.",
      "Latencies are at full load from the generator's side, its own waiting included.",
      ...(page.name === "home" ? [WITHOUT_WAITING] : []),
    ],
  };
}

/** Pages at half of the greatest rate; then everything at once, pages at twice of it. */
async function measureWithoutWaiting(
  cinema: RunningCinema,
  profileIds: readonly string[],
  bestPerSecond: number,
  context: BenchContext,
): Promise<Figure[]> {
  const generator = await startOpenLoad(context);
  const headers = { authorization: `Bearer ${cinema.token}` };
  const shuffled = inRandomOrder(profileIds, createRng(2));
  const response = await fetch(`${cinema.url}${home.pathOf(shuffled[0]!)}`, { headers });
  const { rows } = (await response.json()) as { rows: { items: { title: { titleId: string } }[] }[] };
  const titleIds = rows.flatMap(({ items }) => items.map(({ title }) => title.titleId));
  const get = (path: string): OpenAsk => ({ method: "GET", path });
  const asks: Readonly<Record<OverloadKind, readonly OpenAsk[]>> = {
    events: shuffled.map((profileId, place): OpenAsk => {
      const titleId = titleIds[place % titleIds.length];
      const event = { eventId: "$id", type: "click", occurredAt: "$now", sentAt: "$now", payload: { titleId } };
      return {
        method: "POST",
        path: "/api/v1/events",
        headers: { "content-type": "application/json", "x-profile-id": profileId },
        body: JSON.stringify({ events: [event] }),
      };
    }),
    search: QUERIES.map((query) => get(`/api/v1/titles?q=${encodeURIComponent(query)}`)),
    home: shuffled.map((profileId) => get(home.pathOf(profileId))),
    resume: shuffled.map((profileId) => get(`/api/v1/profiles/${profileId}/watchlist`)),
    play: titleIds.map((titleId) => get(`/api/v1/titles/${titleId}`)),
  };
  const run = (seconds: number, kinds: readonly OpenKind[]) =>
    generator.run({ url: cinema.url, headers, seconds, kinds });

  const half = bestPerSecond / 2;
  context.say(`home: ${number(half)} pages/s, half of the greatest rate`);
  const seconds = Math.max(MEASURED_SECONDS_MIN, context.options.loadSeconds);
  const [calm] = await run(seconds, [{ kind: "home", perSecond: half, asks: asks.home }]);
  assert(calm !== undefined && calm.failed === 0, "no page fails at half of the rate", () => calm);
  context.say(`home: ${number(2 * bestPerSecond)} pages/s, twice of the greatest rate, with everything else`);
  const kinds = Object.entries(OVERLOAD_SHARES).map(([kind, share]): OpenKind => {
    return { kind, perSecond: share * bestPerSecond, asks: asks[kind as OverloadKind] };
  });
  const overloaded = await run(OVERLOAD_SECONDS, kinds);
  const shedShares = overloaded.map(({ shed, sent }) => shed / sent);
  const isInOrder = shedShares.every((share, place) => place === 0 || share <= shedShares[place - 1]! + SHED_TIE);
  const pages = overloaded.find(({ kind }) => kind === "home")!;
  const rate = ` (${number(half)}/s, ${number(calm.shed)} refused)`;
  return [
    {
      name: `p99 at half of the greatest rate${rate}`,
      value: calm.p99Ms,
      unit: "ms",
      goal: { text: `≤ ${HOME_P99_GOAL_MS} ms`, met: calm.p99Ms <= HOME_P99_GOAL_MS },
    },
    { name: "p50 at half of the greatest rate", value: calm.p50Ms, unit: "ms" },
    { name: "p999 at half of the greatest rate", value: calm.p999Ms, unit: "ms" },
    {
      name: "p99 of the pages served at twice of the greatest rate",
      value: pages.p99Ms,
      unit: "ms",
      goal: { text: `≤ ${OVERLOAD_P99_GOAL_MS} ms`, met: pages.p99Ms <= OVERLOAD_P99_GOAL_MS },
    },
    { name: "pages served at twice of the greatest rate", value: pages.served / OVERLOAD_SECONDS, unit: "pages/s" },
    ...overloaded.map(({ kind, sent, shed, firstShedMs }, place): Figure => {
      const first = firstShedMs === undefined ? "none" : `first after ${(firstShedMs / 1_000).toFixed(1)} s`;
      return {
        name: `refused at twice of the greatest rate: ${kind}`,
        value: (100 * shed) / sent,
        unit: `% of ${sent} (${first})`,
        ...(place === 0 ? { goal: { text: "in the promised order", met: isInOrder } } : {}),
      };
    }),
    {
      name: "failed in another way at twice of the greatest rate",
      value: overloaded.reduce((sum, { failed }) => sum + failed, 0),
      unit: `of ${overloaded.reduce((sum, { sent }) => sum + sent, 0)}`,
    },
  ];
}

/** NaN where there is no /proc. */
function processorSecondsOrNone(pid: number): number {
  try {
    return processorSecondsOf(pid);
  } catch {
    return Number.NaN;
  }
}

function figuresOf(page: Page, connections: number, ours: readonly Loaded[], constant: readonly Loaded[]): Figure[] {
  const figure = (name: string, unit: string, of: (answer: Loaded) => number): Figure => {
    const runs = ours.map(of);
    return {
      name: `${name}, ${connections} connection${connections === 1 ? "" : "s"}`,
      value: median(runs),
      unit,
      runs,
      beside: { name: "constant body", value: median(constant.map(of)) },
    };
  };
  const rate = figure("rate", "requests/s", ({ requestsPerSecond }) => requestsPerSecond);
  const p50 = figure("p50", "ms", ({ p50Ms }) => p50Ms);
  const p99 = figure("p99", "ms", ({ p99Ms }) => p99Ms);
  const processor = figure("processor time a request", "µs", ({ processorMicroseconds }) => processorMicroseconds);
  const rest = Number.isNaN(processor.value) ? [] : [processor];
  if (page.name === "home") {
    const isMet = rate.value >= HOME_RATE_GOAL;
    const goal = { text: `≥ ${HOME_RATE_GOAL} of one core`, met: isMet };
    const p999 = figure("p999", "ms", (answer) => answer.p999Ms);
    const refused = figure("refused", "%", (answer) => (100 * answer.refused) / (answer.requests + answer.refused));
    return [connections === 1 ? rate : { ...rate, goal }, p50, p99, p999, refused, ...rest];
  }
  const gorse = GORSE[connections as keyof typeof GORSE];
  const goal = GORSE_FACTOR * gorse.perSecond;
  return [
    { ...rate, goal: { text: `≥ ${number(goal)} (10 × Gorse)`, met: rate.value >= goal } },
    p50,
    { ...p99, goal: { text: `≤ ${gorse.p99Ms} ms (Gorse)`, met: p99.value <= gorse.p99Ms } },
    ...rest,
  ];
}

export const listBench: Bench = {
  name: "list",
  about: "GET …/recommendations?n=20 at 1, 4 and 16 connections, beside a constant body of that size",
  run: async (context) => measure(list, context, await context.trainedCinema()),
};

export const homeBench: Bench = {
  name: "home",
  about: "GET …/home, ranked, at 1, 32 and 128 connections; at half of the rate, and at twice of it with all else",
  run: async (context) => measure(home, context, await prepareRankedCinema(context)),
};
