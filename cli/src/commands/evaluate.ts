/** `thewatcher evaluate`: how anyone holds a model against a published table, from files alone. */
import { createWriteStream } from "node:fs";
import { freemem } from "node:os";
import { finished } from "node:stream/promises";
import { METRIC_NAMES, type PerUserFigures } from "@thewatcher/engine/evaluate";
import { models } from "@thewatcher/engine/models/registry";
import { systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import type { Command } from "commander";
import { createStderrConsole, interruption, print, printJson, wholeNumber } from "../command.ts";
import { type EvaluationContext, type EvaluationRequest, runEvaluation, runSeeds } from "../evaluation.ts";
import { evaluationText, seedsText } from "../evaluation-text.ts";
import { parametersOf } from "./models.ts";

interface Flags {
  readonly train?: string;
  readonly test?: string;
  readonly exclude?: string;
  readonly history?: string;
  readonly split?: string;
  readonly inner?: true;
  readonly validationUsers?: string;
  readonly order?: string;
  readonly minValue?: string;
  readonly model: string;
  readonly set?: string[];
  readonly metrics?: string;
  readonly segments?: true;
  readonly items?: string;
  readonly perUser?: string;
  readonly seed: string;
  readonly seeds: string;
  readonly json?: true;
}

const EXAMPLES = `
Files are tsv, csv or jsonl, gzipped or not: user, item[, value][, timestamp], by name where there is a header.
The whole catalogue is ranked for each user of the test, without what is in --train, --history and --exclude.

  thewatcher evaluate --train train.tsv --test test.tsv --exclude validation.tsv --model ease --metrics recall@20,ndcg@20
  thewatcher evaluate ratings.csv --split leave-one-out --inner --order position
  thewatcher evaluate ratings.csv --split random:0.1:0.1 --seeds 5

Metrics: ${METRIC_NAMES.join(", ")}, each with @ and a depth; defined in docs/metrics.md.`;

export function addEvaluate(program: Command): void {
  program
    .command("evaluate [file]")
    .description("Measure a model on files of interactions, beside Popular and Random; no data folder is needed")
    .option("--train <file>", "what is trained on")
    .option("--test <file>", "what each user should be recommended")
    .option("--exclude <file>", "more that is left out of the users' lists")
    .option("--history <file>", "more that the model is given about the users, not trained on, and left out")
    .option(
      "--split <how>",
      "of one file: leave-one-out, time:0.1, random:0.1 or users:0.1 (:0.1 behind for validation)",
    )
    .option("--inner", "for choosing settings: the validation part is looked for, the test part is hidden")
    .option(
      "--validation-users <file>",
      "leave-one-out: users whose third-last title is not trained on either, one a line",
    )
    .option("--order <column>", "a column of numbers that says the order of a user's rows, instead of timestamps")
    .option("--min-value <n>", "leave out rows with a lower value")
    .option("--model <name>", Object.keys(models).join(", "), "ease")
    .option("--set <key=value...>", "a parameter of the model, such as --set regularization=300")
    .option("--metrics <list>", "name@depth, with commas between")
    .option("--segments", "also for new and heavy users, head and long tail, young and older titles")
    .option("--items <file>", "item, genres (Comedy|Drama), for intraListDiversity and calibration")
    .option("--per-user <file>", "write each user's figures: .tsv, .csv or .jsonl")
    .option("--seed <n>", "of splits, of models and of intervals", "1")
    .option("--seeds <n>", "run with this many seeds, from --seed on, and print mean ± standard error", "1")
    .option("--json", "answer as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string | undefined, flags: Flags) => {
      const request: EvaluationRequest = {
        ...flags,
        file,
        inner: flags.inner === true,
        segments: flags.segments === true,
        minValue: flags.minValue === undefined ? undefined : numberOf(flags.minValue, "--min-value"),
        parameters: parametersOf(flags.set ?? []),
        metrics: flags.metrics
          ?.split(",")
          .map((label) => label.trim())
          .filter((label) => label !== ""),
        seed: wholeNumber(flags.seed, "--seed", 0, 2 ** 32 - 1),
      };
      const perUser = flags.perUser === undefined ? undefined : perUserWriter(flags.perUser);
      const seeds = wholeNumber(flags.seeds, "--seeds", 1, SEEDS_MAX);
      if (seeds > 1) {
        if (perUser) throw new UserError("--per-user goes with one seed");
        const report = await withinMemory((context) => runSeeds(request, seeds, context));
        return flags.json ? printJson(report) : print(seedsText(report));
      }
      const report = await withinMemory((context) => runEvaluation(request, { ...context, perUser: perUser?.take }));
      await perUser?.write();
      if (flags.json) return printJson(report);
      print(evaluationText(report));
      if (flags.perUser !== undefined) print(`\nEach user's figures: ${flags.perUser}`);
    });
}

async function withinMemory<Answer>(work: (context: EvaluationContext) => Promise<Answer>): Promise<Answer> {
  const console = createStderrConsole();
  const memoryBytesMax = memoryAvailable();
  try {
    return await work({
      clock: systemClock,
      signal: interruption(),
      progress: console.progress,
      memoryBytesMax,
      peakMemoryBytes: () => process.resourceUsage().maxRSS * 1024,
    });
  } catch (error) {
    if (
      error instanceof RangeError &&
      /allocation failed|Invalid typed array length|could not allocate/i.test(error.message)
    ) {
      throw new UserError(
        `this does not fit into the memory (${Math.round(memoryBytesMax / 2 ** 20)} MiB are free): ${error.message}; take fewer interactions, a shallower @depth or a smaller model`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[2K");
  }
}

/** What is free, or what a container's limit leaves. */
function memoryAvailable(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  const free = freemem();
  // Without a limit some kernels answer 0, some a number beyond any machine.
  return limit > 0 && limit < 2 ** 50 ? Math.min(free, limit - process.memoryUsage().rss) : free;
}

function numberOf(text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && Number.isFinite(value)))
    throw new UserError(`${flag} ${JSON.stringify(text)}: a number above 0 is accepted`);
  return value;
}

type PerUserSink = (figures: PerUserFigures & { readonly ids: readonly string[] }) => void;

/** Beyond it a standard error says nothing new. */
const SEEDS_MAX = 100;
const USERS_PER_WRITE = 1_000;

/** One line a user: the id, then each metric of the model, of Popular and of Random; empty (null) where undefined. */
function perUserWriter(path: string): { take: PerUserSink; write(): Promise<void> } {
  const format = /\.(tsv|csv|jsonl)$/.exec(path)?.[1];
  if (format === undefined) throw new UserError(`--per-user ${path}: the name must end in .tsv, .csv or .jsonl`);
  let taken: Parameters<PerUserSink>[0] | undefined;
  return {
    take: (figures) => {
      taken = figures;
    },
    async write() {
      if (!taken) return;
      const { ids, metrics, values } = taken;
      const names = ["model", "popular", "random"].flatMap((model) => metrics.map((metric) => `${model}:${metric}`));
      const series = values.flat();
      const separator = format === "tsv" ? "\t" : ",";
      const field = (text: string) => (/["\n\r\t,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const lineOf = (u: number): string => {
        const figures = series.map((own) => (Number.isNaN(own[u]) ? null : (own[u] as number)));
        if (format === "jsonl") {
          return JSON.stringify({ user: ids[u], ...Object.fromEntries(names.map((name, s) => [name, figures[s]])) });
        }
        return [field(ids[u] as string), ...figures.map((figure) => figure ?? "")].join(separator);
      };
      const stream = createWriteStream(path);
      // Waited for from the start: a failure to open comes before the first write.
      const end = finished(stream).catch((cause: NodeJS.ErrnoException) => {
        throw new UserError(`--per-user ${path}: cannot be written (${cause.code ?? cause.message})`, { cause });
      });
      if (format !== "jsonl") stream.write(`${["user", ...names].map(field).join(separator)}\n`);
      for (let from = 0; from < ids.length; from += USERS_PER_WRITE) {
        const to = Math.min(ids.length, from + USERS_PER_WRITE);
        stream.write(Array.from({ length: to - from }, (_, i) => `${lineOf(from + i)}\n`).join(""));
      }
      stream.end();
      await end;
    },
  };
}
