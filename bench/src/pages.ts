/**
 * `home` and `list`: requests a second and latency of the two personal answers, through the public door, with MovieLens
 * 1M imported and trained. All 6,040 profiles in random order; no answer is cached, each is a decision of its own. The
 * limit is the same HTTP server answering a constant body of that size. The load generator runs beside the server, on the
 * same machine: on two cores the two share them.
 */
import { assert } from "@thewatcher/kit/assert";
import { createRng } from "@thewatcher/kit/rng";
import { type RunningCinema, startCinema } from "./cinema.ts";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import { type LoadAnswer, type LoadRequest, startConstantServer, startLoadGenerator } from "./load.ts";
import { readMovieLens } from "./movielens.ts";
import { peakMemoryOf, processorSecondsOf } from "./processes.ts";
import { inRandomOrder } from "./random-order.ts";
import { type Figure, number } from "./report.ts";
import { median } from "./statistics.ts";

const CONNECTIONS = [1, 4, 16] as const;
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

interface Loaded extends LoadAnswer {
  /** Of the server, a request; NaN where the system does not say. */
  readonly processorMicroseconds: number;
}

interface Page {
  readonly name: "home" | "list";
  readonly pathOf: (profileId: string) => string;
  /** Titles in an answer's body. */
  readonly titlesIn: (body: Record<string, unknown>) => number;
  readonly titlesMin: number;
}

const list: Page = {
  name: "list",
  pathOf: (profileId) => `/api/v1/profiles/${profileId}/recommendations?n=20`,
  titlesIn: (body) => (body.items as unknown[]).length,
  titlesMin: 20,
};

const home: Page = {
  name: "home",
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

async function measure(page: Page, context: BenchContext): Promise<Outcome> {
  const { options, say } = context;
  const { profileIds } = readMovieLens(options);
  const paths = inRandomOrder(profileIds, createRng(1)).map(page.pathOf);
  const cinema = await startCinema(await context.trainedCinema(), context);
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
  for (const connections of CONNECTIONS) {
    const ours: Loaded[] = [];
    const limits: Loaded[] = [];
    for (let round = 0; round < options.rounds; round++) {
      say(`${page.name}: ${connections} connections, run ${round + 1} of ${options.rounds}`);
      ours.push(await load(cinema, connections, { seconds: options.loadSeconds }));
      limits.push(await load(constant, connections, { seconds: options.loadSeconds }));
    }
    figures.push(...figuresOf(page, connections, ours, limits));
  }
  figures.push({
    name: "degraded answers, from a cold start",
    value: checked.degraded,
    unit: `of ${checked.requests}`,
    goal: { text: "0", met: checked.degraded === 0 },
  });
  const peak = peakMemoryOf(cinema.pid);
  if (peak !== undefined) figures.push({ name: "peak memory of the cinema's process", value: peak, unit: "MiB" });
  return {
    figures,
    notes: [
      `GET ${page.pathOf("{id}")} with a service token, ${number(paths.length)} profiles in random order, ${options.loadSeconds} s a run; bodies of ${number(bodyBytes)} bytes (median).`,
      `Checked: ${number(checked.requests)} answers under load with as many different decisions, all 200; ${CHECKED_ANSWERS} read whole: full, not degraded, personal.`,
      "The limit is the same HTTP server with a constant body of that size, the two measured in turn. The load generator (autocannon) shares the machine's cores with both.",
      "Latencies are at full load from the generator's side, its own waiting included.",
    ],
  };
}

/** NaN where there is no /proc. */
function processorSecondsOrNone(pid: number): number {
  try {
    return processorSecondsOf(pid);
  } catch {
    return Number.NaN;
  }
}

function figuresOf(
  page: Page,
  connections: (typeof CONNECTIONS)[number],
  ours: readonly Loaded[],
  constant: readonly Loaded[],
): Figure[] {
  const gorse = GORSE[connections];
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
  if (page.name === "home") return [rate, p50, p99, ...rest];
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
  run: (context) => measure(list, context),
};

export const homeBench: Bench = {
  name: "home",
  about: "GET …/home at 1, 4 and 16 connections, beside a constant body of that size",
  run: (context) => measure(home, context),
};
