/**
 * One training, from rows to lists that are served: read the training set, evaluate beside Popular and Random, fit,
 * rank everybody, publish under a new generation, check what was published, flip the pointer. A failure before the flip
 * leaves the old generation served. Each run is recorded with the hash of its data, its seed, parameters and metrics.
 */

import type { Generation, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { encodeItemTables, type ItemTables, itemTablesKey } from "@thewatcher/contracts/item-tables";
import { encodeRankerModel, rankerModelKey } from "@thewatcher/contracts/ranker-model";
import type { Evaluation } from "@thewatcher/engine/evaluate";
import { PATH_PARAMETER, splitPin } from "@thewatcher/engine/kernels/numerics";
import { requireModel } from "@thewatcher/engine/models/registry";
import { type ParameterInput, resolveParameters } from "@thewatcher/engine/parameters";
import { type Shard, shardSize } from "@thewatcher/engine/shards";
import { TRAINING_SIGNAL_MIN } from "@thewatcher/feature-store/live-signal";
import { readTrainingSet, type TrainingSet } from "@thewatcher/feature-store/training-set";
import { readTrending, type TrendingTitle } from "@thewatcher/feature-store/trending";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { Rng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { Database } from "@thewatcher/stores/database/port";
import type { Objects } from "@thewatcher/stores/objects/port";
import type { RecommendationListEntry, RecommendationStore } from "@thewatcher/stores/recommendations/port";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import type { EngineJob, EngineOutcome, StageTime } from "./engine-job.ts";
import type { Judgement, RankerOutcome } from "./ranker/judge-ranker.ts";
import { readRankerRows } from "./ranker/read-decisions.ts";
import { trainRankerInWorker } from "./ranker/run-ranker-worker.ts";
import { runInWorker } from "./run-worker.ts";

/** Generations kept for a rollback, the active one among them. */
export const GENERATIONS_KEPT = 5;
/** Lists written in one transaction of the store: 1,000 × 200 items ≈ 2 MB. */
const LISTS_PER_WRITE = 1_000;
/** Lists read back before the flip. */
const LISTS_CHECKED = 200;

export interface TrainRequest {
  readonly model: string;
  readonly parameters: ParameterInput;
  readonly seed: number;
  /** Hold out each viewer's last interaction and measure first. */
  readonly evaluate: boolean;
  readonly progress?: ((progress: { stage: string; fraction: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TrainSummary {
  readonly runId: string;
  readonly model: string;
  readonly parameters: ParameterInput;
  readonly generation: Generation;
  readonly interactions: number;
  readonly profiles: number;
  readonly titles: number;
  readonly lists: number;
  readonly dataHash: string;
  readonly kernelPath: string | undefined;
  readonly evaluation: Evaluation | undefined;
  readonly ranker: RankerSummary;
  readonly stages: readonly StageTime[];
}

/** What became of the ranker: without one, pages keep the order of their sources' blended scores. */
export type RankerSummary =
  /** Too few logged decisions to tell it from the blended order. */
  | { readonly kind: "too_few"; readonly decisions: number; readonly needed: number }
  /** `trained`: published with the generation. `not_better`: measured on later decisions and left out. */
  | {
      readonly kind: "trained" | "not_better";
      readonly version: string;
      readonly decisions: number;
      readonly rows: number;
      readonly judgement: Judgement;
      /** P(looked at) of the first places, relative to the first. */
      readonly examination: readonly number[];
    }
  /** The lists are published all the same. */
  | { readonly kind: "failed"; readonly detail: string };

/**
 * Lists of one shard of the profiles, for a job that several machines do side by side: with the same as-of, model,
 * parameters and seed, the shards together are one run, bit for bit. Nothing is published.
 */
export interface ShardRequest extends Omit<TrainRequest, "evaluate"> {
  readonly shard: Shard;
  /** Milliseconds since the epoch; the same for all shards. */
  readonly asOf: number;
  /** As a training does before it evaluates: choose what was left open from the data. */
  readonly choose: boolean;
}

export interface ShardLists {
  /** The same in every shard, or they did not read the same rows. */
  readonly dataHash: string;
  /** Of all shards together. */
  readonly profiles: number;
  readonly entries: readonly RecommendationListEntry[];
}

/** What is published: what the engine made of the interactions, and what the warehouse counted. */
interface Outcome extends EngineOutcome {
  readonly trending: NonNullable<ItemTables["trending"]>;
  readonly ranker: Uint8Array | undefined;
}

export interface Trainer {
  /** One at a time: a second call while one runs is a UserError. */
  train(request: TrainRequest): Promise<TrainSummary>;
  rankShard(request: ShardRequest): Promise<ShardLists>;
  /** Back to the generation before the active one. */
  rollback(): Promise<{ readonly from: Generation; readonly to: Generation }>;
}

export interface TrainerDeps {
  readonly warehouse: Warehouse;
  readonly recommendations: RecommendationStore;
  readonly objects: Objects;
  readonly database: Database;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly codeVersion: string;
  /** Called after each flip, so that readers in this process need not wait for their poll. */
  readonly onActivated?: () => void;
}

export function createTrainer(deps: TrainerDeps): Trainer {
  let running = false;

  async function train(request: TrainRequest): Promise<TrainSummary> {
    const definition = requireModel(request.model);
    const { pin, parameters: own } = splitPin(request.parameters);
    const parameters = {
      ...resolveParameters(definition.name, definition.parameters, own),
      ...(pin === undefined ? {} : { [PATH_PARAMETER]: pin }),
    };
    if (running) throw new UserError("a training is running already; wait for it to end");
    running = true;
    const runId = uuid7(deps.clock.now());
    await deps.database.kysely
      .insertInto("runs")
      .values({
        run_id: runId,
        model: request.model,
        status: "running",
        parameters: JSON.stringify(parameters),
        metrics: null,
        data_hash: null,
        code_version: deps.codeVersion,
        seed: request.seed,
        generation: null,
        error: null,
        started_at: new Date(deps.clock.now()),
        finished_at: null,
      })
      .execute();
    try {
      const summary = await runOnce(runId, request);
      await finish(runId, {
        status: "succeeded",
        // As they were used: with what was left open chosen.
        parameters: JSON.stringify(summary.parameters),
        metrics: JSON.stringify({
          evaluation: summary.evaluation ?? null,
          stages: summary.stages,
          lists: summary.lists,
          ranker: summary.ranker,
          kernelPath: summary.kernelPath ?? null,
        }),
        data_hash: summary.dataHash,
        generation: summary.generation,
      });
      return summary;
    } catch (error) {
      await finish(runId, { status: "failed", error: String((error as Error).message ?? error).slice(0, 2_000) }).catch(
        (err) => deps.log.error({ err, runId }, "the failed run could not be recorded"),
      );
      throw error;
    } finally {
      running = false;
    }
  }

  async function finish(
    runId: string,
    outcome: {
      status: "succeeded" | "failed";
      parameters?: string;
      metrics?: string;
      data_hash?: string;
      generation?: string;
      error?: string;
    },
  ): Promise<void> {
    await deps.database.kysely
      .updateTable("runs")
      .set({ ...outcome, finished_at: new Date(deps.clock.now()) })
      .where("run_id", "=", runId)
      .execute();
  }

  async function readSet(asOf: number): Promise<TrainingSet> {
    const set = await readTrainingSet(deps.warehouse, { asOf, signalMin: TRAINING_SIGNAL_MIN });
    if (set.weight.length > 0) return set;
    throw new UserError(
      "nothing to train on: the warehouse holds no watch, rating or watchlist entry yet (import data or start the demo world)",
    );
  }

  async function rankShard(request: ShardRequest): Promise<ShardLists> {
    const definition = requireModel(request.model);
    resolveParameters(definition.name, definition.parameters, splitPin(request.parameters).parameters);
    request.progress?.({ stage: "reading the training set", fraction: 0 });
    const set = await readSet(request.asOf);
    const { shard } = request;
    const job = { ...jobOf(set, { ...request, evaluate: false }), choose: request.choose, shard };
    const outcome = await runInWorker(job, { progress: request.progress, signal: request.signal });
    const entries = Array.from({ length: shardSize(set.userIds.length, shard) }, (_, row) =>
      entryOf(set, outcome, row, row * shard.count + shard.index),
    );
    return { dataHash: set.dataHash, profiles: set.userIds.length, entries };
  }

  async function runOnce(runId: string, request: TrainRequest): Promise<TrainSummary> {
    const stages: StageTime[] = [];
    let stageStartMs = deps.clock.monotonicMs();
    const stageDone = (stage: string): void => {
      const nowMs = deps.clock.monotonicMs();
      stages.push({ stage, durationMs: Math.round(nowMs - stageStartMs) });
      stageStartMs = nowMs;
    };
    request.progress?.({ stage: "reading the training set", fraction: 0 });
    const asOf = deps.clock.now();
    const set = await readSet(asOf);
    const trending = await readTrending(deps.warehouse, { asOf });
    stageDone("read the warehouse");
    const interactionCount = set.weight.length;
    const outcome = await runInWorker(jobOf(set, request), { progress: request.progress, signal: request.signal });
    stages.push(...outcome.stages);
    stageStartMs = deps.clock.monotonicMs();
    const ranker = await trainRanker(asOf, request);
    stageDone("ranker");
    const { generation, lists } = await publish(
      runId,
      asOf,
      set,
      { ...outcome, trending: trendingTables(set, trending), ranker: ranker.bytes },
      request,
    );
    stageDone("publish");
    return {
      runId,
      model: request.model,
      parameters: outcome.parameters,
      generation,
      interactions: interactionCount,
      profiles: set.userIds.length,
      titles: set.itemIds.length,
      lists,
      dataHash: set.dataHash,
      kernelPath: outcome.kernelPath,
      evaluation: outcome.evaluation,
      ranker: ranker.summary,
      stages,
    };
  }

  /** A ranker that cannot be trained leaves the lists as they are: its failure is told, not thrown. */
  async function trainRanker(
    asOf: number,
    { seed, progress, signal }: TrainRequest,
  ): Promise<{ readonly summary: RankerSummary; readonly bytes?: Uint8Array }> {
    const version = `r${String(asOf).padStart(13, "0")}`;
    let outcome: RankerOutcome;
    try {
      const rows = await readRankerRows(deps.warehouse, { asOf });
      const job = { rows, options: { seed, version, trainedAt: asOf } };
      outcome = await trainRankerInWorker(job, { progress, signal });
    } catch (err) {
      signal?.throwIfAborted();
      deps.log.error({ err }, "the ranker could not be trained");
      return { summary: { kind: "failed", detail: String((err as Error).message ?? err).slice(0, 500) } };
    }
    if (outcome.kind === "too_few") return { summary: outcome };
    const { kind, decisions, rows, judgement, training } = outcome;
    const examination = Array.from(training.examination);
    return {
      summary: { kind, version, decisions, rows, judgement, examination },
      ...(kind === "trained" ? { bytes: encodeRankerModel(training.model) } : {}),
    };
  }

  async function publish(
    runId: string,
    asOf: number,
    set: TrainingSet,
    outcome: Outcome,
    request: TrainRequest,
  ): Promise<{ generation: Generation; lists: number }> {
    const { recommendations, objects } = deps;
    const suffix = deps.rng.int(0x10000).toString(16).padStart(4, "0");
    const generation = `g${String(deps.clock.now()).padStart(13, "0")}-${suffix}` as Generation;
    await recommendations.begin(generation, { runId, model: request.model, asOf: new Date(asOf).toISOString() });
    try {
      const userCount = set.userIds.length;
      let written = 0;
      for (let from = 0; from < userCount; from += LISTS_PER_WRITE) {
        request.signal?.throwIfAborted();
        const entries: RecommendationListEntry[] = [];
        for (let user = from; user < Math.min(userCount, from + LISTS_PER_WRITE); user++) {
          if ((outcome.lists.filled[user] ?? 0) > 0) entries.push(entryOf(set, outcome, user));
        }
        await recommendations.putLists(generation, entries);
        written += entries.length;
        request.progress?.({ stage: "publishing lists", fraction: Math.min(1, (from + LISTS_PER_WRITE) / userCount) });
      }
      await objects.put(modelKey(generation), outcome.model);
      await objects.put(itemTablesKey(generation), encodeItemTables(itemTablesOf(generation, asOf, set, outcome)));
      if (outcome.ranker) await objects.put(rankerModelKey(generation), outcome.ranker);
      await check(generation, set, outcome, written);
      const previous = await recommendations.activate(generation);
      deps.onActivated?.();
      await dropOld(generation, previous);
      return { generation, lists: written };
    } catch (error) {
      if ((await recommendations.active()) !== generation) await discard(generation);
      throw error;
    }
  }

  /** Reads back a sample spread over all profiles, and the count: nothing is served that was not found again. */
  async function check(
    generation: Generation,
    set: TrainingSet,
    outcome: EngineOutcome,
    written: number,
  ): Promise<void> {
    const info = (await deps.recommendations.generations()).find((known) => known.generation === generation);
    assert(info?.listCount === written, "as many lists as were written", () => ({ found: info?.listCount, written }));
    const step = Math.max(1, Math.floor(set.userIds.length / LISTS_CHECKED));
    const users = Array.from({ length: Math.ceil(set.userIds.length / step) }, (_, index) => index * step);
    const found = await deps.recommendations.getLists(
      users.map((user) => set.userIds[user] as ProfileId),
      generation,
    );
    for (const [index, user] of users.entries()) {
      const expected = entryOf(set, outcome, user);
      const list = found[index];
      if (expected.titleIds.length === 0) continue;
      assert(
        list !== undefined &&
          list.titleIds.join() === expected.titleIds.join() &&
          list.scores.every((score) => Number.isFinite(score)),
        "the list that was written",
        () => ({ profileId: set.userIds[user] }),
      );
    }
  }

  async function discard(generation: Generation): Promise<void> {
    try {
      await deps.recommendations.drop(generation);
      await deps.objects.delete([itemTablesKey(generation), modelKey(generation), rankerModelKey(generation)]);
    } catch (err) {
      deps.log.error({ err, generation }, "an unfinished generation could not be removed");
    }
  }

  /**
   * Keeps the newest few. What is newer than the previously active one was rolled back from (or never finished): it
   * goes too, so that a rollback never lands on what an operator had left.
   */
  async function dropOld(active: Generation, previous: Generation | undefined): Promise<void> {
    const others = (await deps.recommendations.generations())
      .map((info) => info.generation)
      .filter((known) => known !== active);
    const leftBehind = others.filter((known) => previous === undefined || known > previous);
    const kept = others.filter((known) => !leftBehind.includes(known)).slice(0, GENERATIONS_KEPT - 1);
    for (const generation of others) if (!kept.includes(generation)) await discard(generation);
  }

  async function rollback(): Promise<{ from: Generation; to: Generation }> {
    const known = await deps.recommendations.generations();
    const active = known.findIndex((info) => info.active);
    const from = known[active]?.generation;
    if (from === undefined)
      throw new UserError(
        "nothing is published yet: there is no generation to roll back from (run `thewatcher train` first)",
      );
    const to = known[active + 1]?.generation;
    if (to === undefined)
      throw new UserError(`${from} is the oldest generation kept: there is none before it to roll back to`);
    await deps.recommendations.activate(to);
    deps.onActivated?.();
    return { from, to };
  }

  return { train, rankShard, rollback };
}

const modelKey = (generation: Generation): string => `generations/${generation}/model.bin`;

function jobOf(set: TrainingSet, request: TrainRequest): EngineJob {
  return {
    model: request.model,
    parameters: request.parameters,
    seed: request.seed,
    evaluate: request.evaluate,
    choose: request.evaluate,
    userCount: set.userIds.length,
    itemCount: set.itemIds.length,
    userIndices: set.userIndex,
    itemIndices: set.itemIndex,
    weights: set.weight,
    occurredAt: set.occurredAt,
    timeQuality: set.timeQuality,
    countries: set.countryOfUser,
    hiddenUsers: set.negatives.userIndex,
    hiddenItems: set.negatives.itemIndex,
  };
}

/** Row `row` of the lists: the list of `user`. */
function entryOf(set: TrainingSet, outcome: EngineOutcome, row: number, user = row): RecommendationListEntry {
  const { lists } = outcome;
  const start = row * lists.count;
  const end = start + (lists.filled[row] ?? 0);
  return {
    profileId: set.userIds[user] as ProfileId,
    titleIds: Array.from(lists.itemIndices.subarray(start, end), (item) => set.itemIds[item] as TitleId),
    scores: lists.scores.slice(start, end),
  };
}

/** By country, with the titles that the training knows. */
function trendingTables(set: TrainingSet, titles: readonly TrendingTitle[]): NonNullable<ItemTables["trending"]> {
  const itemOf = new Map(set.itemIds.map((titleId, item) => [titleId, item]));
  const byCountry = new Map<string, { item: number; growth: number }[]>();
  for (const { country, titleId, growth } of titles) {
    const item = itemOf.get(titleId);
    if (item === undefined) continue;
    const known = byCountry.get(country) ?? [];
    if (known.length === 0) byCountry.set(country, known);
    known.push({ item, growth });
  }
  return Array.from(byCountry, ([country, known]) => ({
    country,
    itemIndices: Int32Array.from(known, ({ item }) => item),
    scores: Float32Array.from(known, ({ growth }) => growth),
  }));
}

function itemTablesOf(generation: Generation, asOf: number, set: TrainingSet, outcome: Outcome): ItemTables {
  return {
    generation,
    asOf,
    halfLifeInteractions: outcome.halfLifeInteractions,
    titleIds: set.itemIds,
    neighbours: outcome.neighbours,
    similar: outcome.similar,
    popularity: outcome.popularity,
    vectors: outcome.vectors,
    ...(outcome.segments ? { segments: outcome.segments } : {}),
    trending: outcome.trending,
  };
}
