/**
 * The numbers' side of a training: typed arrays in, typed arrays out. Runs in a worker thread (`engine-worker.ts`), so
 * that pages are served while a model trains; as a plain function it is what the tests call.
 */
import type { ItemTables, SegmentTables, TitleVectors } from "@thewatcher/contracts/item-tables";
import {
  buildInteractions,
  type Interactions,
  interactionsOfHistories,
  leaveLastOut,
  type TimeQuality,
} from "@thewatcher/engine/dataset";
import { type Evaluation, evaluate } from "@thewatcher/engine/evaluate";
import { itemVectors, userVectors } from "@thewatcher/engine/item-vectors";
import { type Numerics, openNumerics, splitPin } from "@thewatcher/engine/kernels/numerics";
import type { FitControl, FittedModel, ItemLists } from "@thewatcher/engine/model";
import { requireModel } from "@thewatcher/engine/models/registry";
import type { ParameterInput } from "@thewatcher/engine/parameters";
import { type Shard, takeShard } from "@thewatcher/engine/shards";
import { tasteSegments } from "@thewatcher/engine/taste-segments";
import { createRng, type Rng } from "@thewatcher/kit/rng";

/** Items of a published list: ten rows of twenty, all different. */
export const LIST_ITEMS = 200;
/** Targets that a live interaction may lift: past the hundredth, EASE's entries are a hundredth of the first. */
const NEIGHBOURS = 100;
const SIMILAR = 40;
const POPULAR = 300;
/** More, and a service of thousands of viewers has some hundreds in each. */
const SEGMENTS = 16;
/** What is popular among fewer is what one of them likes. */
const SEGMENT_PROFILES_MIN = 50;

/**
 * How fast a taste moves differs from service to service: on MovieLens, where ratings were entered in sittings, a
 * half-life of 3 interactions doubles nDCG; in a cinema watched evening by evening it costs a quarter of it. So where the
 * caller leaves recency open, each training chooses between these on the last interaction but one, which the reported
 * figures (on the last one) do not see.
 */
const EASE_RECENCY_CHOICES: readonly ParameterInput[] = [
  { halfLifeInteractions: 3, trainingHalfLifeInteractions: 50, regularization: 200 },
  { halfLifeInteractions: null, trainingHalfLifeInteractions: null, regularization: 300 },
];

/** Items of a list that a choice looks at. */
const CHOICE_DEPTH = 10;

export interface EngineJob {
  readonly model: string;
  /** The model's own, and `kernelPath`, which pins the numerical path. */
  readonly parameters: ParameterInput;
  readonly seed: number;
  readonly evaluate: boolean;
  /** Whether an open choice (recency) is made from the data. */
  readonly choose: boolean;
  /** Rank the users of one shard alone: row r of the lists is user r · count + index. Default: everybody. */
  readonly shard?: Shard | undefined;
  readonly userCount: number;
  readonly itemCount: number;
  readonly userIndices: Uint32Array;
  readonly itemIndices: Uint32Array;
  readonly weights: Float32Array;
  /** Milliseconds since the epoch. */
  readonly occurredAt: Float64Array;
  readonly timeQuality: TimeQuality;
  /** By user; an empty text: unknown. */
  readonly countries: readonly string[];
  /** Pairs never to be recommended ("not interested"). */
  readonly hiddenUsers: Uint32Array;
  readonly hiddenItems: Uint32Array;
}

export interface StageTime {
  readonly stage: string;
  readonly durationMs: number;
}

export interface EngineOutcome {
  readonly lists: ItemLists;
  readonly neighbours: ItemTables["neighbours"];
  readonly similar: ItemTables["similar"];
  readonly popularity: ItemTables["popularity"];
  readonly vectors: TitleVectors;
  /** undefined with too few profiles for two of them. */
  readonly segments: SegmentTables | undefined;
  /** Infinity where the model knows no recency. */
  readonly halfLifeInteractions: number;
  readonly parameters: ParameterInput;
  readonly kernelPath: string | undefined;
  readonly evaluation: Evaluation | undefined;
  readonly model: Uint8Array<ArrayBuffer>;
  readonly stages: readonly StageTime[];
}

export interface JobControl {
  readonly progress?: (progress: { stage: string; fraction: number }) => void;
  readonly signal?: AbortSignal;
  /** Monotonic milliseconds: the engine's side reads no clock of its own. */
  readonly monotonicMs: () => number;
}

export async function runEngineJob(given: EngineJob, control: JobControl): Promise<EngineOutcome> {
  const { pin, parameters: own } = splitPin(given.parameters);
  const numerics = await openNumerics({ pin, monotonicMs: control.monotonicMs });
  try {
    return await runOn(numerics, { ...given, parameters: own }, control);
  } finally {
    await numerics.library?.close();
  }
}

async function runOn({ kernelPath, library }: Numerics, job: EngineJob, control: JobControl): Promise<EngineOutcome> {
  const rng = createRng(job.seed);
  const stages: StageTime[] = [];
  const timed = async <Value>(stage: string, work: () => Promise<Value> | Value): Promise<Value> => {
    const startedMs = control.monotonicMs();
    const value = await work();
    stages.push({ stage, durationMs: Math.round(control.monotonicMs() - startedMs) });
    return value;
  };
  const inner = (prefix: string) => ({
    signal: control.signal,
    kernelPath,
    library,
    progress: ({ stage, fraction }: { stage: string; fraction: number }) =>
      control.progress?.({ stage: `${prefix}: ${stage}`, fraction }),
  });

  const interactions = await timed("read", () =>
    buildInteractions(
      { userIndices: job.userIndices, itemIndices: job.itemIndices, weights: job.weights, occurredAt: job.occurredAt },
      {
        userCount: job.userCount,
        itemCount: job.itemCount,
        timeQuality: job.timeQuality,
        countryOf: (user) => job.countries[user] || undefined,
      },
    ),
  );
  const parameters = await timed("choose", () =>
    chooseParameters(job, interactions, rng.fork("choose"), inner("choosing")),
  );
  const evaluation = job.evaluate
    ? await timed("evaluate", () =>
        evaluate(
          { name: job.model, parameters },
          leaveLastOut(interactions),
          { ...inner("evaluating"), rng: rng.fork("evaluate") },
          { metrics: ["ndcg@10", "recall@10", "coverage@10"] },
        ),
      )
    : undefined;
  const model = await timed("fit", () =>
    requireModel(job.model).fit(interactions, parameters, { ...inner("training"), rng: rng.fork("fit") }),
  );
  const hidden =
    job.hiddenUsers.length > 0
      ? buildInteractions({ userIndices: job.hiddenUsers, itemIndices: job.hiddenItems }, job)
      : undefined;
  const mine = (data: Interactions): Interactions => (job.shard ? takeShard(data, job.shard) : data);
  const lists = await timed("rank", () =>
    model.recommend(
      { histories: mine(interactions), count: Math.min(LIST_ITEMS, job.itemCount), exclude: hidden && mine(hidden) },
      inner("ranking"),
    ),
  );
  const all = Int32Array.from({ length: job.itemCount }, (_, item) => item);
  const neighbours = await timed("neighbours", async () =>
    tableOf(await model.lifts(all, Math.min(NEIGHBOURS, job.itemCount), inner("neighbours"))),
  );
  const similar = await timed("similar", async () =>
    tableOf(await model.similarItems(all, Math.min(SIMILAR, job.itemCount), inner("similar titles"))),
  );
  const popularityOf = async (data: Interactions, countMax: number) =>
    popularityTables(
      await requireModel("popularity").fit(data, {}, { ...inner("popularity"), rng: rng.fork("popularity") }),
      data.countryCodes,
      countMax,
    );
  const popularity = await timed("popularity", () => popularityOf(interactions, Math.min(POPULAR, job.itemCount)));
  const fading = model.parameters.halfLifeInteractions;
  const weights = { signal: "graded", halfLifeInteractions: typeof fading === "number" ? fading : null } as const;
  const vectors = await timed("vectors", () =>
    // What is watched together does not fade; a profile's own history does, as in serving.
    itemVectors(
      interactions,
      { weights: { signal: "binary", halfLifeInteractions: null } },
      { ...inner("vectors"), rng: rng.fork("vectors") },
    ),
  );
  const segmentCount = Math.min(SEGMENTS, Math.floor(job.userCount / SEGMENT_PROFILES_MIN));
  const segments =
    segmentCount < 2
      ? undefined
      : await timed("segments", async () => {
          const { count, centroids, segmentOf } = tasteSegments(userVectors(interactions, vectors, weights), {
            dimension: vectors.dimension,
            count: segmentCount,
            rng: rng.fork("segments"),
          });
          // Popularity by segment is popularity by country, with the segments for countries.
          const [, ...popular] = await popularityOf(
            {
              ...interactions,
              countryCodes: Array.from({ length: count }, (_, at) => `${at}`),
              userCountries: segmentOf,
            },
            Math.min(POPULAR, job.itemCount),
          );
          return { centroids, popularity: popular.map(({ itemIndices, scores }) => ({ itemIndices, scores })) };
        });
  return {
    lists,
    neighbours,
    similar,
    popularity,
    vectors,
    segments,
    halfLifeInteractions: weights.halfLifeInteractions ?? Number.POSITIVE_INFINITY,
    parameters: model.parameters,
    kernelPath: model.kernelPath,
    evaluation,
    model: model.save(),
    stages,
  };
}

/** What the caller said, completed by the best of the choices where recency was left open and there is data to choose by. */
async function chooseParameters(
  job: EngineJob,
  interactions: Interactions,
  rng: Rng,
  control: Omit<FitControl, "rng">,
): Promise<ParameterInput> {
  const isOpen =
    job.model === "ease" &&
    job.choose &&
    EASE_RECENCY_CHOICES.every((choice) => Object.keys(choice).every((name) => !(name in job.parameters)));
  if (!isOpen) return job.parameters;
  const split = leaveLastOut(interactions, { targetCount: 1, hiddenCount: 1 });
  let best: { readonly parameters: ParameterInput; readonly gain: number } | undefined;
  for (const choice of EASE_RECENCY_CHOICES) {
    const parameters = { ...job.parameters, ...choice };
    const model = await requireModel(job.model).fit(split.train, parameters, { ...control, rng });
    const gain = discountedGain(
      await model.recommend({ histories: split.histories, count: CHOICE_DEPTH }, control),
      split.targets,
    );
    if (best === undefined || gain > best.gain) best = { parameters, gain };
  }
  return best?.parameters ?? job.parameters;
}

/**
 * nDCG summed over users of one target each. Two figures are compared, so neither Popular and Random nor intervals are
 * made for it: they were a third of a choice's time.
 */
function discountedGain(lists: ItemLists, targets: Interactions): number {
  let gain = 0;
  for (let user = 0; user < targets.userCount; user++) {
    const at = targets.rowOffsets[user] as number;
    if (at === targets.rowOffsets[user + 1]) continue;
    const start = user * lists.count;
    const rank = lists.itemIndices
      .subarray(start, start + (lists.filled[user] as number))
      .indexOf(targets.itemIndices[at] as number);
    if (rank >= 0) gain += 1 / Math.log2(rank + 2);
  }
  return gain;
}

/** Scores behind the end of a row are NaN in the engine; in a table they are 0. */
function tableOf(lists: ItemLists): ItemTables["neighbours"] {
  return {
    count: lists.count,
    itemIndices: lists.itemIndices,
    weights: lists.scores.map((score) => (Number.isNaN(score) ? 0 : score)),
  };
}

/** Everybody's first, then one for each country. */
async function popularityTables(
  popular: FittedModel,
  countries: readonly string[],
  count: number,
): Promise<ItemTables["popularity"]> {
  const tables: ItemTables["popularity"][number][] = [];
  for (const country of [undefined, ...countries]) {
    const lists = await popular.recommend({
      histories: interactionsOfHistories(
        [{ itemIndices: [], ...(country === undefined ? {} : { country }) }],
        popular.itemCount,
      ),
      count,
    });
    const filled = lists.filled[0] ?? 0;
    tables.push({
      country: country ?? "*",
      itemIndices: lists.itemIndices.slice(0, filled),
      scores: lists.scores.slice(0, filled),
    });
  }
  return tables;
}
