/**
 * An evaluation from files to figures: read, split, fit, rank, measure, always beside Popular and Random. Needs no data
 * folder and opens no store. The same files, options and seed give the same figures.
 */
import { DEFAULT_METRICS, type Evaluation, evaluate, type PerUserFigures } from "@thewatcher/engine/evaluate";
import { openNumerics, splitPin } from "@thewatcher/engine/kernels/numerics";
import type { MetricValue } from "@thewatcher/engine/metrics/interval";
import { requireModel } from "@thewatcher/engine/models/registry";
import type { ParameterInput } from "@thewatcher/engine/parameters";
import { resolveParameters } from "@thewatcher/engine/parameters";
import { assembleSplit, type SplitCounts, type SplitRule, splitRows } from "@thewatcher/engine/splits";
import { instantOf } from "@thewatcher/ingestion/import/interactions";
import type { Clock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import type { Report } from "./console.ts";
import { categoriesOf, type FilePart, readIds, readInteractionFiles, readTitleGenres } from "./evaluation-files.ts";

export interface EvaluationRequest {
  /** One file to split, or none where `train` and `test` are given. */
  readonly file?: string | undefined;
  readonly split?: string | undefined;
  readonly train?: string | undefined;
  readonly test?: string | undefined;
  readonly exclude?: string | undefined;
  readonly history?: string | undefined;
  readonly inner: boolean;
  readonly validationUsers?: string | undefined;
  readonly order?: string | undefined;
  readonly minValue?: number | undefined;
  readonly model: string;
  readonly parameters: ParameterInput;
  readonly metrics?: readonly string[] | undefined;
  readonly segments: boolean;
  readonly items?: string | undefined;
  readonly seed: number;
}

export interface EvaluationReport {
  /** In words, such as "leave-one-out, inner". */
  readonly protocol: string;
  readonly seed: number;
  readonly timeQuality: "observed" | "synthetic";
  readonly counts: SplitCounts & {
    readonly interactions: number;
    readonly users: number;
    readonly items: number;
    readonly belowMinValue: number;
  };
  readonly evaluation: Evaluation;
  readonly stages: readonly { readonly stage: string; readonly durationMs: number }[];
  readonly peakMemoryBytes: number;
}

export interface EvaluationContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (report: Report) => void;
  readonly memoryBytesMax: number;
  readonly peakMemoryBytes: () => number;
  /** Each user's own figures, with the ids of the files. */
  readonly perUser?: ((figures: PerUserFigures & { readonly ids: readonly string[] }) => void) | undefined;
}

const SPLIT_FORMS =
  "leave-one-out, time:<share or moment>, random:<share> or users:<share>, each share from 0 to 1 with an optional second one for validation (random:0.1:0.1)";

/** "random:0.1:0.1" as a rule. */
export function splitRuleOf(text: string): SplitRule {
  const refuse = (): never => {
    throw new UserError(`--split ${JSON.stringify(text)}: ${SPLIT_FORMS} is accepted`);
  };
  if (text === "leave-one-out") return { kind: "leaveOneOut" };
  const [, kind, rest = ""] = /^(time|random|users):(.+)$/.exec(text) ?? [];
  // A moment may hold colons itself: only a share behind the last one is the validation's.
  const [, first = "", second] = /^(.*?)(?::(0?\.\d+))?$/.exec(rest) ?? [];
  const shareOf = (part: string): number => (/^0?\.\d+$/.test(part) && Number(part) > 0 ? Number(part) : Number.NaN);
  const validation = second === undefined ? undefined : shareOf(second);
  const share = shareOf(first);
  if (Number.isNaN(validation) || share + (validation ?? 0) >= 1) return refuse();
  switch (kind) {
    case "time": {
      const at = Number.isNaN(share) ? instantOf(first) : share;
      if (Number.isNaN(at)) return refuse();
      return { kind, test: Number.isNaN(share) ? { at } : share, validation };
    }
    case "random":
    case "users":
      return Number.isNaN(share) ? refuse() : { kind, test: share, validation };
    default:
      return refuse();
  }
}

/** Which files to read, and how the one is split; mistakes in how the flags go together are found before any reading. */
function planOf(request: EvaluationRequest): { files: FilePart[]; rule: SplitRule | undefined; protocol: string } {
  const { file, train, test, exclude, history, split, inner, validationUsers } = request;
  if (file !== undefined || split !== undefined) {
    const one = file ?? train;
    if (one === undefined)
      throw new UserError("--split needs the file to split: thewatcher evaluate <file> --split <how>");
    if (split === undefined) throw new UserError(`${one}: --split <how> says what is held out: ${SPLIT_FORMS}`);
    if (file !== undefined && train !== undefined)
      throw new UserError("one file and --train: give the one or the other");
    for (const [flag, given] of Object.entries({ test, exclude, history })) {
      if (given !== undefined)
        throw new UserError(`--split and --${flag}: one file is split, or files are given for each part`);
    }
    const rule = splitRuleOf(split);
    if (validationUsers !== undefined && rule.kind !== "leaveOneOut") {
      throw new UserError("--validation-users goes with --split leave-one-out only");
    }
    return { files: [{ path: one, part: "train" }], rule, protocol: `${split}${inner ? ", inner" : ""}` };
  }
  if (train === undefined || test === undefined) {
    throw new UserError(
      "what to evaluate on: --train <file> --test <file> [--exclude <file>] [--history <file>], or <file> --split <how>",
    );
  }
  if (inner) throw new UserError("--inner goes with --split only: with files, give the validation part as --test");
  if (validationUsers !== undefined) throw new UserError("--validation-users goes with --split leave-one-out only");
  const files: FilePart[] = [{ path: train, part: "train" }];
  if (history !== undefined) files.push({ path: history, part: "input" });
  if (exclude !== undefined) files.push({ path: exclude, part: "exclude" });
  files.push({ path: test, part: "target" });
  return { files, rule: undefined, protocol: "files" };
}

export async function runEvaluation(request: EvaluationRequest, context: EvaluationContext): Promise<EvaluationReport> {
  const { clock, signal, progress } = context;
  const definition = requireModel(request.model);
  // A mistake in a parameter is told before a minute of reading.
  const { pin, parameters } = splitPin(request.parameters);
  resolveParameters(definition.name, definition.parameters, parameters);
  const { files, rule, protocol } = planOf(request);

  const stages: { stage: string; durationMs: number }[] = [];
  const timed = async <Value>(stage: string, work: () => Promise<Value>): Promise<Value> => {
    progress({ stage });
    const startedMs = clock.monotonicMs();
    const value = await work();
    signal.throwIfAborted();
    stages.push({ stage, durationMs: Math.round(clock.monotonicMs() - startedMs) });
    return value;
  };

  const { assembled, ids, items, timeQuality, read } = await timed("read and split", async () => {
    const interactions = await readInteractionFiles(files, {
      orderColumn: request.order,
      minValue: request.minValue,
      memoryBytesMax: context.memoryBytesMax,
      signal,
      progress,
    });
    const { rows, users } = interactions;
    const validationUsers =
      request.validationUsers === undefined ? undefined : await readIds(request.validationUsers, users, "user");
    const parts = rule
      ? splitRows(rows, rule, { seed: request.seed, inner: request.inner, validationUsers })
      : interactions.parts;
    const genres = request.items === undefined ? undefined : await readTitleGenres(request.items, interactions.items);
    const split = await assembleSplit(rows, parts, { signal, progress });
    return {
      assembled: split,
      items: genres && categoriesOf(genres, split.items, split.counts.catalogue),
      ids: Array.from(split.users, (user) => users.requireId(user)),
      timeQuality: rows.timeQuality,
      read: {
        interactions: rows.userIndices.length,
        users: rows.userCount,
        items: rows.itemCount,
        belowMinValue: interactions.belowMinValue,
      },
    };
  });
  if (assembled.counts.trainingInteractions === 0) {
    throw new UserError(
      `nothing is left to train on after the split (${protocol}): the users have too few interactions`,
    );
  }
  if (assembled.counts.evaluatedUsers === 0) {
    throw new UserError(
      `no user has anything to find after the split (${protocol}): ${assembled.counts.targetsLeftOut} targets are in training, history or exclude already`,
    );
  }
  const { kernelPath, library } = await openNumerics({ pin, monotonicMs: clock.monotonicMs });
  const evaluation = await evaluate(
    { name: request.model, parameters },
    assembled.split,
    { rng: createRng(request.seed), signal, progress, kernelPath, library },
    {
      metrics: request.metrics ?? DEFAULT_METRICS,
      segments: request.segments,
      itemCategories: items,
      timed,
      perUser:
        context.perUser &&
        ((figures) => context.perUser?.({ ...figures, ids: figures.users.map((user) => ids[user] as string) })),
    },
  ).finally(() => library?.close());
  return {
    protocol,
    seed: request.seed,
    timeQuality,
    counts: { ...read, ...assembled.counts },
    evaluation,
    stages,
    peakMemoryBytes: context.peakMemoryBytes(),
  };
}

/** A figure over several seeds: the mean, and the standard error of that mean. */
export interface SeedFigure {
  readonly mean: number;
  readonly standardError: number;
}

export interface SeedsReport {
  readonly runs: readonly EvaluationReport[];
  /** By metric, in the order of the request; a metric that is undefined for a seed is left out. */
  readonly summary: readonly {
    readonly metric: string;
    readonly model: SeedFigure;
    readonly popular: SeedFigure;
    readonly random: SeedFigure;
    readonly againstPopular: SeedFigure;
    readonly againstRandom: SeedFigure;
  }[];
}

/** The same evaluation with `seed`, `seed` + 1…: other splits by chance, other chances in the models. */
export async function runSeeds(
  request: EvaluationRequest,
  count: number,
  context: EvaluationContext,
): Promise<SeedsReport> {
  const runs: EvaluationReport[] = [];
  for (let i = 0; i < count; i++) {
    const progress = (report: Report): void =>
      context.progress({ ...report, stage: `seed ${i + 1} of ${count}: ${report.stage}` });
    runs.push(await runEvaluation({ ...request, seed: request.seed + i }, { ...context, progress }));
  }
  const labels = Object.keys(runs[0]?.evaluation.model.metrics ?? {});
  const summary = labels.flatMap((metric) => {
    const over = (of: (evaluation: Evaluation) => MetricValue | undefined): SeedFigure | undefined => {
      const values = runs.map(({ evaluation }) => of(evaluation));
      const figures = values.flatMap((value) => (value?.kind === "value" ? [value.value] : []));
      return figures.length < count ? undefined : meanOfSeeds(figures);
    };
    const row = {
      model: over(({ model }) => model.metrics[metric]),
      popular: over(({ popular }) => popular.metrics[metric]),
      random: over(({ random }) => random.metrics[metric]),
      againstPopular: over(({ model }) => model.againstPopular[metric]),
      againstRandom: over(({ model }) => model.againstRandom[metric]),
    };
    const { model, popular, random, againstPopular, againstRandom } = row;
    return model && popular && random && againstPopular && againstRandom
      ? [{ metric, model, popular, random, againstPopular, againstRandom }]
      : [];
  });
  return { runs, summary };
}

/** Of 0.30, 0.32 and 0.34: mean 0.32, standard error √((0.02² + 0 + 0.02²) / 2) / √3. */
export function meanOfSeeds(figures: readonly number[]): SeedFigure {
  const mean = figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
  const squares = figures.reduce((sum, figure) => sum + (figure - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (figures.length - 1) / figures.length) };
}
