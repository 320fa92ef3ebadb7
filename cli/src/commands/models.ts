/** `thewatcher train | recommend | rollback`. */

import { resolve } from "node:path";
import { models } from "@thewatcher/engine/models/registry";
import { parseShard } from "@thewatcher/engine/shards";
import { systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import type { Command } from "commander";
import { operate, print, printJson, settingsOf, wholeNumber, withSettings } from "../command.ts";
import { seconds, table, thousands } from "../console.ts";
import { evaluationTable, listTable, rankerLine } from "../show.ts";
import { STORE_SETTINGS } from "./data.ts";

export function addModels(program: Command): void {
  withSettings(program.command("train"), [...STORE_SETTINGS, "seed"])
    .description("Train a model on everything in the warehouse, evaluate it, publish every viewer's list")
    .option("--model <name>", `${Object.keys(models).join(", ")}`, "ease")
    .option("--set <key=value...>", "a parameter of the model, such as --set regularization=300")
    .option("--no-evaluate", "leave the measuring beside Popular and Random out")
    .option("--shard <i/n>", "rank one shard of the viewers into a file, beside other machines; nothing is published")
    .option("--out <file.jsonl>", "with --shard: where the lists go, one line a viewer")
    .option("--as-of <instant>", "with --shard: the same for all shards (default: now)")
    .option("--json", "answer as JSON")
    .action(async (options: TrainOptions, command: Command) => {
      if (options.shard !== undefined) return rankShard(options, command);
      if (options.out !== undefined || options.asOf !== undefined)
        throw new UserError("--out and --as-of go with --shard i/n");
      const answer = await operate(command, "train", {
        model: options.model,
        parameters: parametersOf(options.set ?? []),
        seed: settingsOf(command).values.seed,
        evaluate: options.evaluate,
      });
      if (options.json) return printJson(answer);
      print(
        `Trained ${answer.model} on ${thousands(answer.interactions)} interactions of ${thousands(answer.profiles)} profiles with ${thousands(answer.titles)} titles.`,
      );
      if (answer.evaluation)
        print(
          `\nOn the last interaction of ${thousands(answer.evaluation.userCount)} viewers, with 95% intervals:\n${evaluationTable(answer.evaluation)}`,
        );
      print(
        `\n${table(
          ["stage", "seconds"],
          answer.stages.map(({ stage, durationMs }) => [stage, Number((durationMs / 1000).toFixed(2))]),
        )}`,
      );
      print(`\n${rankerLine(answer.ranker)}`);
      print(
        `\nPublished ${thousands(answer.lists)} lists as generation ${answer.generation} (run ${answer.runId}); \`npx thewatcher rollback\` goes back.`,
      );
    });

  withSettings(program.command("recommend <profile>"), STORE_SETTINGS)
    .description("A profile's list with scores and reasons; a profile id or an external id such as ml-1m:42")
    .option("-n, --count <n>", "how many titles", "20")
    .option("--json", "answer as JSON")
    .action(async (profile: string, options: { count: string; json?: true }, command: Command) => {
      const answer = await operate(command, "recommend", { profile, count: wholeNumber(options.count, "-n", 1, 100) });
      if (options.json) return printJson(answer);
      print(listTable(answer));
      print(
        `\nprofile ${answer.profileId} · generation ${answer.generation ?? "none yet"} · decision ${answer.decisionId}`,
      );
      for (const degradation of answer.degradations)
        print(`without ${degradation.part}: ${degradation.detail} (${degradation.cause})`);
    });

  withSettings(program.command("rollback"), STORE_SETTINGS)
    .description("Serve the generation before the current one again")
    .option("--json", "answer as JSON")
    .action(async (options: { json?: true }, command: Command) => {
      const startedMs = performance.now();
      const answer = await operate(command, "rollback", {});
      if (options.json) return printJson(answer);
      print(`Rolled back from ${answer.from} to ${answer.to} in ${seconds(performance.now() - startedMs)}.`);
    });
}

interface TrainOptions {
  readonly model: string;
  readonly set?: string[];
  readonly evaluate: boolean;
  readonly shard?: string;
  readonly out?: string;
  readonly asOf?: string;
  readonly json?: true;
}

async function rankShard(options: TrainOptions, command: Command): Promise<void> {
  if (options.out === undefined)
    throw new UserError("--shard i/n needs --out <file.jsonl>: where the lists of the shard go");
  const asOf = options.asOf === undefined ? systemClock.now() : Date.parse(options.asOf);
  if (Number.isNaN(asOf))
    throw new UserError(
      `--as-of ${JSON.stringify(options.asOf)}: an instant such as 2026-11-23T10:00:00.000Z is accepted`,
    );
  const answer = await operate(command, "rankShard", {
    model: options.model,
    parameters: parametersOf(options.set ?? []),
    seed: settingsOf(command).values.seed,
    choose: options.evaluate,
    shard: parseShard(options.shard ?? ""),
    asOf,
    file: resolve(options.out),
  });
  if (options.json) return printJson(answer);
  print(
    `Ranked ${thousands(answer.lists)} of ${thousands(answer.profiles)} profiles as of ${answer.asOf} into ${answer.file} (data ${answer.dataHash.slice(0, 12)}).`,
  );
}

/** "regularization=300" → { regularization: 300 }; null, true and false as themselves, other text as text. */
export function parametersOf(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1)
        throw new UserError(`--set ${JSON.stringify(pair)}: key=value is accepted, such as --set regularization=300`);
      const text = pair.slice(at + 1);
      const literals: Readonly<Record<string, unknown>> = { null: null, true: true, false: false };
      const value = Object.hasOwn(literals, text)
        ? literals[text]
        : text !== "" && Number.isFinite(Number(text))
          ? Number(text)
          : text;
      return [pair.slice(0, at), value];
    }),
  );
}
